"""Requests, not accounts: which requests of a mixed account belong to the campaign that runs through it."""
