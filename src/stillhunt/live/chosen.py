"""Which keys of a campaign are watched: what its accounts have in common and too many innocent customers have not."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stillhunt.live.keytable import of_many
from stillhunt.live.outcomes import SHARED, Codes, at_most, tiers
from stillhunt.live.sample import Campaigns, Ints, Side
from stillhunt.live.watchkeys import CLASSES, INFRASTRUCTURE, ITEM, KINDS, TRACE, Keys

LEAST_LIFT: Final = 8.0
"""A fact of infrastructure must be so many times as frequent among the campaign's accounts: else it is a country's."""
MOST_KEYS: Final = 500_000
"""Keys of all campaigns together; of more, those that most of a campaign's accounts hold are kept."""

_CLASS_OF_KIND: Final = np.zeros(int(KINDS.max()) + 1, np.int64)
_CLASS_OF_KIND[KINDS] = CLASSES

Hits = tuple[Ints, Ints]
"""Requests, and the entries of the watch list that they hit."""


@dataclass(frozen=True)
class Watched:
    """Entries of the watch list, sorted by key: one a key and group.

    Attributes:
        key: The watched key.
        group: The campaign that it is of.
        kind: Which fact it is.
        own_holders: Accounts of the campaign that hold it.
        holders: Innocent entities that hold it.
        population: Innocent entities.
    """

    key: Keys
    group: Ints
    kind: Ints
    own_holders: Ints
    holders: Ints
    population: int

    @property
    def kind_class(self) -> Ints:
        """Class of each entry's fact."""
        return _CLASS_OF_KIND[self.kind]

    @property
    def content(self) -> NDArray[np.bool_]:
        """Which entries are about what is asked."""
        content: NDArray[np.bool_] = self.kind_class != INFRASTRUCTURE
        return content

    @property
    def tier(self) -> Codes:
        """How few hold each key."""
        return tiers(self.holders, self.population)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return them as the file holds them."""
        return {
            "watch_key": self.key,
            "watch_group": self.group.astype(np.uint16),
            "watch_kind": self.kind.astype(np.uint8),
            "watch_tier": self.tier,
        }

    def taken(self, which: NDArray[Any]) -> "Watched":
        """Return some of the entries, in their order."""
        return Watched(
            self.key[which], self.group[which], self.kind[which], self.own_holders[which], self.holders[which],
            self.population,
        )  # fmt: skip


def choose(own: Side, innocent: Side, campaigns: Campaigns) -> tuple[Watched, Hits, Hits]:
    """Choose the watched keys; return them with their hits among innocent requests and among the campaigns' own."""
    population = int(innocent.entity.max(initial=-1)) + 1
    candidates = _candidates(own, campaigns, population)
    theirs, ours = of_many(innocent.rows), of_many(own.rows)
    row, entry = _hits(theirs, candidates)
    pairs = np.unique(entry * max(population, 1) + innocent.entity[row])
    holders = np.bincount(pairs // max(population, 1), minlength=len(candidates.key)).astype(np.int64)
    counted = Watched(candidates.key, candidates.group, candidates.kind, candidates.own_holders, holders, population)
    sizes = np.array([max(len(accounts), 1) for accounts in campaigns.accounts], np.int64)
    lift = (counted.own_holders / sizes[counted.group]) / (at_most(holders) / max(population, 1))
    kept = (counted.tier > SHARED) & (counted.content | (lift >= LEAST_LIFT))
    if kept.sum() > MOST_KEYS:
        order = np.lexsort((counted.key, -counted.own_holders, ~kept))[:MOST_KEYS]
        kept = np.zeros(len(kept), np.bool_)
        kept[order] = True
    watched = counted.taken(kept)
    return watched, _hits(theirs, watched), _hits(ours, watched)


def _candidates(own: Side, campaigns: Campaigns, population: int) -> Watched:
    """Keys that accounts of a campaign share; texts word for word and signatures also if one account alone has them."""
    keys = of_many(own.rows, issued=True)
    parts: list[tuple[Keys, Ints, Ints, Ints]] = []
    for group, accounts in enumerate(campaigns.accounts):
        inside = np.array([name in accounts for name in own.names], np.bool_)[own.account]
        for place, kind in enumerate(KINDS.tolist()):
            rows = inside if CLASSES[place] == INFRASTRUCTURE else own.group == group
            found = keys[rows, place]
            parts.append((found, np.full(len(found), group), np.full(len(found), kind), own.account[rows]))
    if not parts:
        none = np.zeros(0, np.int64)
        return Watched(none.astype(np.uint64), none, none, none, none, population)
    key, of_group, kind, account = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    (key, of_group, kind, _), _ = _distinct(key, of_group, kind, account)
    (key, of_group, kind), count = _distinct(key, of_group, kind)
    least = np.where((_CLASS_OF_KIND == ITEM) | (_CLASS_OF_KIND == TRACE), 1, 2)
    kept = (key > 0) & (count >= least[kind])
    return Watched(key[kept], of_group[kept], kind[kept], count[kept], np.zeros(int(kept.sum()), np.int64), population)


def _distinct(*columns: NDArray[Any]) -> tuple[tuple[NDArray[Any], ...], Ints]:
    """Return the distinct rows of some columns, sorted by the first, and how often each stands there."""
    order = np.lexsort(columns[::-1])
    rows = tuple(column[order] for column in columns)
    new = np.ones(len(order), np.bool_)
    if len(order):
        new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in rows])
    first = np.flatnonzero(new)
    return tuple(column[first] for column in rows), np.diff(np.append(first, len(order))).astype(np.int64)


def _hits(keys: Keys, watched: Watched) -> Hits:
    """Return which requests hit which entries, each pair once."""
    if not len(watched.key) or not len(keys):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    rows, entries = [], []
    groups = int(watched.group.max()) + 1
    for column in keys.T:
        # A key may be watched for several groups, whose entries stand side by side.
        at = np.searchsorted(watched.key, column)
        for step in range(groups):
            place = np.minimum(at + step, len(watched.key) - 1)
            hit = np.flatnonzero((watched.key[place] == column) & (column > 0) & (at + step < len(watched.key)))
            if not len(hit):
                break
            rows.append(hit)
            entries.append(place[hit])
    if not rows:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    both = np.unique(np.concatenate(rows) * len(watched.key) + np.concatenate(entries))
    return both // len(watched.key), both % len(watched.key)
