"""E-values keep their promise: expectation at most one under the null, and e-BH chooses as its paper says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillhunt.evidence.evalues import (
    MAX_TAIL_BITS,
    RANK_POWER,
    TAIL_POWER,
    Ranks,
    e_bh,
    e_bh_confidence,
    family_e_value,
)


def rank_e_value(value, reference, scale):
    return Ranks(reference, scale).e_value(value)


values = st.lists(st.floats(-5, 5, allow_nan=False), min_size=1, max_size=60)


@given(values)
def test_expectation_under_exchangeability_is_at_most_one(group):
    """Take each of n exchangeable groups as the one tested: by ranks alone the mean e-value is under one."""
    everyone = np.array(group)
    by_rank = [min(rank_e_value(v, np.delete(everyone, i), 1e9), top(len(group))) for i, v in enumerate(everyone)]
    assert np.mean(by_rank) <= 1 + 1e-9


@pytest.mark.parametrize("tail", ["normal", "exponential", "laplace", "uniform"])
def test_share_above_b_bits_stays_under_two_to_minus_b(tail):
    """The fitted tail too keeps the promise, for tails up to exponential."""
    rng = np.random.default_rng(7)
    draw = getattr(rng, tail)
    e = np.array([rank_e_value(draw(), draw(size=300), 0.01) for _ in range(4_000)])
    assert e.mean() <= 1.05
    for b in range(1, 6):
        share = np.mean(np.log2(e) > b)
        assert share <= 2.0**-b


@pytest.mark.parametrize("groups", [20, 60, 149, 150, 500])
def test_few_groups_show_no_tail_that_could_be_bet_on(groups):
    """Exponential benign groups, the heaviest that is allowed for: the mean e-value is at most one, however few."""
    rng = np.random.default_rng(groups)
    e = np.array([rank_e_value(rng.exponential(), rng.exponential(size=groups), 0.01) for _ in range(4_000)])
    assert e.mean() <= 1.05


def test_unknown_is_neither_guilty_nor_innocent():
    assert rank_e_value(float("nan"), np.arange(10.0), 1.0) == 1
    assert rank_e_value(3.0, np.zeros(0), 1.0) == 1
    assert family_e_value([]) == 1


def top(n):
    return n / (np.sum(np.arange(2.0, n + 1) ** -RANK_POWER) + 1 / (1 - TAIL_POWER))


def test_what_all_benign_groups_do_says_nothing():
    assert rank_e_value(0.0, np.zeros(400), 1.0) == pytest.approx(
        top(401) * np.mean(np.arange(1.0, 402) ** -RANK_POWER)
    )
    assert rank_e_value(0.0, np.zeros(400), 1.0) < 1


def test_bits_are_bounded_by_the_reference_and_the_tail():
    assert rank_e_value(0.0 + 1e-12, np.zeros(400), 1.0) == pytest.approx(top(401))
    assert rank_e_value(1e9, np.zeros(400), 1.0) == pytest.approx(top(401) * 2**MAX_TAIL_BITS)


def test_a_group_among_the_benign_ones_gets_no_more_than_its_rank():
    reference = np.arange(100.0)
    assert rank_e_value(98.5, reference, 1.0) == pytest.approx(top(101) / 2**RANK_POWER)


@given(st.lists(st.floats(-10, 30), max_size=40), st.floats(0.001, 0.5))
def test_e_bh_is_the_largest_k_that_passes(bits, level):
    log2_e = np.array(bits)
    called = e_bh(log2_e, level)
    ordered = np.sort(log2_e)[::-1]
    passing = [k for k in range(1, len(bits) + 1) if 2.0 ** ordered[k - 1] * (1 + 1e-12) >= len(bits) / (level * k)]
    assert called.sum() == (max(passing) if passing else 0)
    if called.any() and not called.all():
        assert log2_e[called].min() >= log2_e[~called].max()


@given(st.lists(st.floats(-10, 30), min_size=1, max_size=40))
def test_confidence_is_the_level_at_which_a_group_is_still_called(bits):
    log2_e = np.array(bits)
    confidence = e_bh_confidence(log2_e)
    for i, c in enumerate(confidence):
        if 0 < c < 1:
            assert e_bh(log2_e, (1 - c) * 1.0001)[i]
            assert not e_bh(log2_e, (1 - c) * 0.9999)[i]


@given(st.lists(st.tuples(st.floats(-10, 30), st.integers(5, 30_000)), min_size=1, max_size=40))
def test_weights_move_the_bar_and_keep_its_mean(groups):
    """A group of twice the mean weight needs half the e-value; equal weights change nothing."""
    bits, sizes = np.array([g[0] for g in groups]), np.array([float(g[1]) for g in groups])
    shifted = bits + np.log2(sizes / sizes.mean())
    assert np.array_equal(e_bh(bits, 0.01, sizes), e_bh(shifted, 0.01))
    assert np.array_equal(e_bh(bits, 0.01, np.full(len(bits), 7.0)), e_bh(bits, 0.01))
    assert np.allclose(e_bh_confidence(bits, sizes), e_bh_confidence(shifted))


def test_one_false_discovery_in_twenty_at_most():
    """1,000 null groups and 20 true ones, repeated: the mean share of false calls stays under the level."""
    rng = np.random.default_rng(11)
    shares = []
    for _ in range(200):
        null = -np.log2(rng.uniform(size=1_000)) - 1  # E[e] = E[1 / (2 U)] is infinite, so clip to a fair bet
        fair = np.log2(np.minimum(2.0**null, 50) / np.mean(np.minimum(2.0**null, 50)))
        called = e_bh(np.concatenate([fair, np.full(20, 12.0)]), 0.05)
        shares.append(called[:1_000].sum() / max(called.sum(), 1))
    assert np.mean(shares) <= 0.05
