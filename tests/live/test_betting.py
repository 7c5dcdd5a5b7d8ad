"""Bets against an account: what they promise is worked out in full, over every course that an innocent one may take."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillhunt.live.betting import Bets, Course
from stillhunt.live.outcomes import OUTCOMES
from stillhunt.live.rates import CLEAN, FIRST, TOUCHED, WIDTH, campaign_rates, counted, innocent_rates, news
from stillhunt.live.regrowth import Regrowth
from stillhunt.live.watchlist import WatchList


def watchlist(*campaigns: float) -> WatchList:
    """A list in which innocents show outcome 1 of each channel at known rates, and each campaign at its own."""
    innocent, theirs = np.ones((len(campaigns), 3, 3, WIDTH)), np.zeros((len(campaigns), 3, 3, WIDTH))
    for group, rate in enumerate(campaigns):
        innocent[group, :, FIRST, 1:], innocent[group, :, CLEAN, 1:], innocent[group, :, TOUCHED, 1:] = 0.2, 0.1, 0.3
        theirs[group, :, :, 0], theirs[group, :, :, 1] = 1 - rate, rate
    return WatchList(
        {"run": "r", "created": 0, "groups": [{"campaign_id": f"c-{n}"} for n in range(len(campaigns))]},
        {"innocent": innocent, "campaign": theirs},
    )


@pytest.mark.parametrize("rates", [(0.9,), (0.05,), (0.9, 0.4)])
def test_on_average_an_innocent_account_wins_nothing(rates):
    """The mean over all courses, each with its true chance, at every length; an e-process may not top 1."""
    bets, total = Bets(watchlist(*rates)), [0.0] * 6
    for course in product((0, 1), repeat=6):
        chance, account, touched = 1.0, Course(), False
        for t, shows in enumerate(course):
            hazard = 0.2 if t == 0 else 0.1 if not touched else 0.0
            chance *= hazard if shows else 1 - hazard
            bits = bets.follow(account, {f"c-{n}": (1, 0, 0) for n in range(len(rates))} if shows else {})
            touched = touched or bool(shows)
            # Without a stake yet, what an account has is what waits.
            capital = max(2.0**b for b in bits.values()) if bits else 1.0 / (t + 2)
            total[t] += chance * capital / 2 ** (5 - t)
    assert all(mean <= 1.0 for mean in total)


def test_what_waits_is_never_lost():
    bets, account = Bets(watchlist(0.9)), Course()
    bets.follow(account, {"c-0": (1, 0, 0)})
    for t in range(2, 500):
        bits = bets.follow(account, {})
        assert bits["c-0"] >= np.log2(1 / (t + 1))


def test_repetition_wins_nothing():
    bets, account = Bets(watchlist(0.9)), Course()
    first = bets.follow(account, {"c-0": (1, 0, 0)})["c-0"]
    for _ in range(50):
        assert bets.follow(account, {"c-0": (1, 0, 0)})["c-0"] <= first


def test_what_is_shown_late_counts_for_less_than_at_once():
    bets, early, late = Bets(watchlist(0.9)), Course(), Course()
    for _ in range(100):
        bets.follow(late, {})
    assert bets.follow(late, {"c-0": (1, 0, 0)})["c-0"] < bets.follow(early, {"c-0": (1, 0, 0)})["c-0"]


def test_a_campaign_that_a_later_list_dropped_is_passed_over():
    account = Course()
    Bets(watchlist(0.9, 0.9)).follow(account, {"c-1": (1, 0, 0)})
    assert Bets(watchlist(0.9)).follow(account, {}) == {}


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 7)), max_size=60))
def test_news_is_what_the_account_had_not_shown(pairs):
    pairs = sorted(pairs, key=lambda pair: pair[0])
    account, codes = np.array([a for a, _ in pairs], np.int64), np.array([c for _, c in pairs], np.uint8)
    best, expected = {}, []
    for a, c in pairs:
        state = FIRST if a not in best else TOUCHED if best[a] else CLEAN
        expected.append((c if c > best.get(a, 0) else 0, state))
        best[a] = max(best.get(a, 0), c)
    new, state = news(codes, account)
    assert list(zip(new.tolist(), state.tolist(), strict=True)) == expected
    assert counted(codes, account).sum() == len(pairs)


@given(st.lists(st.integers(0, 300), min_size=WIDTH, max_size=WIDTH))
def test_a_bet_at_the_rates_counted_pays_an_innocent_at_most_its_stake(counts):
    counts = np.array([counts] * 3)
    innocent = innocent_rates(counts)
    campaign = campaign_rates(counts[:, ::-1], OUTCOMES[2])
    true = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    assert ((true * campaign / innocent).sum(axis=1) <= 1 + 1e-9).all()


def test_a_campaign_grows_again_by_its_fresh_accounts_and_not_by_others():
    regrowth = Regrowth(Bets(watchlist(0.9, 0.9)), ["c-0", "c-1"], "v")
    for n in range(200):
        regrowth.arrived(1, {"c-0": (1, 1, 1)} if n % 2 else {})
    assert regrowth.bits("c-0") > 10
    assert regrowth.bits("c-1") < 1


def test_fresh_accounts_as_innocent_as_expected_are_no_regrowth():
    regrowth, rng = Regrowth(Bets(watchlist(0.9)), ["c-0"], "v"), np.random.default_rng(4)
    most = 0.0
    for day in range(10):
        for shows in rng.random(300) < 0.2:
            regrowth.arrived(day, {"c-0": (1, 0, 0)} if shows else {})
            most = max(most, regrowth.bits("c-0"))
    assert most < 3
