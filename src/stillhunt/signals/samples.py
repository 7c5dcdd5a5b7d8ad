"""Short ways to write the sample traffic of a signal, as the native records that a user would have."""

from collections.abc import Iterable
from typing import Any

from stillhunt.signals.base import Record, Sample
from stillhunt.signals.expressions import MINUTE

START = 1_772_409_600_000_000
"""Monday, 2 March 2026, 00:00 UTC, in µs: minute 0 of every sample."""

OWN_WORDS = (
    (
        "My landlord wants to raise the rent by a tenth although the lift has been broken since the spring. We have "
        "lived here for six years and never paid late. Which letters should I write first, and to whom?"
    ),
    (
        "I keep bees at the edge of a rape field and lost two of my nine colonies this winter. The boxes were dry and "
        "there was food left in both of them. What should I look at before I buy new queens, and does moving help?"
    ),
    (
        "Our choir sings in a church with four seconds of echo and the basses always drag behind everybody else. The "
        "conductor stands far from them. Would it help to turn the rows, or to let them sing from the other side?"
    ),
)
"""Prompts of three people who have nothing to do with each other."""


def call(account: str, minute: float, **fields: Any) -> Record:
    """One call of `account`, `minute` minutes after START. Its id is unique per account and minute."""
    moment = START + int(minute * MINUTE)
    return {"exchange_id": f"{account}-{moment}", "ts": moment, "account_id": account, **fields}


def account(name: str, **fields: Any) -> Record:
    """One row of the accounts file; `created` is in minutes after START and becomes `created_at`."""
    if "created" in fields:
        fields["created_at"] = START + int(fields.pop("created") * MINUTE)
    return {"account_id": name, **fields}


def calls(*records: Record) -> Sample:
    """Traffic without accounts file or releases."""
    return Sample(records)


def registered(rows: Iterable[Record]) -> Sample:
    """Accounts of which each makes one call that says nothing else."""
    listed = tuple(rows)
    return Sample(tuple(call(str(row["account_id"]), n) for n, row in enumerate(listed)), listed)
