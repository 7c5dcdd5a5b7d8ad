"""Pivots: at a model's release a campaign moves there, and more of it than of everybody else's traffic."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from stillhunt.engine.base import Engine

HOUR = 3_600_000_000
DAY = 24 * HOUR

SETTLED: Final = 3 * DAY
"""Time from a release after which a move is over. What moved is the share of the last day of it, less that before."""
STEP: Final = 3 * HOUR
"""How finely the time of a move is told; steps with few requests are put together."""
LEAST: Final = 20
"""Requests before the release, and in the last day, from which a share says something."""
LEAST_IN_STEP: Final = 10
MOVED: Final = 0.25
"""Share of its requests that must have moved."""
CONTRAST: Final = 2.0
"""So many times the share of the run's other requests that moved: when everybody moves, that is no pivot."""


@dataclass
class Move:
    """Requests around one release: all, and those to the new model, in steps after it and in sum before."""

    before: int = 0
    before_new: int = 0
    steps: dict[int, tuple[int, int]] = field(default_factory=dict)

    def moved(self, last: int) -> float | None:
        """Share that moved by the last day up to step `last`; None if too few requests tell."""
        late = [self.steps.get(s, (0, 0)) for s in range(max(0, last - DAY // STEP + 1), last + 1)]
        count = sum(n for n, _ in late)
        if min(self.before, count) < LEAST:
            return None
        return sum(new for _, new in late) / count - self.before_new / self.before

    def hours_to(self, share: float) -> float | None:
        """Hours within which `share` of the requests went to the new model."""
        count = new = 0
        for step in sorted(self.steps):
            count, new = count + self.steps[step][0], new + self.steps[step][1]
            if count >= LEAST_IN_STEP:
                if new >= share * count:
                    return (step + 1) * STEP / HOUR
                count = new = 0
        return None


def pivots(engine: Engine) -> list[dict[str, Any]]:
    """Return events of kind `pivot`; reads `life`, `features` and `releases`."""
    moves, last = _moves(engine)
    events = []
    for (model, released_at, campaign), move in moves.items():
        moved = move.moved(last[released_at]) if campaign is not None else None
        rest = moves.get((model, released_at, None), Move()).moved(last[released_at])
        if moved is None or moved < max(MOVED, CONTRAST * (rest or 0.0)):
            continue
        hours = move.hours_to(move.before_new / move.before + moved / 2)
        within = f", half of that within {hours:.0f} hours" if hours else ""
        others = "it is unknown how many of" if rest is None else f"{max(0.0, 100 * rest):.0f} % of"
        words = (
            f"{100 * moved:.0f} % of its requests moved to {model} at its release{within}; {others} the run's other "
            "requests did."
        )
        fact: dict[str, Any] = {"campaign_id": campaign, "kind": "pivot", "ts": released_at, "model": model}
        events.append(fact | {"share": moved, "others": rest, "hours": hours, "words": words})
    return events


def _moves(engine: Engine) -> tuple[dict[tuple[str, int, str | None], Move], dict[int, int]]:
    """Return requests by release and campaign (None: no campaign's), and the last whole step seen of each release."""
    rows = engine.fetch(
        f"""SELECT r.model, r.released_at, l.campaign_id, f.ts >= r.released_at AS after,
                   CASE WHEN f.ts >= r.released_at THEN (f.ts - r.released_at) // {STEP} ELSE 0 END AS step,
                   count(*) AS n, CAST(sum(CASE WHEN f.model = r.model THEN 1 ELSE 0 END) AS BIGINT) AS new
            FROM features f JOIN releases r ON f.ts >= r.released_at - {SETTLED} AND f.ts < r.released_at + {SETTLED}
            LEFT JOIN life l ON l.exchange_key = f.exchange_key
            WHERE f.model IS NOT NULL GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"""
    ).to_pylist()
    moves: dict[tuple[str, int, str | None], Move] = defaultdict(Move)
    last: dict[int, int] = {}
    for row in rows:
        move = moves[row["model"], row["released_at"], row["campaign_id"]]
        if row["after"]:
            move.steps[row["step"]] = (row["n"], row["new"])
            last[row["released_at"]] = max(row["step"], last.get(row["released_at"], 0))
        else:
            move.before, move.before_new = row["n"], row["new"]
    return dict(moves), defaultdict(int, last)
