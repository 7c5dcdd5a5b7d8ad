"""Policies: what the file may hold, what its mistakes are told like, and which rule is taken."""

import pytest

from stillhunt.errors import UsageError
from stillhunt.live.budget import Budget
from stillhunt.live.judgement import Judgement, Of
from stillhunt.live.policy import DEFAULT, Policy
from stillhunt.live.verdict import Action

HEAD = b'name = "n"\nappeal = "a"\n'
WATCH = b'[[rule]]\naction = "watch"\nbits = 2\nexpires = "30 days"\n'
BLOCK = b'[[rule]]\naction = "block_request"\nbits = 6\nrequest = 0.9\nexpires = "7 days"\n'
SUSPEND = b'[[rule]]\naction = "suspend_account"\nbits = 9\ngroup_bits = 5\nexpires = "12 hours"\n'

MISTAKES = {
    b"name = ": "This is no TOML (Invalid value (at end of document)).",
    b'nmae = "n"': "A policy has no 'nmae'. Did you mean 'name'? There are: name, appeal, rule, simulated,",
    b'name = "n"\nappeal = "a"': "A policy needs [[rule]]: it is missing.",
    b'name = "n"\n' + WATCH: "A policy needs 'appeal': it is missing.",
    b'version = "1"\n' + HEAD + WATCH: "A policy has no 'version'.",
    b"\xff\xfen\x00": "This is no TOML (it is not in UTF-8).",
    b"name = " + b"9" * 5000: "This is no TOML (a number in it is too long).",
    b"name = " + b"[" * 5000: "This is no TOML (it is nested too deeply).",
    HEAD + WATCH.replace(b"rule", b"rules"): "A policy has no 'rules': write [[rule]] above each.",
    HEAD + WATCH + SUSPEND.replace(b"rule", b"rules"): "A policy has no 'rules': write [[rule]] above each.",
    HEAD + WATCH.replace(b"2", b"nan"): "The value of 'bits' is nan: give a number.",
    HEAD + WATCH.replace(b"2", b"9" * 400): "The value of 'bits' is beyond 1,000,000,000: give a smaller number.",
    HEAD + b"harm_budget = inf\n" + WATCH: "The value of 'harm_budget' is beyond 1,000,000,000: give a smaller number.",
    HEAD + WATCH.replace(b"30 days", b"9" * 5000 + b" days"): "A rule's 'expires' is '999",
    HEAD + WATCH.replace(b"30 days", b"0 days"): "A rule's 'expires' is '0 days': write '30 minutes', '12 hours'",
    HEAD + b"rule = []": "The policy has no [[rule]], so it would do nothing: give it one.",
    HEAD + b'[rule]\naction = "watch"': "The rules must be tables: write [[rule]] above each.",
    HEAD + b"rule = [1]": "The rules must be tables: write [[rule]] above each.",
    HEAD + WATCH.replace(b"bits", b"bit"): "A rule has no 'bit'. Did you mean 'bits'?",
    HEAD + WATCH.replace(b'"watch"', b'"wach"'): "No action 'wach'. Did you mean 'watch'?",
    HEAD + WATCH.replace(b'"watch"', b'"allow"'): "No action 'allow'.",
    HEAD + WATCH.replace(b"2", b'"2"'): "The value of 'bits' is '2': give a number.",
    HEAD + WATCH.replace(b"2", b"true"): "The value of 'bits' is True: give a number.",
    HEAD + WATCH.replace(b"30 days", b"a month"): "A rule's 'expires' is 'a month': write '30 minutes', '12 hours'",
    HEAD + WATCH + WATCH: "The policy has two rules for 'watch': keep one.",
    HEAD + BLOCK.replace(b"0.9", b"1.9"): "A rule's 'request' is 1.9: give a probability from 0 to 1.",
    HEAD + BLOCK.replace(b"request = 0.9\n", b""): "The rule 'block_request' acts on single requests, so its 'request'",
    HEAD + WATCH + b'on_failure = "shut"': "A rule's 'on_failure' is 'shut': give 'open' or 'closed'.",
    HEAD + b"harm_budget = -1\n" + WATCH: "The policy's 'harm_budget' is -1.0: give 0 or more.",
    HEAD + b"simulated = 0\n" + WATCH: "The value of 'simulated' is 0: give true or false.",
}  # fmt: skip


