"""From log files to feature files: lot by lot, in several processes, each lot whole or not at all."""
