"""Groups over time: whoever looks again and again sees, of each group, the most that it ever shows.

A reference of what benign groups show *at the most*, looked at all along, makes evidence valid however often one looks:
a group tested now is compared with the best moment of each benign group, so the largest bits that it will ever get are
still those of one comparison. This is how days are chained. Multiplying the bits of days would need each day's to be
computed given the past, and a benign group that is odd is odd every day.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stillhunt.engine.base import Engine
from stillhunt.evidence.tests import TESTS

SAME_GROUP = 0.5
"""An earlier group is the younger self of one that holds this share of its members."""


@dataclass
class Life:
    """One group over all looks, or at one of them.

    Attributes:
        layer: Content or infrastructure.
        members: Account ids when it was last seen.
        largest_entity: Share of its members that one entity openly stands behind.
        verified: Share of members that somebody verified.
        known: Whether the provider knows its customers' organisations.
        most: Per statistic, the most that it showed at any look; NaN is unknown.
    """

    layer: str
    members: frozenset[str]
    largest_entity: float
    verified: float
    known: bool
    most: dict[str, float]


def seen_now(engine: Engine, shown: Mapping[int, Mapping[str, float]] | None = None) -> list[Life]:
    """Return every group of `group_measures` as it stands.

    Args:
        engine: Holds `group_measures` and the members of groups.
        shown: Per group number, the values to keep the most of; the statistics of all tests when not given.
    """
    rows = engine.fetch(
        """SELECT m.g, list(i.account_id) AS members FROM group_members m JOIN account_index i ON i.a = m.a
           GROUP BY m.g"""
    ).to_pylist()
    members = {row["g"]: frozenset(row["members"]) for row in rows}
    groups = engine.fetch("SELECT * FROM group_measures ORDER BY layer, accounts DESC, g").to_pylist()
    return [
        Life(
            row["layer"],
            members[row["g"]],
            row["largest_entity"],
            row["verified"],
            row["known"],
            dict(_statistics(row) if shown is None else shown[row["g"]]),
        )
        for row in groups
    ]


def _statistics(row: Mapping[str, Any]) -> dict[str, float]:
    return {t.name: float("nan") if row[t.name] is None else float(row[t.name]) for t in TESTS}


def looks(engine: Engine, cutoffs: Iterable[int], look: Callable[[], list[Life]]) -> list[Life]:
    """Look at the traffic as it stood at each cutoff and return the lives of its groups.

    Args:
        engine: Holds `features`, which stand as they were when this returns.
        cutoffs: Moments in microseconds UTC.
        look: Measures `features` as they then stand and returns the groups seen.

    Returns:
        One life a group of the last look, and one a group that was seen earlier and has dissolved since.
    """
    engine.create("features_whole", "SELECT * FROM features")
    lives: list[Life] = []
    for cutoff in sorted(cutoffs, reverse=True):
        engine.create("features", f"SELECT * FROM features_whole WHERE ts <= {cutoff}")
        lives = _younger(lives, look())
    engine.create("features", "SELECT * FROM features_whole")
    return lives


def _younger(lives: Sequence[Life], seen: Sequence[Life]) -> list[Life]:
    """Add an earlier look: a group seen is the younger self of the life that holds most of its members, if enough."""
    by_account: dict[tuple[str, str], list[int]] = {}
    for number, life in enumerate(lives):
        for account in life.members:
            by_account.setdefault((life.layer, account), []).append(number)
    grown = list(lives)
    for group in seen:
        shared: dict[int, int] = {}
        for account in group.members:
            for number in by_account.get((group.layer, account), ()):
                shared[number] = shared.get(number, 0) + 1
        # Of several that hold as many, the smallest: it has least else in it.
        best = min(shared, key=lambda n: (-shared[n], len(lives[n].members), n), default=None)
        if best is not None and shared[best] >= SAME_GROUP * len(group.members):
            grown[best].most = _larger(grown[best].most, group.most)
        else:
            grown.append(group)
    return grown


def _larger(left: Mapping[str, float], right: Mapping[str, float]) -> dict[str, float]:
    return {name: float(np.fmax(value, right[name])) for name, value in left.items()}
