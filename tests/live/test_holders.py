"""Organisations and operators that are a campaign's, and those that are not: who else is hit with a member."""

from dataclasses import replace

import pytest

from live.conftest import SECRET
from stillhunt.live.compile import compile_watchlist
from stillhunt.live.policy import Policy, Rule
from stillhunt.live.scorer import Scorer
from stillhunt.live.verdict import Action
from stillhunt.live.watchlist import WatchList
from stillhunt.runs import Run, write_table
from stillhunt.schema import ACCOUNT_KEYS, MEMBERS, OPERATORS, PROFILE

LONG = 36_500 * 86_400
POLICY = Policy(
    name="organisations",
    appeal="appeals@provider.example",
    rules=(
        Rule(Action.suspend_account, bits=1000.0, expires=LONG),
        Rule(Action.act_on_organisation, bits=4.0, expires=LONG),
    ),
    simulated=False,
    permitted=True,
    harm_budget=1e6,
)


@pytest.fixture(scope="module")
def listed(hunted, tmp_path_factory) -> tuple[WatchList, dict[str, str]]:
    """A list made of the same run with other organisations, and one account of each that is no member."""
    folder = tmp_path_factory.mktemp("held")
    members = hunted.run.table(MEMBERS).to_pylist()
    harvesters = [m["account_id"] for m in members if m["harvest_share"] >= 0.5]
    insiders = {m["account_id"] for m in members} | set(hunted.run.table(OPERATORS)["account_id"].to_pylist())
    keys = {row["account_id"]: {**row, "org_id": None, "verified": False} for row in rows(hunted.run, ACCOUNT_KEYS)}
    innocents = (account for account in keys if account not in insiders)
    others = {}
    for organisation, theirs, strangers in (("bad", 3, 2), ("shared", 3, 3), ("single", 1, 0), ("verified", 3, 1)):
        own = [harvesters.pop() for _ in range(theirs)] + [next(innocents) for _ in range(strangers)]
        for account in own:
            keys[account]["org_id"] = organisation
        keys[own[-1]]["verified"] = organisation == "verified"
        others[organisation] = own[-1]
    profile = [{**row, "org_id": keys[row["account_id"]]["org_id"]} for row in rows(hunted.run, PROFILE)]
    operator = [{"operator_id": "network", "account_id": a, "bits": 9.0} for a in (harvesters.pop(), harvesters.pop())]
    others["operator"] = next(innocents)
    operator.append({"operator_id": "network", "account_id": others["operator"], "bits": 9.0})
    (folder / "features").symlink_to(hunted.run.path / "features")
    changed = {ACCOUNT_KEYS: list(keys.values()), PROFILE: profile, OPERATORS: operator}
    names = {f"{table.name}.parquet" for table in changed}
    for file in hunted.run.path.glob("*.parquet"):
        if file.name not in names:
            (folder / file.name).symlink_to(file)
    for table, given in changed.items():
        write_table(folder, table, table.arrow.empty_table().from_pylist(given, table.arrow))
    return compile_watchlist(Run(folder, hunted.run.info), SECRET), others


def rows(run, table):
    return run.table(table).to_pylist()


def hello(account, organisation=None):
    return {"account_id": account, "org_id": organisation, "prompt": "hello"}


def test_every_account_of_an_organisation_that_is_the_campaigns_is_refused(listed):
    watchlist, others = listed
    scorer = Scorer(watchlist, policy=POLICY, secret=SECRET)
    for account in (others["bad"], "one that is new"):
        verdict = scorer.score(hello(account, "bad"))
        assert (verdict.enforced, verdict.member) == (Action.act_on_organisation, False)
        assert "holds this one" in verdict.reasons[0]
        assert verdict.account_probability == pytest.approx(3 / 6)
    assert scorer.budget.innocent == pytest.approx(2 * 0.5)
    assert scorer.score(hello("one that is new")).action is Action.allow


@pytest.mark.parametrize("organisation", ["shared", "single", "verified"])
def test_innocent_customers_of_a_shared_organisation_are_not_hit(listed, organisation):
    watchlist, _ = listed
    scorer = Scorer(watchlist, policy=POLICY, secret=SECRET)
    assert scorer.score(hello("one that is new", organisation)).action is Action.allow


def test_an_account_that_only_its_operator_ties_to_a_campaign_is_refused_with_it(listed):
    watchlist, others = listed
    scorer = Scorer(watchlist, policy=POLICY, secret=SECRET)
    assert scorer.score(hello(others["operator"])).action is Action.act_on_organisation
    suspending = replace(POLICY, rules=(Rule(Action.suspend_account, bits=1.0, expires=LONG),))
    assert Scorer(watchlist, policy=suspending, secret=SECRET).score(hello(others["operator"])).action is Action.allow


def test_an_organisation_is_under_it_as_long_after_the_last_request_held_against_it(listed):
    watchlist, _ = listed
    brief = replace(POLICY, rules=(Rule(Action.act_on_organisation, bits=4.0, expires=60),))
    scorer = Scorer(watchlist, policy=brief, secret=SECRET)
    last = int(watchlist.arrays["held_last"].max())
    assert scorer.score({**hello("one that is new", "bad"), "ts": last + 61_000_000}).action is Action.allow
