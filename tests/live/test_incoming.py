"""Whatever a request holds, it gets a verdict."""

import pytest
from gateway.place import SECRET, account, bits, watch_list

from stillhunt.live.incoming import AccountFacts, conformed
from stillhunt.live.log import DecisionLog, verify
from stillhunt.live.policy import Policy, Rule
from stillhunt.live.scorer import Scorer
from stillhunt.live.verdict import Action

HALF = "\ud800"
"""Half a surrogate pair, which no UTF-8 holds and Python's text can."""
MEMBER = account(Action.suspend_account)
WATCHING = Policy(name="watching", appeal="appeals@provider.example", rules=(Rule(Action.watch, bits=1.0, expires=60),))

ODD = [
    {"prompt": "x", "turns": -1},
    {"prompt": "x", "turns": -7, "images": -5, "n": -3, "max_tokens": -(2**62), "temperature": float("nan")},
    {"exchange_id": HALF},
    {"system": HALF, "opening": HALF, "prompt": f"Name a river.{HALF}", "response": HALF},
    {"tools": [HALF], "reasoning_in": [HALF], "reasoning_out": [HALF]},
    {"headers": {"x-app": HALF, HALF: "x"}, "user_agent": HALF},
    {"conversation_id": HALF, "api_key_id": HALF, "device_id": HALF, "ja4": HALF, "country": HALF},
    {"payment_id": HALF, "email_domain": f"{HALF}.com"},
    {"ip": f"fe80::1%{HALF}"},
    {"exchange_id": 10**5000, "payment_id": 10**5000, "turns": 10**5000},
    {"temperature": 10**400, "latency_ms": -(10**400)},
    {"ts": float("nan")},
    {"ts": float("inf")},
    {"ts": -5},
    {"ts": 2**63 - 1},
    {"ts": "2026-03-01T00:00:00"},
    {"ts": HALF},
]


@pytest.fixture(scope="module")
def watched():
    return watch_list({MEMBER: bits(Action.suspend_account)})


def test_a_moment_after_the_list_has_expired_fails_nothing_and_is_not_acted_on(watched):
    scorer = Scorer(watched, policy=WATCHING, secret=SECRET)
    assert scorer.score({"account_id": MEMBER, "ts": watched.header["expires"] + 1}).action is Action.allow
    assert scorer.decide({}, MEMBER, 2**63 - 1).action is Action.allow


NOON = 1_772_366_400_000_000
"""Of 1 March 2026."""


@pytest.mark.parametrize(
    "ts",
    [NOON // 10**6, NOON / 10**6, NOON // 1000, NOON, NOON * 1000, "2026-03-01T12:00:00Z", "2026-03-01T13:00+01:00"],
)
def test_a_time_is_read_in_every_notation_that_a_log_may_have(ts):
    """Taken for microseconds, seconds would lie in 1970, when no evidence is too old to act on."""
    assert conformed({"ts": ts}) == {"ts": NOON}
    for age, action in ((59, Action.watch), (61, Action.allow)):
        listed = watch_list({MEMBER: bits(Action.suspend_account)})
        listed.arrays["members_last"][:] = NOON - age * 10**6
        assert Scorer(listed, policy=WATCHING, secret=SECRET).score({"account_id": MEMBER, "ts": ts}).action is action


@pytest.mark.parametrize("ts", [0, 5, -5, 2**63 - 1, True, "2026-03-01T12:00:00", "noon", [NOON]])
def test_at_what_is_no_time_it_is_now(watched, ts, tmp_path):
    log = DecisionLog(tmp_path / "log", SECRET)
    Scorer(watched, policy=WATCHING, secret=SECRET, log=log, now=lambda: NOON).score({"account_id": MEMBER, "ts": ts})
    log.close()
    assert f'"ts": {NOON}' in (tmp_path / "log").read_text()


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_nothing_odd_fails_or_hides_a_member(watched, odd, tmp_path):
    log = DecisionLog(tmp_path / "log", SECRET)
    scorer = Scorer(watched, policy=WATCHING, secret=SECRET, log=log)
    assert scorer.score({"account_id": "somebody", **odd}).action is Action.allow
    assert scorer.score({"account_id": MEMBER, **odd}).action is Action.watch
    log.close()
    assert verify(tmp_path / "log", SECRET).lines == 1


@pytest.mark.parametrize("account_id", [HALF, 10**5000, -(10**5000)], ids=["half a pair", "huge", "below all"])
def test_an_account_with_an_odd_id_is_one_as_well(watched, account_id):
    assert Scorer(watched, policy=WATCHING, secret=SECRET).score({"account_id": account_id}).action is Action.allow


def test_half_a_pair_is_read_as_in_a_log():
    assert conformed({"account_id": f"a{HALF}"}) == {"account_id": "a\N{REPLACEMENT CHARACTER}"}
    facts = AccountFacts(SECRET)
    assert facts({"payment_id": HALF}) == facts({"payment_id": "\N{REPLACEMENT CHARACTER}"})


def test_numbers_that_are_ids_may_have_64_bits():
    assert conformed({"account_id": 2**64 - 1}) == {"account_id": str(2**64 - 1)}
    assert conformed({"account_id": 2**64}) == {"account_id": None}
