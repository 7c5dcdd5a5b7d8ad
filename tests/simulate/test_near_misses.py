"""Look-alikes: all that are known exist, and the near misses share what harvesters share, measured from the logs."""

from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from stillhunt.simulate.clock import DAY
from stillhunt.simulate.lookalikes import KINDS, NEAR_MISSES, everything, instances

KNOWN = {
    "nightly evaluation": "eval_suite",
    "continuous integration": "ci_runner",
    "company behind one NAT": "company",
    "class with one assignment": "school_class",
    "open-source agent": "open_source_agent",
    "consumer VPN": "vpn_users",
    "product with one prompt": "saas_single",
    "product over several accounts": "saas_pool",
    "gateway": "gateway",
    "first-day benchmarks": "day_one_benchmark",
    "drift monitor": "drift_monitor",
    "audit capture": "audit_capture",
    "honest reseller": "reseller",
    "viral prompt": "viral_prompt",
    "synthetic data": "synthetic_data",
    "translation and extraction": "batch_job",
    "class with a harvested question set": "question_set_class",
    "nightly evaluation from one card over many accounts": "eval_fleet",
    "agent framework behind one VPN": "agent_behind_vpn",
}


def calls_of(world, kind):
    known = pa.array([account for account, is_a in world.kinds.items() if is_a == kind])
    return world.logs.filter(pc.is_in(world.logs["account_id"], known)).to_pylist()


def accounts_of(world, kind):
    return [row for row in world.accounts.to_pylist() if world.kinds[row["account_id"]] == kind]


def test_every_known_look_alike_plays():
    assert set(KNOWN.values()) <= set(KINDS)
    assert {one.kind for one in everything(3000, 1)} == set(KINDS)


@pytest.mark.parametrize(("kind", "least", "most"), [
    ("question_set_class", 15, 60), ("eval_fleet", 20, 60), ("agent_behind_vpn", 100, 200),
])  # fmt: skip
def test_sizes_differ_by_seed_and_small_worlds_have_small_ones(kind, least, most):
    sizes = [one.accounts for seed in range(30) for one in instances(kind, 3000, seed)]
    assert least <= min(sizes) < max(sizes) <= most
    assert len(set(sizes)) > 12
    assert max(one.accounts for seed in range(30) for one in instances(kind, 200, seed)) <= 13
    assert [one.accounts for one in everything(3000, 4)] == [one.accounts for one in everything(3000, 4)]


def test_a_class_asks_what_a_campaign_harvests_but_stops_and_asks_back(worlds):
    world = worlds("near-misses", accounts=600, days=7)
    harvested = {row["prompt"] for row in calls_of(world, "fraudulent")}
    pupils = calls_of(world, "question_set_class")
    first = [row for row in pupils if row["turns"] == 1]
    pasted = Counter(row["prompt"] in harvested for row in first)
    assert pasted[True] > 0.02 * len(first)  # word for word; the others add words of their own
    inside = [any(item in row["prompt"] for item in harvested) for row in first[:60]]
    assert np.mean(inside) > 0.9
    assert 0.2 < np.mean([row["turns"] > 1 for row in pupils]) < 0.6
    asked = defaultdict(set)
    for row in first:
        asked[row["prompt"]].add(row["account_id"])
    assert max(len(who) for who in asked.values()) >= 3
    per_hour = Counter(row["ts"] // (DAY // 24) for row in pupils)
    assert len(per_hour) < 7 * 24 * 0.75


def test_an_evaluation_fleet_shares_card_exit_and_clock_and_asks_the_same_every_night(worlds):
    world = worlds("eval_fleet", accounts=450, days=4)
    accounts, calls = accounts_of(world, "eval_fleet"), calls_of(world, "eval_fleet")
    assert len(accounts) == len({row["account_id"] for row in calls}) >= 15
    assert len({row["payment_id"] for row in accounts}) == 1
    assert {row["verified"] for row in accounts} == {False}
    assert len({row["ip"] for row in calls}) <= 3
    assert np.ptp([row["created_at"] for row in accounts]) <= 3 * DAY
    order = [row["account_id"] for row in calls]
    assert len(set(order[: len(accounts)])) == len(accounts)  # taken in turn
    nights = defaultdict(list)
    for row in calls:
        nights[row["prompt"]].append(row["ts"] // DAY)
    assert np.mean([len(times) >= 3 for times in nights.values()]) > 0.9
    gaps = np.diff([row["ts"] for row in calls])
    gaps = gaps[gaps < DAY / 24]
    assert gaps.std() < 0.2 * gaps.mean()


def test_users_of_a_framework_behind_one_vpn_share_the_prompt_and_the_network_and_nothing_else(worlds):
    world = worlds("agent_behind_vpn", accounts=450, days=4)
    accounts, calls = accounts_of(world, "agent_behind_vpn"), calls_of(world, "agent_behind_vpn")
    assert len({row["asn"] for row in calls}) == len({row["system"] for row in calls}) == 1
    assert max(Counter(row["payment_id"] for row in accounts if row["payment_id"]).values()) == 1
    assert {row["org_id"] for row in accounts} == {None}
    users = defaultdict(set)
    for row in calls:
        users[row["ip"]].add(row["account_id"])
    assert max(len(who) for who in users.values()) > 1
    prompts = Counter(row["prompt"] for row in calls)
    assert prompts.most_common(1)[0][1] <= 2


@pytest.mark.parametrize("kind", NEAR_MISSES)
def test_near_misses_are_innocent(worlds, kind):
    world = worlds("near-misses", accounts=600, days=7)
    assert not {row["exchange_id"] for row in calls_of(world, kind)} & set(world.harvest)
