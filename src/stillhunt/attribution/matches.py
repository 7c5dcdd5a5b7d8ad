"""How many requests show what an actor is known by: in each campaign, beside it in the same accounts, and elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import pyarrow as pa

from stillhunt.attribution.indicators import INDICATORS, Indicator, Part
from stillhunt.engine.base import Engine

Cell: TypeAlias = tuple[str | None, str | None]
"""Pool of accounts and campaign; both may be null: accounts of nobody, requests that no campaign holds."""
Counts: TypeAlias = dict[Cell, int]

PUBLIC: Final = 0.001
"""Share of the requests of accounts that carry no campaign from which a piece of text is public. What is known of an
actor holds items of public benchmarks and phrases of public tools, and their users must not hide what is its own."""


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
    texts = next(i for i in INDICATORS if i.text)
    engine.create("public_texts", _public(texts))
    engine.create("actor_marks", _private(texts))
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


_JOINED = """JOIN account_pools p ON p.account_key = f.account_key
LEFT JOIN campaign_requests r ON r.exchange_key = f.exchange_key
LEFT JOIN account_keys k ON k.account_key = f.account_key"""


def _known(used: list[Indicator]) -> str:
    columns = "".join(f", sum(CASE WHEN {i.known} THEN 1 ELSE 0 END) AS {i.name}" for i in used)
    return f"""SELECT p.pool, r.campaign_id, count(*) AS total{columns} FROM features f {_JOINED}
               GROUP BY p.pool, r.campaign_id"""


def _shown(indicator: Indicator) -> str:
    # UNION leaves each request once, however many parts of a text it shows; one part alone shows it once anyway.
    rows = "\nUNION\n".join(_matching(indicator, part) for part in indicator.parts)
    return f"SELECT actor, pool, campaign_id, count(*) AS n FROM ({rows}) shown GROUP BY actor, pool, campaign_id"


def _matching(indicator: Indicator, part: Part) -> str:
    return f"""SELECT m.actor, f.exchange_key, p.pool, r.campaign_id FROM {_source(part)} f {_JOINED}
               JOIN actor_marks m ON m.indicator = '{indicator.name}' AND m.part = '{part.name}'
                                 AND m.{"word" if part.word else "key"} = {part.sql}"""


def _source(part: Part) -> str:
    return (
        f"(SELECT account_key, exchange_key, UNNEST({part.listed}) AS item FROM features)"
        if part.listed
        else "features"
    )


def _public(texts: Indicator) -> str:
    """Marks of texts that many carry who carry no campaign."""
    rows = "\nUNION ALL\n".join(
        f"""SELECT m.part, m.key FROM {_source(part)} f JOIN account_pools p ON p.account_key = f.account_key
            JOIN (SELECT DISTINCT part, key FROM actor_marks WHERE indicator = '{texts.name}') m
              ON m.part = '{part.name}' AND m.key = {part.sql} WHERE p.pool IS NULL"""
        for part in texts.parts
    )
    return f"""SELECT part, key FROM ({rows}) seen GROUP BY part, key
               HAVING count(*) > 1 AND count(*) > {PUBLIC} * (
                   SELECT count(*) FROM features f JOIN account_pools p ON p.account_key = f.account_key
                   WHERE p.pool IS NULL)"""


def _private(texts: Indicator) -> str:
    """All marks but those of public texts; of an actor who is known by nothing else they stay, and say little."""
    return f"""SELECT actor, indicator, part, key, word FROM (
                   SELECT m.*, t.key IS NULL AS own,
                          count(*) OVER (PARTITION BY m.actor, m.indicator) AS marks,
                          count(t.key) OVER (PARTITION BY m.actor, m.indicator) AS shared
                   FROM actor_marks m LEFT JOIN public_texts t
                     ON m.indicator = '{texts.name}' AND t.part = m.part AND t.key = m.key) judged
               WHERE own OR shared = marks"""
