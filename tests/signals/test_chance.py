"""Signals that rest on a statistic: silent where only chance is at work, and not where it is not."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from ids import with_keys

from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.schema import ACCOUNT_KEYS, FEATURES
from stillhunt.signals.expressions import DAY, HOUR
from stillhunt.signals.registration_burst import SIGNAL as REGISTRATION_BURST
from stillhunt.signals.rotation import SIGNAL as ROTATION
from stillhunt.signals.samples import START


@pytest.fixture(scope="module")
def engine():
    with DuckDBEngine(threads=2) as engine:
        yield engine


def rotating(engine, pools):
    """Numbers of the pools that rotate; a pool is the account of one talk after another, under one header tuple."""
    rows = [
        with_keys(
            {
                "exchange_id": f"{number}-{n}",
                "account_id": f"{number}-{owner}",
                "ts": START + n,
                "header_tuple": number,
                "body_key": 1_000_000 * number + n,
            }
        )
        for number, owners in enumerate(pools)
        for n, owner in enumerate(owners)
    ]
    engine.register("features", pa.Table.from_pylist(rows, schema=FEATURES.arrow))
    return set(engine.fetch(ROTATION.sql)["key"].to_pylist())


def least_recently_used(chance, accounts, talks, length):
    """Accounts chosen by a balancer whose talks keep an account in use for a random while; it also loses accounts."""
    free_at = {n: -n for n in range(accounts)}
    chosen = []
    for now in range(talks):
        if now % 40 == 39:  # one is banned and replaced
            free_at.pop(next(iter(free_at)))
            free_at[accounts + now] = -now
        owner = min(free_at, key=free_at.__getitem__)
        free_at[owner] = now + chance.exponential(length)
        chosen.append(owner)
    return chosen


def test_random_picks_are_no_rotation(engine):
    chance = np.random.default_rng(1)
    sizes = chance.integers(3, 40, 300)
    assert not rotating(engine, [chance.integers(size, size=size + 70) for size in sizes])


def test_people_who_come_back_are_no_rotation(engine):
    chance = np.random.default_rng(2)
    people = [np.repeat(chance.integers(12, size=60), chance.integers(1, 6, 60)) for _ in range(100)]
    assert not rotating(engine, people)


@pytest.mark.parametrize("accounts", [4, 12, 60])
def test_least_recently_used_picks_are_rotation(engine, accounts):
    chance = np.random.default_rng(3)
    pools = [least_recently_used(chance, accounts, 6 * accounts + 80, accounts / 4) for _ in range(20)]
    assert len(rotating(engine, pools)) == 20


def registrations(chance, days, per_day):
    """Moments of registration with a daily and a weekly rhythm."""
    hours = np.arange(24 * days)
    rate = per_day / 24 * (1 + 0.9 * np.cos(2 * np.pi * (hours - 14) / 24)) * np.where(hours // 24 % 7 < 5, 1.2, 0.5)
    return [START + int(h) * HOUR + int(chance.integers(HOUR)) for h in np.repeat(hours, chance.poisson(rate))]


def bursts(engine, plans):
    rows = [
        with_keys({"account_id": f"{plan}-{n}", "created_at": moment, "plan": plan})
        for plan, moments in plans.items()
        for n, moment in enumerate(moments)
    ]
    engine.register("account_keys", pa.Table.from_pylist(rows, schema=ACCOUNT_KEYS.arrow))
    found = engine.fetch(
        f"""SELECT k.plan FROM ({REGISTRATION_BURST.sql}) s JOIN account_keys k ON k.account_key = s.account_key"""
    )
    return Counter(found["plan"].to_pylist())


def test_days_nights_and_weekends_are_no_bursts(engine):
    chance = np.random.default_rng(4)
    plans = {f"{chr(97 + n)}": registrations(chance, 90, per_day) for n, per_day in enumerate((1, 5, 30, 150, 600))}
    assert not bursts(engine, plans)


@pytest.mark.parametrize(("per_day", "planted"), [(5, 12), (150, 80)])
def test_a_burst_is_found_at_any_rate(engine, per_day, planted):
    chance = np.random.default_rng(5)
    burst = [START + 40 * DAY + 3 * HOUR + int(moment) for moment in chance.integers(HOUR, size=planted)]
    found = bursts(engine, {"a": [*registrations(chance, 90, per_day), *burst], "b": registrations(chance, 90, 20)})
    assert found["a"] >= planted
    assert found["b"] == 0
