"""The scorer on traffic that was hunted: members, fresh heads, innocent customers, and whatever a client may send."""

from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stillhunt
from live.conftest import SECRET
from stillhunt.live.courses import Courses
from stillhunt.live.log import DecisionLog, verify
from stillhunt.live.policy import Policy, Rule
from stillhunt.live.scorer import Scorer
from stillhunt.live.verdict import Action
from stillhunt.schema import EXCHANGE

ACTING = Policy(
    name="acting",
    appeal="appeals@provider.example",
    rules=(
        Rule(Action.watch, bits=1.0, expires=60),
        Rule(Action.slow, bits=2.0, expires=60, request=0.5),
        Rule(Action.block_request, bits=3.0, expires=3600, request=0.9, on_failure="closed"),
    ),
    simulated=False,
    permitted=True,
    harm_budget=1000.0,
)


@pytest.fixture
def scorer(hunted):
    return Scorer(hunted.watchlist, policy=ACTING, secret=SECRET)


def members(hunted) -> set[str]:
    return set(hunted.run.table(stillhunt.schema.MEMBERS)["account_id"].to_pylist())


def fresh(row, number=0):
    """The same request from an account, card and address that nobody has seen."""
    own = {"account_id": f"fresh-{number}", "payment_id": f"new-{number}", "ip": f"192.0.2.{number % 250}"}
    return {**row, **own, "email_domain": "gmail.com", "device_id": None, "conversation_id": None, "reasoning_in": None}


def grown(hunted, scorer, count=30):
    """The verdict on the last of several fresh heads."""
    return [scorer.score(fresh(row, n)) for n, row in enumerate(harvesting(hunted)[:count])][-1]


def harvesting(hunted):
    own = members(hunted)
    return [row for row in hunted.requests if row["exchange_id"] in hunted.harvests and row["account_id"] in own]


def loudest(hunted):
    """The harvesting request that shows most against an account that nobody has seen."""
    looking = Scorer(hunted.watchlist, policy=ACTING, secret=SECRET)
    return max(harvesting(hunted)[:60], key=lambda row: looking.score({**fresh(row), "account_id": None}).bits)


def test_a_members_harvesting_requests_are_blocked_and_its_others_are_not(hunted, scorer):
    own = members(hunted)
    met = defaultdict(list)
    for row in hunted.requests:
        if row["account_id"] in own:
            verdict = scorer.score(row)
            assert verdict.member
            met[row["exchange_id"] in hunted.harvests].append(verdict.action)
    assert met[True].count(Action.block_request) > 0.9 * len(met[True])
    assert met[False].count(Action.block_request) < 0.05 * len(met[False])


def test_a_fresh_head_is_known_by_its_first_request(hunted, scorer):
    actions = [scorer.score(fresh(row, n)).action for n, row in enumerate(harvesting(hunted)[:60])]
    assert sum(action > Action.watch for action in actions) > 50
    assert max(action for action in actions) is Action.block_request


def test_innocent_accounts_stay_under_what_bits_promise(hunted, scorer):
    own, most = members(hunted), defaultdict(float)
    for row in hunted.requests:
        if row["account_id"] not in own and row["exchange_id"] not in hunted.harvests:
            most[row["account_id"]] = max(most[row["account_id"]], scorer.score(row).bits)
    for bits in (1, 2, 3, 4):
        assert sum(value >= bits for value in most.values()) <= 2.0**-bits * len(most)


def test_fresh_heads_together_show_that_a_campaign_grows_again(hunted, scorer):
    verdicts = [scorer.score(fresh(row, n)) for n, row in enumerate(harvesting(hunted)[:40])]
    assert verdicts[-1].group_bits > 10
    assert any("Fresh accounts" in reason for reason in verdicts[-1].reasons)


def test_a_verdict_says_why_until_when_and_where_to_object(hunted, scorer):
    verdict = grown(hunted, scorer)
    assert verdict.campaign_id in {group["campaign_id"] for group in hunted.watchlist.groups}
    assert verdict.reasons
    assert verdict.appeal == "appeals@provider.example"
    assert verdict.expires == harvesting(hunted)[29]["ts"] + 3600 * 1_000_000
    assert (verdict.action, verdict.enforced, verdict.on_failure) == (Action.block_request,) * 2 + ("closed",)
    told = verdict.to_dict()
    assert (told["action"], told["simulated"]) == ("block_request", False)


def test_verdicts_hold_nothing_that_the_client_sent(hunted, scorer):
    for n, row in enumerate(harvesting(hunted)[:20]):
        told = str(scorer.score(fresh(row, n)).to_dict())
        assert row["prompt"][:30] not in told
        assert f"192.0.2.{n}" not in told
        assert f"new-{n}" not in told


def test_nothing_is_done_until_a_policy_is_permitted(hunted):
    scorer = Scorer(hunted.watchlist, policy=replace(ACTING, permitted=False), secret=SECRET)
    verdict = grown(hunted, scorer)
    assert (verdict.action, verdict.enforced) == (Action.block_request, Action.allow)


def test_a_policy_that_passes_its_budget_drops_to_simulated_and_says_so(hunted):
    tight = replace(ACTING, harm_budget=0.0)
    scorer = Scorer(hunted.watchlist, policy=tight, secret=SECRET)
    row = harvesting(hunted)[0]
    assert not scorer.score(fresh(row, 1)).simulated
    scorer.budget.found_innocent()
    scorer.budget.found_innocent()
    verdict = scorer.score(fresh(row, 2))
    assert verdict.simulated
    assert "harm budget" in verdict.reasons[-1]
    assert scorer.health()["budget_spent"]


