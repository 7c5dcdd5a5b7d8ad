"""Who took over after a ban: accounts made for it (regrown heads), or accounts that were there before (failover)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final

from stillhunt.engine.base import Engine
from stillhunt.timeline.bans import AROUND, DAY, HOUR, Wave

JUST_BEFORE: Final = DAY
"""Accounts registered within this before a wave were made for it: operators replace while they are being banned."""
GREW: Final = 2.0
"""An account took over if it does so many times what it did before, and FEW requests more."""
FEW: Final = 3
MOVED: Final = 0.1
"""Share of the requests after a wave that older accounts must have taken over to speak of failover."""


def accounts_around(engine: Engine, banned: Sequence[Wave]) -> dict[Wave, list[dict[str, Any]]]:
    """Return for each wave what each account of the campaign did before and after; reads `waves`, `life`, `profile`.

    Each row has before and after (requests), again (its first after the wave), banned (in this wave), and old (it
    existed before: registered earlier, or seen earlier where it is unknown when it registered).
    """
    rows = engine.fetch(
        f"""SELECT q.*, coalesce(p.suspended_at >= q.ts AND p.suspended_at < q.until, FALSE) AS banned,
                   CASE WHEN p.created_at IS NULL THEN p.first_ts < q.ts
                        ELSE p.created_at < q.ts - {JUST_BEFORE} END AS old
            FROM (SELECT w.campaign_id, w.ts, w.until, l.account_id,
                         CAST(sum(CASE WHEN l.ts < w.ts THEN 1 ELSE 0 END) AS BIGINT) AS before,
                         CAST(sum(CASE WHEN l.ts >= w.ts THEN 1 ELSE 0 END) AS BIGINT) AS after,
                         min(CASE WHEN l.ts >= w.ts THEN l.ts END) AS again
                  FROM waves w JOIN life l
                    ON l.campaign_id = w.campaign_id AND l.ts >= w.ts - {AROUND} AND l.ts < w.until
                  GROUP BY w.campaign_id, w.ts, w.until, l.account_id) q
            JOIN profile p ON p.account_id = q.account_id"""
    ).to_pylist()
    found = defaultdict(list)
    for row in rows:
        found[row["campaign_id"], row["ts"]].append(row)
    return {wave: found[wave.campaign_id, wave.ts] for wave in banned}


def takeovers(accounts: Mapping[Wave, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Return events of kind `regrown` and `failover`."""
    events = []
    for wave, rows in accounts.items():
        after = sum(row["after"] for row in rows)
        scale = (wave.until - wave.ts) / DAY / wave.days_before
        regrown = [row for row in rows if row["after"] and not row["before"] and not row["old"]]
        older = [row for row in rows if row["old"] and row["after"] >= GREW * row["before"] * scale + FEW]
        for kind, takers, least, who in (
            ("regrown", regrown, 0.0, "new accounts took over"),
            ("failover", older, MOVED, "accounts that existed before took over"),
        ):
            share = sum(row["after"] for row in takers) / after if after else 0.0
            if takers and share >= least:
                hours = (median(row["again"] for row in takers) - wave.ts) / HOUR
                words = (
                    f"{len(takers):,} {who}, half of them within {hours:.1f} hours; they sent {100 * share:.0f} % of "
                    "its requests after the ban."
                )
                fact = {"campaign_id": wave.campaign_id, "kind": kind, "ts": wave.ts, "accounts": len(takers)}
                events.append(fact | {"share": share, "hours": hours, "words": words})
    return events