@pytest.mark.parametrize("raw", MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_told_in_a_sentence(raw):
    with pytest.raises(UsageError) as told:
        Policy.parse(raw)
    assert str(told.value).startswith(MISTAKES[raw])


def test_a_mistake_in_a_file_names_the_file(tmp_path):
    (tmp_path / "p.toml").write_bytes(b"x = 1")
    with pytest.raises(UsageError, match=r"In the policy '.*p\.toml': A policy has no 'x'\."):
        Policy.load(tmp_path / "p.toml")
    with pytest.raises(UsageError, match="cannot be read"):
        Policy.load(tmp_path / "none.toml")


def test_the_mark_that_some_editors_put_first_is_passed_over():
    assert Policy.parse(b"\xef\xbb\xbf" + HEAD + WATCH).name == "n"


def test_the_strongest_rule_that_holds_is_taken():
    policy = Policy.parse(HEAD + SUSPEND + WATCH + BLOCK)

    def action(bits, **known):
        rule, _ = policy.decide([Judgement(bits, "c", **{"probability": 1.0, "last": 0} | known)], 0)
        return rule.action if rule else Action.allow

    assert action(1.9) is Action.allow
    assert action(2.0) is Action.watch
    assert action(6.0) is Action.block_request
    assert action(6.0, probability=0.8) is Action.watch
    assert action(9.0) is Action.block_request  # the group has not grown again
    assert action(9.0, group_bits=5.0) is Action.suspend_account
    assert action(9.0, member=True) is Action.suspend_account  # the hunt has tested a member's group


def test_a_rule_holds_as_long_as_it_says_after_the_last_evidence():
    policy = Policy.parse(HEAD + SUSPEND + WATCH)
    hours = 3600 * 1_000_000

    def action(hours_later, last=0):
        rule, _ = policy.decide([Judgement(9.0, "c", last=last, member=True)], hours_later * hours)
        return rule.action if rule else Action.allow

    assert action(11) is Action.suspend_account
    assert action(12) is Action.watch  # the milder rule says 30 days
    assert action(30 * 24) is Action.allow
    assert action(12, last=1) is Action.suspend_account
    assert action(0, last=None) is Action.allow  # nothing has ever spoken for a campaign


def test_old_evidence_for_one_campaign_hides_no_fresh_evidence_for_another():
    policy = Policy.parse(HEAD + SUSPEND + WATCH)
    old, fresh = Judgement(40.0, "old", last=0, member=True), Judgement(10.0, "fresh", last=86_400_000_000, member=True)
    rule, taken = policy.decide([old, fresh], 86_400_000_000)
    assert (rule.action, taken.campaign_id) == (Action.suspend_account, "fresh")


def test_no_step_on_an_account_rests_on_a_request_of_nobody_known():
    policy = Policy.parse(HEAD + SUSPEND + WATCH + BLOCK)
    rule, _ = policy.decide([Judgement(99.0, "c", 1.0, last=0, group_bits=99.0, of=Of.request)], 0)
    assert rule.action is Action.block_request


def test_a_policy_is_dry_unless_it_says_otherwise_and_somebody_permits_it():
    assert DEFAULT.dry
    assert Policy.parse(HEAD + WATCH).dry
    assert Policy.parse(HEAD + b"simulated = false\n" + WATCH).dry


def test_the_version_is_that_of_the_bytes():
    one, other = Policy.parse(HEAD + WATCH), Policy.parse(HEAD + WATCH + b"\n")
    assert one.version != other.version
    assert one.rules[0].expires == 30 * 86_400


def test_a_budget_is_spent_by_what_is_likely_innocent():
    budget = Budget(per_million=1000.0)
    for _ in range(10_000):
        budget.count(Action.block_request, 1.0)
        budget.count(Action.watch, 0.0)
    assert not budget.spent
    for _ in range(25):
        budget.count(Action.slow, 0.0)
    assert budget.spent
    assert budget.rate == pytest.approx(25 / 20_025 * 1e6, rel=0.1)


def test_an_appeal_that_is_granted_counts():
    budget = Budget(per_million=10.0, requests=1000)
    budget.found_innocent()
    assert not budget.spent  # one is always allowed: nothing can be said of millions yet
    budget.found_innocent()
    assert budget.spent


def test_an_appeal_adds_what_the_verdict_had_not_counted():
    budget = Budget(per_million=10.0)
    budget.count(Action.block_request, 0.8)
    budget.found_innocent(0.8)
    assert (budget.touched, budget.innocent) == (1, pytest.approx(1.0))
