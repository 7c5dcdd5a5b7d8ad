"""Streams: logs read as they grow, each exchange scored once."""
