"""What others do, on the same traffic: one file a rival, one runner (`python -m rivals`, from benchmarks/)."""
