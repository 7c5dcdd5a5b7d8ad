"""Gateways: what stands in front of a model API and asks the scorer about every request."""