def test_an_expired_list_is_not_acted_on(hunted):
    late = hunted.watchlist.header["expires"] + 1
    scorer = Scorer(hunted.watchlist, policy=ACTING, secret=SECRET, now=lambda: late)
    verdict = scorer.score(fresh(harvesting(hunted)[0]))
    assert verdict.simulated
    assert "expired" in verdict.reasons[-1]
    assert scorer.health()["trouble"]["expired"] == 1


SUSPENDING = replace(
    ACTING, rules=(Rule(Action.watch, bits=1.0, expires=86_400), Rule(Action.suspend_account, bits=1.0, expires=1800))
)
MINUTE = 60_000_000


def suspended(hunted, row, **options):
    """A scorer under which a fresh head was just suspended, and when that was."""
    scorer = Scorer(hunted.watchlist, policy=SUSPENDING, secret=SECRET, **options)
    verdict = scorer.score(fresh(row))
    assert verdict.enforced is Action.suspend_account
    return scorer, row["ts"]


def hello(account, ts):
    return {"account_id": account, "prompt": "hello", "ts": ts}


def test_a_suspension_ends_unless_there_is_new_evidence(hunted):
    row = loudest(hunted)
    scorer, begun = suspended(hunted, row)
    for minutes in (5, 15, 29):
        verdict = scorer.score(hello("fresh-0", begun + minutes * MINUTE))
        assert (verdict.action, verdict.expires) == (Action.suspend_account, begun + 30 * MINUTE)
    assert scorer.score(hello("fresh-0", begun + 30 * MINUTE)).action is not Action.suspend_account
    again = begun + 40 * MINUTE
    assert scorer.score({**fresh(row), "ts": again}).action is Action.suspend_account
    assert scorer.score(hello("fresh-0", again + 29 * MINUTE)).action is Action.suspend_account


def test_when_evidence_came_outlasts_a_restart(hunted, tmp_path):
    scorer, begun = suspended(hunted, loudest(hunted))
    scorer.courses.write(tmp_path / "c", SECRET)
    again = Scorer(hunted.watchlist, policy=SUSPENDING, secret=SECRET, courses=Courses.read(tmp_path / "c", SECRET))
    for minutes in (29, 31):
        later = hello("fresh-0", begun + minutes * MINUTE)
        assert again.score(later).action is scorer.score(later).action


def test_a_member_is_under_a_step_as_long_after_the_last_request_held_against_it(hunted):
    row = harvesting(hunted)[0]
    held = set(hunted.run.table(stillhunt.schema.HARVESTED)["exchange_id"].to_pylist())
    last = max(r["ts"] for r in hunted.requests if r["account_id"] == row["account_id"] and r["exchange_id"] in held)
    scorer = Scorer(hunted.watchlist, policy=SUSPENDING, secret=SECRET)
    assert scorer.score(hello(row["account_id"], last + 29 * MINUTE)).action is Action.suspend_account
    assert scorer.score(hello(row["account_id"], last + 31 * MINUTE)).action is Action.watch
    assert scorer.score({**row, "ts": last + 40 * MINUTE}).action is Action.suspend_account
    assert scorer.score(hello(row["account_id"], last + 69 * MINUTE)).action is Action.suspend_account


def test_requests_without_an_account_answer_only_for_themselves(hunted):
    row = loudest(hunted)
    scorer = Scorer(hunted.watchlist, policy=SUSPENDING, secret=SECRET)
    for account in (None, ""):
        nobodys = scorer.score({**fresh(row), "account_id": account})
        assert nobodys.bits >= 1.0
        assert nobodys.action is Action.watch  # whom should it suspend?
        harmless = scorer.score(hello(account, row["ts"]))
        assert (harmless.bits, harmless.campaign_id, harmless.action) == (0.0, None, Action.allow)
    assert len(scorer.courses) == 0
    assert scorer.score(fresh(row, 1)).group_bits == suspended(hunted, row)[0].score(fresh(row, 0)).group_bits


def test_a_request_without_an_account_meets_steps_on_requests(hunted, scorer):
    scorer = Scorer(hunted.watchlist, policy=ACTING, secret=SECRET)
    actions = [
        scorer.score({**fresh(row, n), "account_id": None}).action for n, row in enumerate(harvesting(hunted)[:60])
    ]
    assert max(actions) > Action.watch


def test_every_decision_but_allow_is_logged(hunted, tmp_path):
    log = DecisionLog(tmp_path / "log", SECRET)
    scorer = Scorer(hunted.watchlist, policy=ACTING, secret=SECRET, log=log)
    made = [scorer.score(row).action for row in hunted.requests[:2000]]
    log.close()
    assert verify(tmp_path / "log", SECRET).lines == sum(action > Action.allow for action in made) > 0


def test_from_the_root_of_the_library(hunted):
    verdict = stillhunt.Scorer.from_run(hunted.run).score({"account_id": min(members(hunted))})
    assert verdict.member
    assert verdict.simulated


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.binary(max_size=5),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=5)), max_size=3),
    st.dictionaries(st.one_of(st.text(max_size=8), st.integers()), st.one_of(st.none(), st.text(max_size=8))),
)  # fmt: skip
COLUMNS = st.sampled_from([*EXCHANGE.names, "payment_id", "email_domain", "created_at", "something else"])


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(COLUMNS, ODD, max_size=12))
def test_no_request_makes_it_fail(oddly, odd):
    assert oddly.score(odd).action is Action.allow


@pytest.fixture(scope="module")
def oddly(hunted):
    """A scorer for all of them."""
    return Scorer(hunted.watchlist, policy=ACTING, secret=SECRET)
