"""Live: what a hunt has learned, in front of every request. Watch list, scorer, policy, decision log."""
