"""What is compiled for speed joins communities as the plain words of it do."""

import numpy as np
import pytest

from stillhunt.groups.joining import BELONGS, COVERAGE, FAR_WEAKER, LEAK, LEAST_COVER, SHORT, joined, number_by_first


def plainly(units, communities, kinds, weights, copies):
    """The same in dictionaries, a unit and a pair at a time."""
    ends = list(range(max(communities) + 1))
    for mixed_too in (False, True, False):
        while True:
            target = one_round(units, [ends[c] for c in communities], kinds, weights, copies, mixed_too=mixed_too)
            if all(a == b for a, b in target.items()):
                break
            ends = [follow(target, end) for end in ends]
    return number_by_first(np.array(ends))


def follow(target, community):
    while target[community] != community:
        community = target[community]
    return community


def one_round(units, communities, kinds, weights, copies, *, mixed_too):  # noqa: PLR0913  as `joined`
    strongest = {}
    for edge in zip(units, communities, kinds, weights, strict=True):
        strongest[edge[:3]] = max(strongest.get(edge[:3], 0), edge[3])
    tie = {}
    for (unit, community, _), weight in strongest.items():
        tie[unit, community] = tie.get((unit, community), 0) + weight
    names = sorted(set(communities))
    median = {c: np.median([t for (u, d), t in tie.items() if d == c for _ in range(copies[u])]) for c in names}
    level = {(u, c): int(np.floor(np.log2(max(t, 1)))) + 1 for (u, c), t in tie.items() if t >= BELONGS * median[c]}
    holders = {c: {u for u, d in level if d == c} for c in names}
    many = {u for u in range(len(copies)) if sum(u in h for h in holders.values()) > 1}

    def number(some):
        return sum(int(copies[u]) for u in some)

    size = {c: number(holders[c]) for c in names}
    mixed = {c: number(holders[c] & many) >= LEAK * size[c] for c in names}
    target = {}
    for a in names:
        choices = []
        for b in names:
            covered = number(u for u in holders[a] & holders[b] if a != b and level[u, b] >= level[u, a] - FAR_WEAKER)
            if covered and (size[a], -a) < (size[b], -b):
                share, alike = covered / size[a], covered / (size[a] + size[b] - covered)
                choices.append((share < COVERAGE, -alike, b, share))
        target[a] = a
        if choices:
            little, _, b, share = min(choices)
            if not little or (mixed_too and mixed[a] and mixed[b] and share >= LEAST_COVER):
                target[a] = b
    return target


def a_graph(rng, n_units, n_communities, each):
    """Units that keep to blocks of communities, more or less, so that some of these are covered and some are mixed."""
    units = np.repeat(np.arange(n_units), each)
    block = rng.integers(0, 3, n_units)[units] * (n_communities // 3)
    communities = (block + rng.integers(0, max(2, n_communities // 2), len(units))) % n_communities
    units = np.r_[units, rng.integers(0, n_units, n_communities)]
    communities = np.r_[communities, np.arange(n_communities)]
    kinds = rng.integers(0, 3, len(units))
    return units, communities, kinds, rng.integers(1, 17, len(units)).astype(float), rng.integers(1, 4, n_units)


def graph_of(seed):
    rng = np.random.default_rng(seed)
    return a_graph(rng, int(rng.integers(6, 40)), int(rng.integers(3, 24)), int(rng.integers(1, 6)))


@pytest.mark.parametrize("seed", range(60))
def test_communities_join_as_the_words_of_it_say(seed):
    graph = graph_of(seed)
    told = joined(*graph)
    assert told.tolist() == plainly(*graph).tolist()


def test_the_graphs_above_join_some_communities_and_leave_others():
    left = []
    for seed in range(60):
        graph = graph_of(seed)
        left.append(len(set(joined(*graph).tolist())) / (int(graph[1].max()) + 1))
    assert min(left) < 0.5
    assert max(left) > 0.8
    assert len({round(share, 2) for share in left}) > 10


def test_units_with_many_ties_join_as_the_words_of_it_say():
    rng = np.random.default_rng(1)
    graph = a_graph(rng, 12, 3 * SHORT, 2 * SHORT)
    assert joined(*graph).tolist() == plainly(*graph).tolist()
    assert len(set(joined(*graph).tolist())) < 3 * SHORT


def test_the_order_of_edges_tells_nothing():
    rng = np.random.default_rng(2)
    units, communities, kinds, weights, copies = a_graph(rng, 40, 20, 4)
    order = rng.permutation(len(units))
    told = joined(units[order], communities[order], kinds[order], weights[order], copies)
    assert told.tolist() == joined(units, communities, kinds, weights, copies).tolist()
