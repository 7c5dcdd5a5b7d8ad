"""Bans, and how many days of freedom each bought.

A ban is known from the accounts file alone. An account that falls silent may have been banned, may have been dropped by
its operator, or may rest; nobody is assumed banned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from stillhunt.engine.base import Engine

HOUR = 3_600_000_000
DAY = 24 * HOUR

APART: Final = DAY
"""Suspensions with no more than this between them are one wave."""
LEAST_BANNED: Final = 3
"""Accounts that make a wave: one alone is suspended for many reasons."""
AROUND: Final = 7 * DAY
"""Time before and after a wave that is compared; the time after ends with the next wave."""
LEAST_BEFORE: Final = 10
"""Requests before a wave below which its daily volume is unknown."""
BACK: Final = 0.5
"""Part of the daily volume before at which a campaign is back."""


@dataclass(frozen=True)
class Wave:
    """Accounts of one campaign suspended together."""

    campaign_id: str
    ts: int
    accounts: int
    since: int
    """First request of the campaign."""
    until: int
    """The next wave, a week later, or the end of the logs."""
    last: int
    """The end of the logs."""

    @property
    def days_before(self) -> float:
        """Days before the wave that it is compared with."""
        return max(HOUR, min(AROUND, self.ts - self.since)) / DAY


def waves(engine: Engine) -> list[Wave]:
    """Return the waves of suspensions among the accounts of each campaign, in order; makes the table `waves`."""
    rows = engine.fetch(
        """SELECT m.campaign_id, p.suspended_at AS ts, m.since, (SELECT max(ts) FROM features) AS last
           FROM (SELECT l.campaign_id, l.account_id, min(b.since) AS since FROM life l
                 JOIN (SELECT campaign_id, min(ts) AS since FROM life GROUP BY campaign_id) b
                   ON b.campaign_id = l.campaign_id GROUP BY l.campaign_id, l.account_id) m
           JOIN profile p ON p.account_id = m.account_id
           WHERE p.suspended_at <= (SELECT max(ts) FROM features) ORDER BY m.campaign_id, p.suspended_at"""
    ).to_pylist()
    together: list[list[dict[str, Any]]] = []
    for row in rows:
        before = together[-1][-1] if together else None
        if before is None or before["campaign_id"] != row["campaign_id"] or row["ts"] - before["ts"] > APART:
            together.append([])
        together[-1].append(row)
    found: list[Wave] = []
    for wave in reversed([w for w in together if len(w) >= LEAST_BANNED]):
        first = wave[0]
        until = min(first["last"] + 1, first["ts"] + AROUND)
        if found and found[-1].campaign_id == first["campaign_id"]:
            until = min(until, found[-1].ts)
        found.append(Wave(**first, accounts=len(wave), until=until))
    found.reverse()
    names = ("campaign_id", "ts", "until")
    types = (pa.string(), pa.int64(), pa.int64())
    columns = [pa.array([getattr(w, name) for w in found], t) for name, t in zip(names, types, strict=True)]
    engine.register("waves", pa.table(columns, names=list(names)))
    return found


def bans(
    engine: Engine, banned: Sequence[Wave], accounts: Mapping[Wave, Sequence[Mapping[str, Any]]]
) -> list[dict[str, Any]]:
    """Return an event of kind `ban` for each wave.

    Args:
        engine: Knows `life`, `waves`, and `heirs`: what a successor sends counts as the campaign's return.
        banned: The waves.
        accounts: For each, what each account did before and after.
    """
    volume = _volume(engine)
    events = []
    for wave in banned:
        before = [row for row in accounts[wave] if row["before"]]
        share = sum(bool(row["banned"]) for row in before) / len(before) if before else None
        daily = sum(row["before"] for row in before) / wave.days_before
        seen = (wave.last - wave.ts) // HOUR
        days, told = _freedom(daily * wave.days_before, daily, volume.get((wave.campaign_id, wave.ts), {}), seen)
        of = "" if share is None else f", {100 * share:.0f} % of those at work in the week before"
        fact = {"campaign_id": wave.campaign_id, "kind": "ban", "ts": wave.ts, "accounts": wave.accounts}
        words = f"{wave.accounts:,} of its accounts were suspended{of}: {told}."
        events.append(fact | {"share": share, "days_of_freedom": days, "words": words})
    return events


def _volume(engine: Engine) -> dict[tuple[str, int], dict[int, int]]:
    """Return for each wave the requests in each hour after it, those of successors too."""
    rows = engine.fetch(
        f"""SELECT w.campaign_id, w.ts, (l.ts - w.ts) // {HOUR} AS hour, count(*) AS n
            FROM waves w JOIN (SELECT campaign_id, ts FROM life UNION ALL
                               SELECT h.campaign_id, l.ts FROM heirs h JOIN life l ON l.campaign_id = h.successor) l
              ON l.campaign_id = w.campaign_id AND l.ts >= w.ts
            GROUP BY 1, 2, 3"""
    ).to_pylist()
    found: dict[tuple[str, int], dict[int, int]] = {}
    for row in rows:
        found.setdefault((row["campaign_id"], row["ts"]), {})[row["hour"]] = row["n"]
    return found


def _freedom(before: float, daily: float, hours: Mapping[int, int], seen: int) -> tuple[float | None, str]:
    """Days from a wave to the first 24 hours with half of the daily requests before it, and the same in words."""
    if before < LEAST_BEFORE:
        return None, "it had done too little before to tell what that bought"
    if seen < 24:
        return None, "too short a time ago to tell what that bought"
    for hour in range(seen - 23):
        if sum(hours.get(h, 0) for h in range(hour, hour + 24)) >= BACK * daily:
            if hour == 0:
                return 0.0, "its daily requests never fell to half"
            return hour / 24, f"{hour / 24:.1f} days of freedom, then it was back at half of its daily requests"
    return None, f"at least {(seen - 23) / 24:.1f} days of freedom: it is not back at half of its daily requests"
