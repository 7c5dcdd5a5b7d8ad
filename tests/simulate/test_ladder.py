"""The evasion ladder, measured from the written logs: each step gives up what it says, and keeps what came before."""

from collections import Counter, defaultdict
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from stillhunt.simulate.clock import DAY, HOUR
from stillhunt.simulate.ladder import STEPS, cost, rung

ACCOUNTS, DAYS = 400, 6
LEVEL = {
    name: number
    for number, step in enumerate(STEPS)
    for name in (*step.operator, *(f"{key}={value}" for key, value in step.campaign.items()))
}
"""The step that changes a field; a campaign's steps are told apart by value."""


def level(name: str) -> int:
    return LEVEL[name]


@pytest.fixture(scope="module")
def rungs(worlds):
    """The fraudulent accounts and their calls at a step."""

    @cache
    def get(number: int):
        world = worlds(f"ladder-{number}", accounts=ACCOUNTS, days=DAYS)
        accounts = [row for row in world.accounts.to_pylist() if world.kinds[row["account_id"]] == "fraudulent"]
        known = pa.array([row["account_id"] for row in accounts])
        calls = world.logs.filter(pc.is_in(world.logs["account_id"], known)).to_pylist()
        harvest = [row for row in calls if row["exchange_id"] in world.harvest]
        return accounts, calls, harvest

    return get


def distinct(rows, field):
    return len({str(row[field]) for row in rows})


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_cost_is_what_the_logs_show(rungs, number):
    accounts, calls, harvest = rungs(number)
    said = cost(*rung(number, ACCOUNTS))
    assert len(accounts) == said.accounts
    assert distinct(accounts, "payment_id") == said.cards
    assert distinct(harvest, "ip") == said.addresses
    first, last = min(row["created_at"] for row in accounts), max(row["created_at"] for row in accounts)
    assert (last - first) / DAY <= said.signup_days
    retried = sum(row["status"] == 429 for row in harvest)
    asked = (len(harvest) - retried) / said.accounts / DAYS
    assert asked == pytest.approx(said.harvest, rel=0.12)
    if number != level("paraphrase=request"):  # there a repeated item comes in other words
        assert distinct(harvest, "prompt") / said.accounts / DAYS == pytest.approx(said.fresh, rel=0.12)
    assert (len(calls) - len(harvest)) / said.accounts / DAYS == pytest.approx(said.cover, rel=0.15)


def test_infrastructure_is_given_up_for_good(rungs):
    cards, addresses = level("card_reuse"), level("address_reuse")
    clients, devices, signups = level("header_reuse"), level("device_reuse"), level("signup_spread_days")
    for number in (0, cards, addresses, clients, devices, signups, len(STEPS) - 1):
        accounts, _, harvest = rungs(number)
        users = defaultdict(set)
        for row in harvest:
            users[row["ip"]].add(row["account_id"])
        assert (distinct(accounts, "payment_id") == len(accounts)) == (number >= cards)
        assert (max(len(who) for who in users.values()) == 1) == (number >= addresses)
        assert (distinct(harvest, "headers") > 3) == (number >= clients)
        assert all(row["device_id"] is None for row in harvest) == (number >= devices)
        private = Counter(row["email_domain"] for row in accounts if row["email_domain"].endswith(".example"))
        assert (max(private.values(), default=0) <= 1) == (number >= devices)
        created = np.array([row["created_at"] for row in accounts])
        assert (np.ptp(created) > 100 * DAY) == (number >= signups)


def test_behaviour_becomes_like_people(rungs):
    rotation, clock = level("rotation"), level("clock=sessions")
    for number in (rotation - 1, rotation, clock):
        _, _, harvest = rungs(number)
        ts = sorted((row["ts"], row["account_id"]) for row in harvest if row["status"] == 200)
        order = [account for _, account in ts]
        size = len(set(order))
        gaps = np.diff([n for n, account in enumerate(order) if account == order[0]])
        cyclic = np.mean(gaps == size)
        assert (cyclic > 0.4) == (number < rotation)
        assert any(row["status"] == 429 for row in harvest) == (number < rotation)
        hours = defaultdict(list)
        for moment, account in ts:
            hours[account].append(moment % DAY // HOUR)
        covered = np.mean([len(set(of_account)) for of_account in hours.values()])
        assert (covered > 20) == (number < clock)
        weekend = np.mean([moment // DAY % 7 in (2, 3) for moment, _ in ts])  # the epoch was a Thursday
        assert weekend == pytest.approx(1 / 6 if number < clock else 0.03, abs=0.03)


def test_the_template_is_varied_and_then_dropped(rungs):
    by_account, by_request = level("paraphrase=account"), level("paraphrase=request")
    bare = level("paraphrase=bare")
    heads = {}
    for number in (by_account - 1, by_account, by_request, bare):
        _, _, harvest = rungs(number)
        starts = defaultdict(set)
        for row in harvest:
            starts[row["account_id"]].add(row["prompt"][:30])
        all_starts = set().union(*starts.values())
        heads[number] = (len(all_starts), max(len(own) for own in starts.values()))
        assert all(row["response"].startswith("<inner>") for row in harvest if row["response"]) == (number < bare)
    assert heads[by_account - 1] == (1, 1)
    assert heads[by_account] == (3, 1)
    assert heads[by_request] == (3, 3)
    assert heads[bare][0] > 20


def test_a_shuffled_list_repeats_its_own_items_and_no_other_accounts(rungs):
    number = level("work_list=shuffled")
    for at, expected in ((number - 1, 0.0), (number, 0.15)):
        _, _, harvest = rungs(at)
        asked = Counter(row["prompt"] for row in harvest)
        owners = defaultdict(set)
        for row in harvest:
            owners[row["prompt"]].add(row["account_id"])
        assert 1 - len(asked) / len(harvest) == pytest.approx(expected, abs=0.03)
        assert max(len(who) for who in owners.values()) == 1


def test_costs_rise_where_evasion_is_paid_for():
    costs = [cost(*rung(number, 3000)) for number in range(len(STEPS))]
    assert costs[0].accounts == 120
    needed = [round(step.things_needed, 6) for step in costs]
    assert needed == sorted(needed)
    assert needed[-1] > 10 * needed[0]
