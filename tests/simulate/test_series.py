"""Scenarios that ask one question each: the logs show the number that the name says, and the truth agrees."""

from collections import Counter, defaultdict

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from stillhunt.simulate.series import RATES, SHARE_RATE, SHARES

ACCOUNTS, DAYS = 400, 5


def fraudulent(world):
    """The calls of fraudulent accounts."""
    known = pa.array([account for account, kind in world.kinds.items() if kind == "fraudulent"])
    return world.logs.filter(pc.is_in(world.logs["account_id"], known)).to_pylist()


def test_one_operator_serves_three_beneficiaries_through_the_same_accounts(worlds):
    world = worlds("station", accounts=ACCOUNTS, days=DAYS)
    assert {campaign["operator"] for campaign in world.campaigns} == {"station"}
    assert len({(campaign["capability"], campaign["style"]) for campaign in world.campaigns}) == 3
    calls = fraudulent(world)
    held = defaultdict(Counter)
    for row in calls:
        held[row["account_id"]][world.harvest.get(row["exchange_id"])] += 1
    names = {campaign["campaign"] for campaign in world.campaigns}
    assert sum({*names, None} == set(labels) for labels in held.values()) >= 0.5 * len(held)
    for campaign in world.campaigns:
        carriers = sum(campaign["campaign"] in labels for labels in held.values())
        assert carriers - campaign["accounts"] in {0, 1}  # a retry goes to the next account, campaign's or not
    innocent = sum(row["exchange_id"] not in world.harvest for row in calls)
    assert innocent / len(calls) == pytest.approx(0.6, abs=0.06)


@pytest.mark.parametrize("share", SHARES)
def test_the_asked_share_is_innocent(worlds, share):
    world = worlds(f"share-{round(100 * share):02d}", accounts=ACCOUNTS, days=DAYS)
    calls = fraudulent(world)
    innocent = [row for row in calls if row["exchange_id"] not in world.harvest]
    assert len(innocent) / len(calls) == pytest.approx(share, abs=0.03)
    assert len(world.harvest) / world.campaigns[0]["accounts"] / DAYS == pytest.approx(SHARE_RATE, rel=0.1)
    asked = {row["prompt"] for row in calls if row["exchange_id"] in world.harvest}
    assert not asked & {row["prompt"] for row in innocent}
    if share >= 0.25:  # customers are on all accounts, not on some
        assert len({row["account_id"] for row in innocent}) > 0.9 * world.campaigns[0]["accounts"]


@pytest.mark.parametrize("rate", RATES)
def test_a_campaign_keeps_its_disclosed_rate_and_shares_what_it_has(worlds, rate):
    world = worlds(f"rate-{rate:g}", accounts=ACCOUNTS, days=DAYS)
    calls = fraudulent(world)
    assert {row["exchange_id"] for row in calls} == set(world.harvest)
    accounts = {row["account_id"] for row in calls}
    assert len(calls) / len(accounts) / DAYS == pytest.approx(rate, rel=0.1)
    cards = {row["payment_id"] for row in world.accounts.to_pylist() if row["account_id"] in accounts}
    assert len(cards) == 1
    assert len({str(row["headers"]) for row in calls}) == 1
