"""Cuts a two-sided graph (accounts or requests on one side, keys on the other) into communities of keys.

Leiden (Traag, Waltman, van Eck 2019) at a resolution that cuts finely, then joined again wherever most of the smaller
community's units belong to the other too. Why both: modularity alone merges small campaigns into large ones (its
resolution limit), plain components chain through one reseller's card, and a constant-Potts penalty grows with the size
of a community, so it would tear apart the largest attack first. Joining by *coverage* has no such bias: 20,000 accounts
on one template are one community, and a card that three of sixty accounts share joins nothing.

A unit's tie to a community is the sum over kinds of key of its strongest key of that kind: a thousand replayed
signatures between two accounts say no more than a few, and must not drown a shared card.
"""

import graspologic_native
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix

from stillhunt.groups.joining import joined, number_by_first

RESOLUTION = 4.0
"""Finer than modularity's own scale, on purpose: what is cut too finely is joined again."""
SEED = 20260223
STEPS = 1024
"""Weights are taken to this part of a bit, as whole numbers, whose sums are exact: with sums that drift, what is best
may change with the order in which it is added, and nodes move to and fro for ever."""
MOST_SWEEPS = 1000
"""Rounds of moving nodes after which it is enough; tens are usual."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


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
    return number_by_first(joined(units, community[keys], kinds[keys], weights[keys], copies)[community])


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
    return number_by_first(community)


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
