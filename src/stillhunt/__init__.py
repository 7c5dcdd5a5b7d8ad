"""Stillhunt finds networks of accounts that harvest a hosted language model to train another one."""

__version__ = "0.1.0"
