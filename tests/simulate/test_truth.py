"""The labels say what the logs hold."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from stillhunt.schema import ACCOUNT, EXCHANGE
from stillhunt.simulate.lookalikes import KINDS

CAMPAIGNS = ("mixed", "proof", "careful", "relay", "wave", "styles")


@pytest.mark.parametrize("scenario", CAMPAIGNS)
def test_every_harvesting_call_exists_and_its_account_is_fraudulent(worlds, scenario):
    world = worlds(scenario)
    owner = dict(zip(world.logs["exchange_id"].to_pylist(), world.logs["account_id"].to_pylist(), strict=True))
    assert world.harvest
    assert set(world.harvest) <= set(owner)
    assert {world.kinds[owner[call]] for call in world.harvest} == {"fraudulent"}
    assert set(world.harvest.values()) == {campaign["campaign"] for campaign in world.campaigns}


@pytest.mark.parametrize("scenario", ["mixed", "proof", "careful", "relay"])
def test_campaigns_keep_the_asked_rate(worlds, scenario):
    world = worlds(scenario)
    calls = Counter(world.harvest.values())
    end = max(world.logs["ts"].to_pylist())
    for campaign in world.campaigns:
        days = (end - campaign["start"]) / 86_400e6
        assert calls[campaign["campaign"]] / campaign["accounts"] / days == pytest.approx(campaign["rate"], rel=0.1)


def test_logs_and_accounts_follow_the_tables(worlds):
    world = worlds("mixed")
    assert world.logs.schema == EXCHANGE.arrow
    assert world.accounts.schema == ACCOUNT.arrow
    assert set(world.accounts["account_id"].to_pylist()) == set(world.kinds)
    assert set(world.logs["account_id"].to_pylist()) <= set(world.kinds)
    calls = world.logs["exchange_id"].to_pylist()
    assert len(set(calls)) == len(calls)
    ts = world.logs["ts"].to_numpy()
    assert (np.diff(ts) >= 0).all()


def test_an_account_is_of_the_organisation_that_the_accounts_file_names_or_only_itself(worlds):
    world = worlds("mixed")
    named = dict(zip(world.accounts["account_id"].to_pylist(), world.accounts["org_id"].to_pylist(), strict=True))
    singly = {account for account, kind in world.kinds.items() if kind in {"eval_fleet", "question_set_class"}}
    assert {named[account] for account in singly} == {None}
    assert None not in {world.orgs[account] for account in singly}
    for account, org in named.items():
        assert account in singly or org == world.orgs[account]
    assert None not in {org for account, org in world.orgs.items() if world.kinds[account] == "company"}
    assert {org for account, org in world.orgs.items() if world.kinds[account] in {"person", "fraudulent"}} == {None}


def test_benign_traffic_has_all_look_alikes_and_no_campaign(worlds):
    world = worlds("benign")
    assert not world.harvest
    assert not world.campaigns
    kinds = set(world.kinds.values())
    assert "fraudulent" not in kinds
    assert {"vpn_user" if kind == "vpn_users" else kind for kind in KINDS} <= kinds


def test_nobody_calls_before_registering_or_after_suspension(worlds):
    for scenario in ("mixed", "wave"):
        world = worlds(scenario)
        rows = {row["account_id"]: row for row in world.accounts.to_pylist()}
        for account, ts in zip(world.logs["account_id"].to_pylist(), world.logs["ts"].to_pylist(), strict=True):
            assert ts >= rows[account]["created_at"]
            assert ts < (rows[account]["suspended_at"] or ts + 1)


def test_banned_accounts_are_replaced_and_the_harvest_goes_on(worlds):
    world = worlds("wave")
    suspended = [row for row in world.accounts.to_pylist() if row["suspended_at"]]
    assert suspended
    ban = max(row["suspended_at"] for row in suspended)
    owner = zip(
        world.logs["exchange_id"].to_pylist(),
        world.logs["account_id"].to_pylist(),
        world.logs["ts"].to_pylist(),
        strict=True,
    )
    late = {account for call, account, ts in owner if call in world.harvest and ts > ban}
    young = {row["account_id"] for row in world.accounts.to_pylist() if row["created_at"] > ban - 86_400e6 / 4}
    assert late & young


def test_careful_accounts_share_no_card_address_device_or_header_block(worlds):
    world = worlds("careful")
    guilty = {account for account, kind in world.kinds.items() if kind == "fraudulent"}
    cards = [row["payment_id"] for row in world.accounts.to_pylist() if row["account_id"] in guilty]
    assert len(set(cards)) == len(cards)
    users = defaultdict(set)
    for row in world.logs.select(["account_id", "ip", "device_id"]).to_pylist():
        if row["account_id"] in guilty:
            users[row["ip"]].add(row["account_id"])
            assert row["device_id"] is None
    assert max(len(accounts) for accounts in users.values()) == 1


def test_two_campaigns_of_one_operator_and_innocent_calls_share_accounts(worlds):
    world = worlds("proof")
    held = defaultdict(set)
    for call, account in zip(world.logs["exchange_id"].to_pylist(), world.logs["account_id"].to_pylist(), strict=True):
        if world.kinds[account] == "fraudulent":
            held[account].add(world.harvest.get(call))
    assert any({"delta-reasoning", "delta-tools", None} <= labels for labels in held.values())
    innocent = sum(call not in world.harvest for call in world.logs["exchange_id"].to_pylist())
    assert innocent > 0


def test_a_retry_sends_the_same_words_on_another_account(worlds):
    world = worlds("mixed")
    rows = [row for row in world.logs.to_pylist() if row["exchange_id"] in world.harvest]
    by_words = defaultdict(list)
    for row in rows:
        by_words[row["system"], row["opening"], row["prompt"]].append(row)
    limited = [row for row in rows if row["status"] == 429]
    assert limited
    found = 0
    for row in limited:
        others = by_words[row["system"], row["opening"], row["prompt"]]
        found += any(
            0 < other["ts"] - row["ts"] < 30e6 and other["account_id"] != row["account_id"] for other in others
        )
    assert found > 0.9 * len(limited)
