"""Cuts a two-sided graph (accounts or requests on one side, keys on the other) into communities of keys.

Leiden (Traag, Waltman, van Eck 2019) at a resolution that cuts finely, then joined again wherever most of the smaller
community holds keys of the other. Why both: modularity alone merges small campaigns into large ones (its resolution
limit), plain components chain through one reseller's card, and a constant-Potts penalty grows with the size of a
community, so it would tear apart the largest attack first. Joining by *coverage* has no such bias: 20,000 accounts on
one template are one community, and a card that three of sixty accounts share joins nothing.
"""

import graspologic_native
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix

RESOLUTION = 4.0
"""Finer than modularity's own scale, on purpose: what is cut too finely is joined again."""
COVERAGE = 0.5
"""Two communities are one when at least this share of the smaller one's units hold keys of the other."""
LEAK = 0.75
"""Also when this share of the units of both hold keys of *some* other community, and neither has a better home: the
wordings of a paraphrased template, or the addresses of a pool, mix with all the others and with none for long."""
LEAST_COVER = 0.1
SEED = 20260223

Ints = NDArray[np.int64]


def key_communities(units: Ints, keys: Ints, weights: NDArray[np.float64]) -> Ints:
    """Assign each key to a community.

    Args:
        units: Account or request of each edge, 0 to U-1.
        keys: Key of each edge, 0 to K-1; every key has an edge.
        weights: Positive weight of each edge, in bits.

    Returns:
        One community number a key, 0 to C-1, numbered by their first key; the same for the same edges in any order.
    """
    if len(keys) == 0:
        return np.zeros(0, np.int64)
    units = np.unique(units, return_inverse=True)[1].astype(np.int64)
    n_units, n_keys = int(units.max()) + 1, int(keys.max()) + 1
    community = _leiden(units, keys, weights, n_units, n_keys)
    # What is covered joins first: only then does it show whether the rest of a community has any home of its own.
    for mixed_too in (False, True, False):
        while True:
            joined = _join_covered(units, keys, community, n_units, mixed_too=mixed_too)
            if len(np.unique(joined)) == len(np.unique(community)):
                break
            community = joined
    return _number_by_first(community)


def _leiden(units: Ints, keys: Ints, weights: NDArray[np.float64], n_units: int, n_keys: int) -> Ints:
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
    )
    return np.fromiter((parts[n_units + k] for k in range(n_keys)), np.int64, n_keys)


def _join_covered(units: Ints, keys: Ints, community: Ints, n_units: int, *, mixed_too: bool) -> Ints:
    """Join each community to the one that covers most of it, if that is enough, or (if asked) if both are mixed."""
    labels, of_key = np.unique(community, return_inverse=True)
    n = len(labels)
    belongs: csr_matrix = coo_matrix(
        (np.ones(len(keys), np.float64), (units, of_key[keys])), shape=(n_units, n)
    ).tocsr()
    belongs.data[:] = 1.0
    size = np.asarray(belongs.sum(axis=0)).ravel()
    shared = (belongs.T @ belongs).tocoo()
    smaller = (size[shared.row] < size[shared.col]) | (
        (size[shared.row] == size[shared.col]) & (shared.row > shared.col)
    )
    a, b, covered = shared.row[smaller], shared.col[smaller], shared.data[smaller]
    share = covered / size[a]
    elsewhere = np.asarray(belongs.sum(axis=1)).ravel() >= 2  # in this community and in another
    mixed = (belongs.T @ elsewhere.astype(np.float64)) / size >= LEAK
    target = np.arange(n)
    order = np.lexsort((b, -size[b], -share, a))  # per small community: best cover first
    a, b, share = a[order], b[order], share[order]
    first = np.r_[True, a[1:] != a[:-1]] if len(a) else np.zeros(0, bool)
    enough = first & ((share >= COVERAGE) | (mixed_too & (share >= LEAST_COVER) & mixed[a] & mixed[b]))
    target[a[enough]] = b[enough]
    # Follow the chain to its end: targets are always larger (or earlier), so there are no cycles.
    while not np.array_equal(target[target], target):
        target = target[target]
    return target[of_key].astype(np.int64)


def _number_by_first(community: Ints) -> Ints:
    _, first, inverse = np.unique(community, return_index=True, return_inverse=True)
    order = np.empty(len(first), np.int64)
    order[np.argsort(first, kind="stable")] = np.arange(len(first))
    return order[inverse]
