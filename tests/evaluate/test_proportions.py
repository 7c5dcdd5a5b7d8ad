"""Proportions and their intervals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillhunt.evaluate.intervals import Proportion


def test_intervals_against_published_values():
    # Wilson: Newcombe 1998, table I, 81 of 263; exact: the rule 1 - 0.025^(1/n) for none of n.
    assert Proportion(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert Proportion(0, 20).interval == pytest.approx((0.0, 1 - 0.025 ** (1 / 20)))
    assert Proportion(20, 20).interval == pytest.approx((0.025 ** (1 / 20), 1.0))
    assert Proportion(8792, 8792).words() == "100.00 % (8,792 of 8,792; 99.96 to 100.00 %)"
    assert Proportion(0, 0).words() == "unknown (0 of 0)"
    assert Proportion(0, 1_000_000).words() == "0.0000 % (0 of 1,000,000; 0.0000 to 0.0004 %)"


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_stays_between_nothing_and_all(pair):
    p = Proportion(*pair)
    low, high = p.interval
    assert 0 <= low <= p.share <= high <= 1
