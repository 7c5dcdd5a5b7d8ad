"""The engines, beside each other."""
