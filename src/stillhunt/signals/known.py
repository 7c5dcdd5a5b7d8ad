"""Of which accounts a signal could speak at all: the population against which a key is rare."""

from collections.abc import Sequence

from stillhunt.schema import ACCOUNT_KEYS, FEATURES
from stillhunt.signals.base import Signal


def known_where(signal: Signal) -> tuple[str, str]:
    """Return a table, and SQL for the rows in it of the accounts of which a column that the signal needs is known.

    Signals that return findings only (a burst, a replay) would else be measured against those who have the finding,
    and a key that all of these share would look common.
    """
    table = ACCOUNT_KEYS if set(signal.needs) & set(ACCOUNT_KEYS.names) - set(FEATURES.names) else FEATURES
    return table.name, " OR ".join(f"{column} IS NOT NULL" for column in signal.needs) or "TRUE"


def count_known(signals: Sequence[Signal]) -> list[str]:
    """SQL that counts, of each signal, the accounts of `account_index` for which it could speak.

    Returns:
        One SELECT a table that signals need, of one row: a column `of_<place>` for each of these signals, by its place.
    """
    of: dict[str, dict[int, str]] = {}
    for place, (table, known) in enumerate(map(known_where, signals)):
        of.setdefault(table, {})[place] = known
    return [
        f"""SELECT {", ".join(f"count(CASE WHEN of_{place} THEN 1 END) AS of_{place}" for place in needed)} FROM (
                SELECT account_key, {", ".join(f"bool_or({known}) AS of_{place}" for place, known in needed.items())}
                FROM {table} GROUP BY account_key) k
            JOIN account_index i ON i.account_key = k.account_key"""
        for table, needed in of.items()
    ]
