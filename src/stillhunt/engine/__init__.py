"""Engines: where set work runs. An engine loads Parquet, runs SQL and hands back Arrow tables."""
