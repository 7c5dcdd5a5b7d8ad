"""Rows made by hand get the keys that the text kernel would give their ids."""

from stillhunt.features.keyed import plain_hash


def key_of(name):
    """A key of an id."""
    return plain_hash(name, "id")


def with_keys(row):
    """A row of FEATURES or ACCOUNT_KEYS with the keys of the ids that it has."""
    return {f"{what}_key": key_of(row[f"{what}_id"]) for what in ("account", "exchange") if f"{what}_id" in row} | row
