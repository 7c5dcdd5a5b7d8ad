"""Successors: campaigns that begin after another was banned, and hold the keys that tied its accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from stillhunt.engine.base import Engine
from stillhunt.timeline.bans import DAY, HOUR, Wave

WITHIN: Final = 30 * DAY
"""Time after a ban in which a campaign that begins may be a successor."""
TIED: Final = 0.5
"""Share of its accounts that must hold a card, device, harvest or pair of keys that accounts of the banned one held."""


@dataclass(frozen=True)
class Succession:
    """One campaign that took another's place."""

    campaign_id: str
    """The one that was banned."""
    wave: int
    """When it was banned, in microseconds UTC."""
    successor: str
    share: float
    """Share of the successor's accounts that hold keys of the banned one."""
    kind: str
    """Of these keys, what most accounts hold."""
    hours: float
    """From the ban to the successor's first request."""


def successions(engine: Engine, banned: Sequence[Wave]) -> list[Succession]:
    """Return who succeeds whom, each successor with the last ban before it; makes the table `heirs`.

    Reads `life` and the keys that tie accounts into groups (`infrastructure_edges`). A hosting network or a client
    counts there only in pairs that strangers do not share: alone it would make every newcomer a successor.
    """
    found = _successions(engine, banned)
    old, new = [f.campaign_id for f in found], [f.successor for f in found]
    columns = [pa.array(old, pa.string()), pa.array(new, pa.string())]
    engine.register("heirs", pa.table(columns, names=["campaign_id", "successor"]))
    return found


def _successions(engine: Engine, banned: Sequence[Wave]) -> list[Succession]:
    if not banned:
        return []
    rows = engine.fetch(
        """WITH members AS (SELECT campaign_id, i.a, min(l.ts) AS ts FROM life l
                            JOIN account_index i ON i.account_id = l.account_id GROUP BY campaign_id, i.a),
                size AS (SELECT campaign_id, count(*) AS accounts, min(ts) AS ts FROM members GROUP BY campaign_id),
                holds AS (SELECT m.campaign_id, m.a, e.node FROM members m JOIN infrastructure_edges e ON e.a = m.a),
                old AS (SELECT DISTINCT campaign_id, node FROM holds),
                ties AS (SELECT old.campaign_id AS campaign_id, h.campaign_id AS successor, h.a, n.kind
                         FROM holds h JOIN old ON old.node = h.node AND old.campaign_id <> h.campaign_id
                         JOIN nodes n ON n.node = h.node),
                kinds AS (SELECT campaign_id, successor, kind,
                                 row_number() OVER (PARTITION BY campaign_id, successor
                                                    ORDER BY count(DISTINCT a) DESC, kind) AS place
                          FROM ties GROUP BY campaign_id, successor, kind)
           SELECT t.campaign_id, t.successor, s.ts, k.kind, count(DISTINCT t.a) / CAST(s.accounts AS DOUBLE) AS share
           FROM ties t JOIN size s ON s.campaign_id = t.successor
           JOIN kinds k ON k.campaign_id = t.campaign_id AND k.successor = t.successor AND k.place = 1
           GROUP BY t.campaign_id, t.successor, s.ts, k.kind, s.accounts ORDER BY share DESC, t.campaign_id"""
    ).to_pylist()
    found: dict[str, Succession] = {}
    for row in rows:
        bans = [w.ts for w in banned if w.campaign_id == row["campaign_id"] and w.ts <= row["ts"] < w.ts + WITHIN]
        if bans and row["share"] >= TIED and row["successor"] not in found:
            last, begin = max(bans), row.pop("ts")
            found[row["successor"]] = Succession(**row, wave=last, hours=(begin - last) / HOUR)
    return list(found.values())
