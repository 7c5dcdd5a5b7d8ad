"""Logs of any known format become batches of EXCHANGE; what cannot be read becomes rows of REJECTED."""
