"""Tests of a group: is what these accounts do together a harvest? Evidence is in bits, log2 of an e-value."""
