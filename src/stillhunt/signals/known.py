"""Of which accounts a signal could speak at all: the population against which a key is rare."""

from stillhunt.schema import ACCOUNT_KEYS, FEATURES
from stillhunt.signals.base import Signal


def known_accounts(signal: Signal) -> str:
    """SQL for the accounts (`account_id`, each once) of which one column that the signal needs is known.

    Signals that return findings only (a burst, a replay) would else be measured against those who have the finding,
    and a key that all of these share would look common.
    """
    table = ACCOUNT_KEYS if set(signal.needs) & set(ACCOUNT_KEYS.names) - set(FEATURES.names) else FEATURES
    known = " OR ".join(f"{column} IS NOT NULL" for column in signal.needs) or "TRUE"
    return f"SELECT account_id FROM {table.name} WHERE {known} GROUP BY account_id"
