"""Puts the life of each campaign together: the tables `events`, and in `lineage` who succeeds whom."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from stillhunt.engine.base import Engine
from stillhunt.runs import Run
from stillhunt.schema import HARVESTED
from stillhunt.schema_time import EVENTS, LINEAGE
from stillhunt.timeline.bans import bans, waves
from stillhunt.timeline.pivots import pivots
from stillhunt.timeline.successors import Succession, successions
from stillhunt.timeline.takeovers import accounts_around, takeovers

DAY = 86_400_000_000
HOUR = DAY // 24

Event = dict[str, Any]


def tell(engine: Engine, tables: Mapping[str, pa.Table], earlier: Run | None) -> dict[str, pa.Table]:
    """Return EVENTS, and LINEAGE with the successions added.

    Args:
        engine: Knows `features`, `suspect_calls`, `account_index`, `profile`, `releases`, and the keys that tie
            accounts; `life` is added to it.
        tables: The tables of this run, with ids that last.
        earlier: The run that this one stands on: when a campaign was first called is known from there.
    """
    engine.register("held_now", tables[HARVESTED.name].select(["campaign_id", "exchange_id"]))
    engine.create(
        "life",
        """SELECT h.campaign_id, s.exchange_key, i.account_id, s.ts, s.model FROM held_now h
           JOIN suspect_calls s ON s.exchange_id = h.exchange_id JOIN account_index i ON i.a = s.a""",
    )
    banned = waves(engine)
    follows = successions(engine, banned)
    around = accounts_around(engine, banned)
    events = [
        *_begins(engine, follows),
        *_called(engine, earlier),
        *pivots(engine),
        *bans(engine, banned, around),
        *takeovers(around),
    ]
    rows = [{name: event.get(name) for name in EVENTS.names} for event in events]
    order = [(column, "ascending") for column in ("campaign_id", "ts", "kind", "model")]
    heirs = [
        {"what": "campaign", "id": f.successor, "previous_id": f.campaign_id, "how": "succeeds", "share": f.share}
        for f in follows
    ]
    lineage = pa.concat_tables([tables[LINEAGE.name], pa.Table.from_pylist(heirs, schema=LINEAGE.arrow)])
    return {
        EVENTS.name: pa.Table.from_pylist(rows, schema=EVENTS.arrow).sort_by(order),
        LINEAGE.name: lineage.sort_by([(column, "ascending") for column in ("what", "id", "how", "previous_id")]),
    }


def _begins(engine: Engine, follows: Sequence[Succession]) -> list[Event]:
    rows = engine.fetch(
        f"""SELECT l.campaign_id, b.ts, count(DISTINCT l.account_id) AS accounts,
                   b.ts < (SELECT min(ts) FROM features) + {DAY} AS at_edge
            FROM life l JOIN (SELECT campaign_id, min(ts) AS ts FROM life GROUP BY campaign_id) b
              ON b.campaign_id = l.campaign_id
            WHERE l.ts < b.ts + {DAY} GROUP BY l.campaign_id, b.ts"""
    ).to_pylist()
    heirs = {f.successor: f for f in follows}
    events = []
    for row in rows:
        # On the first day of the logs nobody can tell a beginning from going on.
        words = f"Began{', or went on,' if row['at_edge'] else ''} with {row['accounts']:,} accounts on its first day"
        heir = heirs.get(row["campaign_id"])
        if heir:
            words += (
                f", {heir.hours:,.0f} hours after {heir.campaign_id} was banned: {100 * heir.share:.0f} % of its "
                f"accounts hold keys of that one ({heir.kind.replace('_', ' ')} most often)"
            )
        events.append({**row, "kind": "begin", "words": words + "."})
    return events


def _called(engine: Engine, earlier: Run | None) -> list[Event]:
    """When each campaign was first called, and what it had taken by then: lost before detection."""
    before = [] if earlier is None else [e for e in earlier.table(EVENTS).to_pylist() if e["kind"] == "called"]
    first = pa.table(
        {"id": [e["campaign_id"] for e in before], "ts": pa.array([e["ts"] for e in before], pa.int64())},
        schema=pa.schema([("id", pa.string()), ("ts", pa.int64())]),
    )
    engine.register("called_before", first)
    rows = engine.fetch(
        """SELECT l.campaign_id, c.ts, count(*) AS taken,
                  CAST(sum(CASE WHEN l.ts <= c.ts THEN 1 ELSE 0 END) AS BIGINT) AS exchanges
           FROM life l JOIN (
               SELECT q.campaign_id, coalesce(b.ts, (SELECT max(ts) FROM features)) AS ts
               FROM (SELECT DISTINCT campaign_id FROM life) q LEFT JOIN called_before b ON b.id = q.campaign_id) c
             ON c.campaign_id = l.campaign_id GROUP BY l.campaign_id, c.ts"""
    ).to_pylist()
    now = {row["campaign_id"] for row in rows}
    # One that is not called now may be again: that it was called before stays known.
    events = [e for e in before if e["campaign_id"] not in now]
    for row in rows:
        share = int(row["exchanges"]) / row["taken"]
        words = (
            f"First called: {int(row['exchanges']):,} exchanges were lost by then, {100 * share:.0f} % of all so far."
        )
        events.append({**row, "kind": "called", "exchanges": int(row["exchanges"]), "share": share, "words": words})
    return events
