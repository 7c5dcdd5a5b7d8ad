"""Tests that hold documents and habits: what is written down is true of the code."""
