"""What an indicator is worth, and what a name needs, on counts made up by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillhunt.attribution.indicators import HABIT, INDICATORS, SOFTWARE, STRONG
from stillhunt.attribution.matches import Matches
from stillhunt.attribution.verdict import NAMED, judge, rows
from stillhunt.attribution.weigh import best_of_families, surroundings, weigh

BY_NAME = {indicator.name: indicator for indicator in INDICATORS}
ONE, TWO, CUSTOMERS, PEOPLE = ("op", "c-1"), ("op", "c-2"), ("op", None), (None, None)
SENT = {ONE: 1_000, TWO: 1_000, CUSTOMERS: 3_000, PEOPLE: 50_000}


def weighed(name: str, shown: dict, sent: dict = SENT, known: dict | None = None):
    matches = Matches(total=sent, known={name: sent if known is None else known})
    return weigh(BY_NAME[name], shown, matches, surroundings("c-1", ["op"], sent))


def judged(**actors):
    """Judge campaign c-1; each actor is known by requests that show it, by field."""
    found = {
        actor: best_of_families(
            f for name, shown in fields.items() if (f := weighed(name, shown)) is not None
        )
        for actor, fields in actors.items()
    }  # fmt: skip
    return judge(found)


def test_a_card_of_the_whole_operator_says_little_of_one_campaign():
    everywhere = {ONE: 1_000, TWO: 1_000, CUSTOMERS: 3_000}
    shared = weighed("payment_ids", everywhere)
    assert shared.bits == pytest.approx(STRONG / 5)
    assert not shared.of_campaign
    own = weighed("payment_ids", {ONE: 1_000})
    assert own.bits == pytest.approx(STRONG)
    assert own.of_campaign


def test_the_card_of_an_operator_who_does_nothing_else_is_the_campaigns():
    sent = {ONE: 1_000, CUSTOMERS: 40, PEOPLE: 50_000}
    assert weighed("payment_ids", {ONE: 1_000, CUSTOMERS: 40}, sent).bits > 0.9 * STRONG


def test_a_text_keeps_its_worth_beside_missed_requests_and_a_second_harvest_of_the_same_actor():
    assert weighed("prompts", {ONE: 1_000, CUSTOMERS: 80}).bits > 0.9 * STRONG
    assert weighed("prompts", {ONE: 1_000, TWO: 1_000}).bits == pytest.approx(STRONG)
    injected_by_the_operator = weighed("prompts", {ONE: 1_000, TWO: 1_000, CUSTOMERS: 3_000})
    assert injected_by_the_operator.bits < 0.3 * STRONG


def test_what_everybody_shows_says_nothing():
    assert weighed("prompts", {ONE: 1_000, PEOPLE: 49_000}).bits < 0.1
    assert weighed("hours", {cell: n * 4 // 10 for cell, n in SENT.items()}).bits == 0
    # The people elsewhere sleep, but what else goes through the same accounts has these hours too.
    assert weighed("hours", {ONE: 900, TWO: 900, CUSTOMERS: 2_700, PEOPLE: 10_000}).bits < 0.2
    assert weighed("hours", {ONE: 1_000, CUSTOMERS: 1_000, PEOPLE: 10_000}).bits == pytest.approx(HABIT, abs=0.3)


def test_a_few_requests_that_show_it_speak_for_nobody():
    assert weighed("ips", {ONE: 20}).bits == 0
    assert weighed("prompts", {ONE: 20}).bits < 0


def test_absence_costs_a_bit_for_content_and_nothing_for_bought_infrastructure():
    assert weighed("prompts", {}).bits == pytest.approx(-1)
    assert [weighed(name, {}).bits for name in ("ips", "payment_ids", "tools", "hours")] == [0, 0, 0, 0]


def test_unknown_is_no_evidence():
    assert weighed("device_ids", {}, known={PEOPLE: 50_000}) is None
    # One request in a hundred tells the device: that it is the actor's cannot speak for the other ninety-nine.
    assert weighed("device_ids", {ONE: 10}, known={ONE: 10, PEOPLE: 50_000}).bits == 0


@given(st.sampled_from(INDICATORS), *(st.integers(0, n) for n in SENT.values()))
def test_no_indicator_says_more_than_it_may(indicator, one, two, customers, people):
    found = weighed(indicator.name, {ONE: one, TWO: two, CUSTOMERS: customers, PEOPLE: people})
    assert -1 <= found.bits <= indicator.most
    assert 0 <= found.own <= 1
    assert indicator.most in {STRONG, SOFTWARE, HABIT}


def test_a_name_needs_two_families():
    (first, *_) = judged(ash={"prompts": {ONE: 1_000}})
    assert first.confidence > NAMED
    assert not first.named
    assert judged(ash={"prompts": {ONE: 1_000}, "capabilities": {ONE: 1_000}})[0].families == 1
    assert judged(ash={"prompts": {ONE: 1_000}, "tools": {ONE: 1_000}})[0].named


def test_the_operators_infrastructure_is_one_fact_and_names_nobody():
    everywhere = {ONE: 1_000, TWO: 1_000, CUSTOMERS: 3_000}
    first, second = judged(transfer=dict.fromkeys(("payment_ids", "ips", "device_ids", "mail_domains"), everywhere))
    assert first.actor is None
    assert second.bits == pytest.approx(STRONG / 5)
    assert not second.named


def test_two_with_the_same_evidence_are_rivals_and_neither_is_named():
    evidence = {"prompts": {ONE: 1_000}, "tools": {ONE: 1_000}}
    verdict = judged(ash=evidence, birch=evidence)
    assert [j.actor for j in verdict] == ["ash", "birch", None]
    assert verdict[0].confidence == pytest.approx(verdict[1].confidence)
    assert not any(j.named for j in verdict)
    assert any("birch has" in said for said in rows("c-1", verdict)[0]["against"])


def test_a_longer_file_makes_a_name_harder():
    evidence = {"prompts": {ONE: 1_000}, "tools": {ONE: 1_000}}
    short, long = judged(ash=evidence), judged(ash=evidence, **{f"other{n}": {} for n in range(400)})
    assert short[0].confidence > long[0].confidence
    assert short[0].named
    assert not long[0].named
    assert sum(j.confidence for j in long) == pytest.approx(1)


def test_what_would_change_the_verdict_is_true():
    said = rows("c-1", judged(ash={"prompts": {ONE: 1_000}, "tools": {ONE: 1_000}}))[0]["would_change"]
    without = next(j for j in judged(ash={"tools": {ONE: 1_000}}) if j.actor)
    assert f"falls to about {100 * without.confidence:.0f} %" in said
    weak = next(row for row in rows("c-1", judged(ash={"tools": {ONE: 1_000}})) if row["actor"])
    assert "names somebody" in weak["would_change"]
    assert "a second family" in weak["would_change"]
