"""Bans: the truth says who was banned and who went on, and the logs show it."""

import json
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from stillhunt.simulate.bans import accounts_in_all, lives
from stillhunt.simulate.clock import DAY, HOUR, START
from stillhunt.simulate.operators import Operator


def bans_of(world):
    return [json.loads(line) for line in (world.made.truth / "bans.jsonl").read_text().splitlines()]


def moments(world):
    """When each account called, and what it was for."""
    known = defaultdict(list)
    columns = (world.logs[name].to_pylist() for name in ("account_id", "ts", "exchange_id"))
    for account, ts, call in zip(*columns, strict=True):
        known[account].append((ts, world.harvest.get(call)))
    return known


@pytest.mark.parametrize("scenario", ["wave", "failover"])
def test_the_truth_and_the_accounts_agree_on_bans(worlds, scenario):
    world = worlds(scenario, accounts=400, days=6)
    bans, rows = bans_of(world), {row["account_id"]: row for row in world.accounts.to_pylist()}
    assert {ban["account_id"]: ban["banned_at"] for ban in bans} == {
        account: row["suspended_at"] for account, row in rows.items() if row["suspended_at"]
    }
    called = moments(world)
    for ban in bans:
        assert world.kinds[ban["account_id"]] == world.kinds[ban["successor"]] == "fraudulent"
        assert all(ts < ban["banned_at"] for ts, _ in called[ban["account_id"]])
        assert ban["resumed_at"] >= ban["banned_at"]
        assert any(ts >= ban["resumed_at"] for ts, _ in called[ban["successor"]])
    successors = [ban["successor"] for ban in bans]
    assert len(set(successors)) == len(successors)
    young = [rows[account]["created_at"] > START for account in successors]
    assert all(young) if scenario == "wave" else not any(young)


def test_traffic_of_a_banned_pool_moves_to_the_second_within_hours(worlds):
    world = worlds("failover", accounts=400, days=6)
    bans, called = bans_of(world), moments(world)
    moment = bans[0]["banned_at"]
    assert {ban["banned_at"] for ban in bans} == {moment}
    assert 0 < max(ban["resumed_at"] for ban in bans) - moment <= 8 * HOUR
    first, second = {ban["account_id"] for ban in bans}, {ban["successor"] for ban in bans}
    assert first | second == {account for account, kind in world.kinds.items() if kind == "fraudulent"}

    def per_day(accounts, begin, end):
        calls = [label for account in accounts for ts, label in called[account] if begin <= ts < end]
        return calls.count("lagoon-reasoning") / ((end - begin) / DAY)

    assert per_day(second, START, moment) < 0.05 * per_day(first, START, moment)  # retries alone
    after = moment + 8 * HOUR
    assert per_day(second, after, START + 6 * DAY) == pytest.approx(per_day(first, START, moment), rel=0.2)
    assert 0 < per_day(second, moment, after) < per_day(second, after, START + 6 * DAY)
    cards = {row["account_id"]: row["payment_id"] for row in world.accounts.to_pylist()}
    assert not {cards[account] for account in first} & {cards[account] for account in second}
    address = dict(zip(world.logs["account_id"].to_pylist(), world.logs["ip"].to_pylist(), strict=True))
    assert not {address[account] for account in first} & {address[account] for account in second}


def test_without_pool_or_replacement_the_calls_end():
    operator = Operator("one", 40, bans=((1.0, 0.5), (2.0, 0.4)), replaced=False)
    slot, ts = np.tile(np.arange(40), 30), START + np.repeat(np.arange(30), 40) * DAY // 10
    lived = lives(operator, np.random.default_rng(1), slot, ts)
    assert accounts_in_all(operator) == len(lived.created) == 40
    assert (lived.owner[ts < START + DAY] >= 0).all()
    assert 0 < (lived.owner[(ts >= START + DAY) & (ts < START + 2 * DAY)] >= 0).mean() < 1
    assert (lived.successor == -1).all()
    for account, banned in enumerate(lived.suspended):
        assert ts[lived.owner == account].max() < (banned or START + 3 * DAY)
    assert (lived.suspended > 0).mean() == 1 - np.isin(np.arange(40), lived.owner[ts >= START + 2 * DAY]).mean()


def test_pools_are_used_up_one_after_the_other_and_then_replaced():
    operator = Operator("two", 40, pools=2, failover_hours=0.0, bans=((1.0, 1.0), (2.0, 1.0)))
    slot, ts = np.tile(np.arange(40), 30), START + np.repeat(np.arange(30), 40) * DAY // 10
    lived = lives(operator, np.random.default_rng(1), slot, ts)
    assert accounts_in_all(operator) == len(lived.created) == 60
    for day, used in ((0, range(40)), (1, range(20, 40)), (2, range(40, 60))):
        today = (ts >= START + day * DAY) & (ts < START + (day + 1) * DAY)
        assert set(lived.owner[today].tolist()) == set(used)
    ended = lives(replace(operator, replaced=False), np.random.default_rng(1), slot, ts)
    assert (ended.owner[ts >= START + 2 * DAY] == -1).all()
