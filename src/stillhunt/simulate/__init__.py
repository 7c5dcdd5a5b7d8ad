"""Labelled traffic: people, look-alikes and campaigns as native logs, with the truth beside them."""
