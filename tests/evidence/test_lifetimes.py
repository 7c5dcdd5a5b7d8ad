"""Groups over time: the most that each ever showed, whoever joins or leaves it."""

import numpy as np
import pyarrow as pa
import pytest

from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.evidence.lifetimes import Life, looks


def life(layer, members, **most):
    return Life(layer, frozenset(members), 0.0, 0.0, True, most)


@pytest.fixture
def engine():
    with DuckDBEngine("200MB", 1) as opened:
        opened.register("features", pa.table({"ts": pa.array(range(10), pa.int64())}))
        yield opened


def seen(engine, by_cutoff):
    """Look at cutoffs; what is seen depends on how many features stand."""
    return looks(
        engine, by_cutoff, lambda: by_cutoff[engine.fetch("SELECT max(ts) AS t FROM features")["t"][0].as_py()]
    )


def test_a_group_keeps_the_most_that_it_ever_showed(engine):
    lives = seen(engine, {3: [life("content", "ab", x=5.0)], 9: [life("content", "abcd", x=1.0)]})
    assert [(sorted(one.members), one.most["x"]) for one in lives] == [(list("abcd"), 5.0)]


def test_a_group_that_dissolves_is_not_forgotten(engine):
    lives = seen(engine, {3: [life("content", "ab", x=5.0)], 9: [life("content", "cd", x=1.0)]})
    assert {"".join(sorted(one.members)): one.most["x"] for one in lives} == {"ab": 5.0, "cd": 1.0}


def test_layers_stay_apart_and_the_unknown_stays_unknown(engine):
    young = [life("content", "ab", x=float("nan")), life("infrastructure", "ab", x=7.0)]
    lives = seen(engine, {3: young, 9: [life("content", "abc", x=2.0)]})
    assert {one.layer: one.most["x"] for one in lives} == {"content": 2.0, "infrastructure": 7.0}


def test_features_stand_as_before_and_looks_are_at_what_stood_then(engine):
    counts = []
    looks(
        engine,
        [4, 9, 0],
        lambda: counts.append(engine.fetch("SELECT count(*) AS c FROM features")["c"][0].as_py()) or [],
    )
    assert counts == [10, 5, 1]
    assert engine.fetch("SELECT count(*) AS c FROM features")["c"][0].as_py() == 10


def test_compared_with_lifetime_bests_the_largest_of_many_looks_is_one_comparison():
    """Random walks, looked at 50 times: against the others' best moments the promise holds, against their ends not."""
    rng = np.random.default_rng(3)
    walks = np.cumsum(rng.normal(size=(400, 50)), axis=1)
    best, end = walks.max(axis=1), walks[:, -1]
    honest = np.mean([np.mean(np.delete(best, i) >= best[i]) < 1 / 16 for i in range(400)])
    peeking = np.mean([np.mean(np.delete(end, i) >= best[i]) < 1 / 16 for i in range(400)])
    assert honest <= 1 / 16 < peeking
