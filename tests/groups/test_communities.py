"""Communities of keys: found as planted, the same in any order, not torn by size and not chained by one bridge."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillhunt.groups.communities import _alike_as_one, key_communities


def star(first_unit, units, key):
    return [(first_unit + i, key) for i in range(units)]


def pool(rng, first_unit, units, first_key, keys, each):  # noqa: PLR0913, PLR0917  a planted pool has these
    return [
        (first_unit + u, first_key + int(k)) for u in range(units) for k in rng.choice(keys, size=each, replace=False)
    ]


def communities(edges, weight=5.0):
    units, keys = np.array(edges, dtype=np.int64).T
    return key_communities(units, keys, np.full(keys.max() + 1, weight), np.zeros(keys.max() + 1, np.int64))


def test_no_edges_no_communities():
    nothing = np.zeros(0, np.int64)
    assert len(key_communities(nothing, nothing, np.zeros(0), nothing)) == 0


@pytest.mark.parametrize("units", [10, 1_000, 20_000])
def test_one_key_is_one_community_however_large(units):
    edges = star(0, units, 0) + star(units, 10, 1)
    assert communities(edges).tolist() == [0, 1]


@pytest.mark.parametrize("seed", range(5))
def test_an_address_pool_stays_whole(seed):
    """Each account uses 3 of 60 addresses: no two share them all, yet the pool is one operator's."""
    edges = pool(np.random.default_rng(seed), 0, 1_200, 0, 60, 3)
    assert len(set(communities(edges))) == 1


@pytest.mark.parametrize("seed", range(5))
def test_cards_join_the_pool_that_their_accounts_use(seed):
    edges = pool(np.random.default_rng(seed), 0, 800, 0, 40, 3)
    edges += [(a, 40 + a // 8) for a in range(800)]
    assert len(set(communities(edges))) == 1


@pytest.mark.parametrize("seed", range(5))
def test_three_bridging_accounts_chain_nothing(seed):
    rng = np.random.default_rng(seed)
    edges = pool(rng, 0, 300, 0, 20, 3) + pool(rng, 300, 300, 20, 20, 3)
    edges += [(a, 40) for a in (0, 1, 2, 300, 301, 302)]  # six accounts of both meet at one exit
    found = communities(edges)
    assert set(found[:20]).isdisjoint(found[20:40])


@pytest.mark.parametrize("variants", [2, 4, 6])
def test_wordings_of_one_template_are_one(variants):
    """Requests draw a head and a tail among several wordings: no two keys share most requests, all belong together."""
    rng = np.random.default_rng(variants)
    edges = [(r, k) for r in range(600) for k in (int(rng.integers(variants)), variants + int(rng.integers(variants)))]
    assert len(set(communities(edges))) == 1


def test_small_groups_beside_a_large_one_are_not_merged():
    edges = star(0, 5_000, 0)
    for g in range(200):
        edges += star(5_000 + 6 * g, 6, 1 + 2 * g) + star(5_000 + 6 * g, 6, 2 + 2 * g)
    found = communities(edges)
    assert len(set(found)) == 201
    assert all(found[1 + 2 * g] == found[2 + 2 * g] for g in range(200))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_order_of_edges_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    edges = np.array(pool(rng, 0, 60, 0, 12, 2) + pool(rng, 55, 40, 12, 6, 2), dtype=np.int64)
    shuffled = rng.permutation(edges)
    weights, kinds = np.ones(18), np.arange(18) % 3
    one, other = (key_communities(e[:, 0], e[:, 1], weights, kinds) for e in (edges, shuffled))
    assert np.array_equal(one, other)


def test_thousands_of_replays_do_not_pull_in_a_neighbour_on_the_same_hosting_range():
    """One operator's accounts share two keys a pair, again and again; half of another's use the same exit range."""
    rng = np.random.default_rng(9)
    replays = [(int(a), 100 + i) for i in range(8_000) for a in rng.choice(200, 2, replace=False)]
    cards = [(a, 30 + a // 8) for a in range(200)] + [(200 + a, 10 + a // 8) for a in range(160)]
    templates = [(200 + a, k) for a in range(160) for k in (0, 1)]
    exits = [(a, 2) for a in range(120)] + [(200 + a, 2) for a in range(80)]
    edges = np.array(replays + cards + templates + exits, dtype=np.int64)
    used, keys = np.unique(edges[:, 1], return_inverse=True)
    kinds = np.select([used >= 100, used >= 10, used == 2], [0, 1, 2], 3)
    weights = np.where(used == 2, 3.3, 10.0)
    found = dict(zip(used.tolist(), key_communities(edges[:, 0], keys, weights, kinds).tolist(), strict=True))
    assert len({found[k] for k in (*range(30, 55), *range(100, 8_100))}) == 1
    assert len({found[k] for k in (0, 1, *range(10, 30))}) == 1
    assert found[100] != found[0]


def test_units_alike_are_one_with_as_many_copies():
    units, keys, copies = _alike_as_one(np.array([7, 7, 3, 5, 5, 9]), np.array([0, 1, 2, 1, 0, 2]))
    told = {frozenset(keys[units == unit].tolist()): int(copies[unit]) for unit in set(units.tolist())}
    assert told == {frozenset({0, 1}): 2, frozenset({2}): 2}


ENDS = """
import subprocess
import sys

import numpy as np
from stillhunt.groups.communities import key_communities
halves = [[2, 3, 5, 6, 7, 9, 12], [0, 1, 4, 8, 10, 11, 13]]
units = [u for half in (0, 1, 1, 0, 0, 0, 0, 1, 1, None, 1) for u in (range(14) if half is None else halves[half])]
bits = np.array([10.063934306] * 4 + [10.112178834] * 5 + [9.264181927, 10.112178834])
keys = np.repeat(np.arange(11), [7] * 9 + [14, 7])
print(key_communities(np.array(units), keys, bits, np.zeros(11, np.int64)).tolist())
"""


def test_weights_whose_sums_drift_do_not_keep_it_busy_for_ever():
    """Moving nodes never ended on this graph when its weights were not whole numbers."""
    done = subprocess.run([sys.executable, "-c", ENDS], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == str([0] * 11)
