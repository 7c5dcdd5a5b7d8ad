"""Cuts a two-sided graph (accounts or requests on one side, keys on the other) into communities of keys.

Leiden (Traag, Waltman, van Eck 2019) at a resolution that cuts finely, then joined again wherever most of the smaller
community's units belong to the other too. Why both: modularity alone merges small campaigns into large ones (its
resolution limit), plain components chain through one reseller's card, and a constant-Potts penalty grows with the size
of a community, so it would tear apart the largest attack first. Joining by *coverage* has no such bias: 20,000 accounts
on one template are one community, and a card that three of sixty accounts share joins nothing.

A unit's tie to a community is the sum over kinds of key of its strongest key of that kind: a thousand replayed
signatures between two accounts say no more than a few, and must not drown a shared card.
"""

from dataclasses import dataclass

import graspologic_native
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix, csr_matrix, diags_array

RESOLUTION = 4.0
"""Finer than modularity's own scale, on purpose: what is cut too finely is joined again."""
COVERAGE = 0.75
"""Two communities are one when at least this share of the smaller one's units belong to the other."""
LEAK = 0.75
"""Also when this share of the units of both belong to *some* other community, and neither has a better home: the
wordings of a paraphrased template, or the addresses of a pool, mix with all the others and with none for long."""
LEAST_COVER = 0.1
BELONGS = 0.25
"""A unit belongs to a community if its tie is this part of the median unit's: an account whose operator happens to use
the same hosting range as another's is no part of the other."""
FAR_WEAKER = 1
"""Levels (factors of two) by which a unit's tie to the larger community may be weaker than its tie to the smaller."""
SEED = 20260223
STEPS = 1024
"""Weights are taken to this part of a bit, as whole numbers, whose sums are exact: with sums that drift, what is best
may change with the order in which it is added, and nodes move to and fro for ever."""
MOST_SWEEPS = 1000
"""Rounds of moving nodes after which it is enough; tens are usual."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ties:
    """Edges between units and communities of keys, one for each kind of key: its strongest.

    Units with the same keys are one; `copies` says for each how many they are.
    """

    unit: Ints
    community: Ints
    kind: Ints
    weight: Floats
    copies: Ints

    def relabelled(self, target: Ints) -> "Ties":
        """Rename communities and keep the strongest tie of each kind."""
        # One number for all three: sorting by one is several times as fast as by three in turn.
        kinds, communities = int(self.kind.max()) + 1, int(target.max()) + 1
        place = (self.unit * communities + target[self.community]) * kinds + self.kind
        order = np.argsort(place, kind="stable")
        place = place[order]
        first = np.flatnonzero(np.r_[True, np.diff(place) != 0])
        rest, kind = np.divmod(place[first], kinds)
        unit, community = np.divmod(rest, communities)
        return Ties(unit, community, kind, np.maximum.reduceat(self.weight[order], first), self.copies)

    def belonging(self, n: int) -> csr_matrix:
        """Units by `n` communities: the tie where the unit belongs, as a level (1 under two bits, 2 under four, …)."""
        shape = (len(self.copies), n)
        strength: csr_matrix = coo_matrix((self.weight, (self.unit, self.community)), shape=shape).tocsr()
        median = _medians(strength.tocsc(), self.copies)
        level = np.floor(np.log2(np.maximum(strength.data, 1.0))) + 1
        strength.data = np.where(strength.data >= BELONGS * median[strength.indices], level, 0.0)
        strength.eliminate_zeros()
        return strength


def key_communities(units: Ints, keys: Ints, weights: Floats, kinds: Ints) -> Ints:
    """Assign each key to a community.

    Args:
        units: Account or request of each edge, numbers from 0.
        keys: Key of each edge, 0 to K-1; every key has an edge.
        weights: Positive weight of each key, in bits, K numbers.
        kinds: Kind of each key, K numbers; keys of one kind repeat the same fact.

    Returns:
        One community number a key, 0 to C-1, numbered by their first key; the same for the same edges in any order.
    """
    if len(keys) == 0:
        return np.zeros(0, np.int64)
    units, keys, copies = _alike_as_one(units, keys)
    community = _cut_finely(units, keys, weights[keys] * copies[units])
    ties = Ties(units, keys, kinds[keys], weights[keys], copies).relabelled(community)
    # What is covered joins first: only then does it show whether the rest of a community has any home of its own.
    for mixed_too in (False, True, False):
        while True:
            target = _targets(ties.belonging(int(community.max()) + 1), copies, mixed_too=mixed_too)
            if np.array_equal(target, np.arange(len(target))):
                break
            target = _number_by_first(target)
            community, ties = target[community], ties.relabelled(target)
    return _number_by_first(community)


def _alike_as_one(units: Ints, keys: Ints) -> tuple[Ints, Ints, Ints]:
    """Keep one of all units with the same keys: the edges left, and how many units each unit left stands for.

    Most requests of a template or of a list carry the same keys as others, and what is cut is a fraction of the size.
    """
    mark = np.random.default_rng(SEED).integers(0, 2**63 - 1, int(keys.max()) + 1)
    sums = np.zeros(int(units.max()) + 1, np.int64)
    np.add.at(sums, units, mark[keys])  # sums of random numbers, which wrap: no two sets have the same
    _, first, alike, copies = np.unique(sums, return_index=True, return_inverse=True, return_counts=True)
    kept = first[alike[units]] == units
    used, units = np.unique(alike[units[kept]], return_inverse=True)  # no unit may be without a key
    return units, keys[kept].astype(np.int64), copies[used]


def _cut_finely(units: Ints, keys: Ints, weights: Floats) -> Ints:
    """Leiden, and once more in each part: what is small beside the whole graph is not small in its own part."""
    community = _leiden(units, keys, weights)
    order = np.argsort(community[keys], kind="stable")
    ends = np.flatnonzero(np.diff(community[keys[order]])) + 1
    free = int(community.max()) + 1
    for own in np.split(order, ends):
        members, renumbered = np.unique(keys[own], return_inverse=True)
        if len(members) > 1:
            finer = _leiden(np.unique(units[own], return_inverse=True)[1], renumbered, weights[own])
            community[members] = free + finer
            free += int(finer.max()) + 1
    return _number_by_first(community)


def _leiden(units: Ints, keys: Ints, weights: Floats) -> Ints:
    weights = np.maximum(np.rint(weights * STEPS), 1.0)
    n_units, n_keys = int(units.max()) + 1, int(keys.max()) + 1
    n = n_units + n_keys
    rows, cols = np.concatenate([units, keys + n_units]), np.concatenate([keys + n_units, units])
    graph = coo_matrix((np.concatenate([weights, weights]), (rows, cols)), shape=(n, n)).tocsr()
    graph.sort_indices()
    _, parts = graspologic_native.leiden_csr(
        graph.indptr.astype(np.int64),
        graph.indices.astype(np.int32),
        graph.data.astype(np.float64),
        n,
        resolution=RESOLUTION,
        seed=SEED,
        max_local_moving_iterations=MOST_SWEEPS,
    )
    return np.fromiter((parts[n_units + k] for k in range(n_keys)), np.int64, n_keys)


def _medians(columns: csc_matrix, copies: Ints) -> Floats:
    """Median of what is stored in each column, every row counted as often as it has copies; 0 where nothing is."""
    size = np.diff(columns.indptr)
    order = np.lexsort((columns.data, np.repeat(np.arange(len(size)), size)))
    ordered, below = columns.data[order], np.cumsum(copies[columns.indices[order]])
    filled = size > 0
    before = np.r_[0, below][columns.indptr[:-1][filled]]
    count = np.r_[0, below][columns.indptr[1:][filled]] - before
    low, high = (np.searchsorted(below, before + place) for place in ((count + 1) // 2, count // 2 + 1))
    median = np.zeros(len(size))
    median[filled] = (ordered[low] + ordered[high]) / 2
    return median


def _targets(belongs: csr_matrix, copies: Ints, *, mixed_too: bool) -> Ints:
    """For each community the one that it joins: what covers most of it, if enough, or (if asked) if both are mixed."""
    homes = np.diff(belongs.indptr)
    size = np.bincount(belongs.indices, np.repeat(copies, homes).astype(np.float64), belongs.shape[1])
    # A unit of one community covers nothing of another.
    both, counted = belongs[homes >= 2], copies[homes >= 2]
    # A weak tie of many does not cover a strong tie of few: what joins must be tied about as well where it goes.
    shared = sum(
        (
            _where(both, both.data == level).T
            @ (diags_array(counted, dtype=np.float64) @ _where(both, both.data >= level - FAR_WEAKER))
            for level in np.unique(both.data)
        ),
        start=csr_matrix((len(size), len(size))),
    ).tocoo()
    smaller = (size[shared.row] < size[shared.col]) | (
        (size[shared.row] == size[shared.col]) & (shared.row > shared.col)
    )
    a, b, covered = shared.row[smaller], shared.col[smaller], shared.data[smaller]
    share, alike = covered / size[a], covered / (size[a] + size[b] - covered)
    elsewhere = np.bincount(both.indices, np.repeat(counted, np.diff(both.indptr)).astype(np.float64), len(size))
    mixed = elsewhere / size >= LEAK
    order = np.lexsort((b, -alike, share < COVERAGE, a))  # per small community: enough covered, most alike first
    a, b, share = a[order], b[order], share[order]
    first = np.r_[True, a[1:] != a[:-1]] if len(a) else np.zeros(0, bool)
    enough = first & ((share >= COVERAGE) | (mixed_too & (share >= LEAST_COVER) & mixed[a] & mixed[b]))
    target = np.arange(len(size))
    target[a[enough]] = b[enough]
    # Follow the chain to its end: targets are always larger (or earlier), so there are no cycles.
    while not np.array_equal(target[target], target):
        target = target[target]
    return target.astype(np.int64)


def _where(matrix: csr_matrix, chosen: NDArray[np.bool_]) -> csr_matrix:
    """Ones at the stored places that are chosen."""
    ones = matrix.copy()
    ones.data = chosen.astype(np.float64)
    ones.eliminate_zeros()
    return ones


def _number_by_first(community: Ints) -> Ints:
    _, first, inverse = np.unique(community, return_index=True, return_inverse=True)
    order = np.empty(len(first), np.int64)
    order[np.argsort(first, kind="stable")] = np.arange(len(first))
    return order[inverse]
