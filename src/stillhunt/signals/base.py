"""What a signal is: one value that says which accounts hold which keys, and how far to trust that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Record = Mapping[str, Any]
"""A native log record or accounts row, as a user would write it in JSON."""


@dataclass(frozen=True)
class Sample:
    """A little traffic in native records, with its accounts rows and releases."""

    records: Sequence[Record]
    accounts: Sequence[Record] = ()
    releases: Sequence[Record] = ()


@dataclass(frozen=True)
class Signal:
    """One way in which accounts betray that they belong together.

    `sql` is one SELECT over `features`, `account_keys` and `releases` giving the INCIDENCE columns: `account_key`,
    `key` (BIGINT), `exchange_key` and `ts` (both NULL when the fact is about the account). A null key is *unknown* and
    must not be returned. Grouping drops keys that one account alone holds, and weighs the rest by rarity.

    Attributes:
        name: Unique, in snake case.
        family: Signals that come from the same fact share a family; only keys of different families make pairs.
        layer: `infrastructure` finds operators, `content` finds harvests, `behaviour` supports both.
        alone: Whether one shared key may tie accounts together by itself; otherwise only as part of a pair.
        says: One sentence for an analyst: what it means that accounts share a key of this signal.
        misses: What a careful operator does so that it stays quiet.
        false_alarms: Which innocent customers trip it.
        sql: The SELECT.
        fires: Traffic in which at least two accounts share a key.
        quiet: A look-alike in which no two accounts share one.
        needs: Columns of `features` or `account_keys` of which one must be known of an account, or the signal's answer
            is unknown for it. Empty: known of every account that called.
    """

    name: str
    family: str
    layer: Literal["infrastructure", "content", "behaviour"]
    alone: bool
    says: str
    misses: str
    false_alarms: str
    sql: str
    fires: Sample = field(repr=False)
    quiet: Sample = field(repr=False)
    needs: tuple[str, ...] = ()
