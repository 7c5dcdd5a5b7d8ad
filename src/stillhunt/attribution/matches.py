"""How many requests show what an actor is known by: in each campaign, beside it in the same accounts, and elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import pyarrow as pa

from stillhunt.attribution.indicators import INDICATORS, Indicator, Part
from stillhunt.engine.base import Engine

Cell: TypeAlias = tuple[str | None, str | None]
"""Pool of accounts and campaign; both may be null: accounts of nobody, requests that no campaign holds."""
Counts: TypeAlias = dict[Cell, int]


@dataclass
class Matches:
    """Requests by pool and campaign.

    Attributes:
        total: All of them.
        known: Those that tell an indicator at all, by indicator.
        shown: Those that show what an actor is known by, by actor and indicator. An indicator that an actor is known by
            and nobody shows is there, too, and empty.
    """

    total: Counts = field(default_factory=dict)
    known: dict[str, Counts] = field(default_factory=dict)
    shown: dict[int, dict[str, Counts]] = field(default_factory=dict)


def count_matches(engine: Engine, marks: pa.Table) -> Matches:
    """Compare every request with the marks; reads `features`, `account_keys`, `account_pools`, `campaign_requests`."""
    engine.register("actor_marks", marks)
    given = engine.fetch("SELECT DISTINCT actor, indicator FROM actor_marks ORDER BY actor, indicator").to_pylist()
    used = [i for i in INDICATORS if i.name in {row["indicator"] for row in given}]
    found = Matches(known={i.name: {} for i in used})
    for row in given:
        found.shown.setdefault(row["actor"], {})[row["indicator"]] = {}
    for row in engine.fetch(_known(used)).to_pylist():
        cell = (row["pool"], row["campaign_id"])
        found.total[cell] = row["total"]
        for indicator in used:
            found.known[indicator.name][cell] = int(row[indicator.name])
    for indicator in used:
        for row in engine.fetch(_shown(indicator)).to_pylist():
            found.shown[row["actor"]][indicator.name][row["pool"], row["campaign_id"]] = row["n"]
    return found


def total(counts: Mapping[Cell, int], chosen: set[Cell]) -> int:
    """Add up the counts of some cells."""
    return sum(n for cell, n in counts.items() if cell in chosen)


_JOINED = """JOIN account_pools p ON p.account_id = f.account_id
LEFT JOIN campaign_requests r ON r.exchange_id = f.exchange_id
LEFT JOIN account_keys k ON k.account_id = f.account_id"""


def _known(used: list[Indicator]) -> str:
    columns = "".join(f", sum(CASE WHEN {i.known} THEN 1 ELSE 0 END) AS {i.name}" for i in used)
    return f"""SELECT p.pool, r.campaign_id, count(*) AS total{columns} FROM features f {_JOINED}
               GROUP BY p.pool, r.campaign_id"""


def _shown(indicator: Indicator) -> str:
    # UNION leaves each request once, however many parts of a text it shows; one part alone shows it once anyway.
    rows = "\nUNION\n".join(_matching(indicator, part) for part in indicator.parts)
    return f"SELECT actor, pool, campaign_id, count(*) AS n FROM ({rows}) shown GROUP BY actor, pool, campaign_id"


def _matching(indicator: Indicator, part: Part) -> str:
    source, value = "features", part.sql
    if part.listed:
        source = f"(SELECT exchange_id, account_id, UNNEST({part.sql}) AS item FROM features)"
        value = "f.item"
    return f"""SELECT m.actor, f.exchange_id, p.pool, r.campaign_id FROM {source} f {_JOINED}
               JOIN actor_marks m ON m.indicator = '{indicator.name}' AND m.part = '{part.name}'
                                 AND m.{"word" if part.word else "key"} = {value}"""
