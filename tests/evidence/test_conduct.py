"""How members of a group work: one machine spread over many accounts stands out, people and single machines do not."""

import numpy as np
import pyarrow as pa
import pytest

from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.evidence.conduct import list_items, measure_conduct, name_wholes

DAY, HOUR, MINUTE = 86_400_000_000, 3_600_000_000, 60_000_000
DAYS = 7


def machines(rng, accounts, rate=12.0):
    """Calls at random moments of day and night, about equally many from each account; nothing continues anything."""
    return [(a, np.sort(rng.uniform(0, DAYS * DAY, rng.poisson(rate * DAYS))), False) for a in range(accounts)]


def people(rng, accounts):
    """Sittings in waking hours, most calls of which continue a conversation; some people ask far more than others."""
    calls = []
    for a in range(accounts):
        sittings = np.maximum(1, rng.poisson(DAYS * rng.lognormal(0, 0.8)))
        starts = rng.integers(0, DAYS, sittings) * DAY + rng.normal(14, 3, sittings) * HOUR
        calls.append(
            (a, np.sort(np.concatenate([s + np.cumsum(rng.exponential(4 * MINUTE, 6)) for s in starts])), True)
        )
    return calls


@pytest.fixture
def engine():
    with DuckDBEngine(threads=1) as engine:
        yield engine


@pytest.fixture
def measured(engine):
    return lambda *groups, background=(): statistics(engine, groups, background)


def statistics(engine, groups, background, parts=False):
    """Measure groups that are all there is, and the rest of the traffic; as parts, with their harvest last."""
    rows, shown, account = [], [], 0
    for g, group in enumerate((*groups, background)):
        for _, moments, talks in group:
            for n, ts in enumerate(moments.astype(np.int64)):
                angle = 2 * np.pi * (ts % DAY) / DAY
                row = (
                    f"x{len(rows)}",
                    account,
                    int(ts),
                    len(rows),
                    0.9,
                    float(np.cos(angle)),
                    float(np.sin(angle)),
                )
                rows.append((*row, int(talks and n % 6 > 0)))
                if g < len(groups):
                    shown.append((g, account, *row[:1], *row[2:], rows[-1][-1]))
            account += 1
    names = ["exchange_id", "a", "ts", "prompt_key", "elicitation", "clock_x", "clock_y", "follows"]
    engine.register("calls", pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))))
    names[1:2] = []
    names = ["g", "a", *names]
    engine.register("group_features", pa.table(dict(zip(names, map(list, zip(*shown, strict=True)), strict=True))))
    numbers = list(range(len(groups)))
    cut = {"harvest": numbers, "whole": [True] * len(groups)}
    if parts:
        shown += [(len(groups), *row[1:]) for row in shown]
        numbers = [*numbers, len(groups)]
        cut = {"harvest": [0] * len(numbers), "whole": [g == len(groups) for g in numbers]}
        engine.register("group_features", pa.table(dict(zip(names, map(list, zip(*shown, strict=True)), strict=True))))
    engine.register("group_list", pa.table({"g": numbers, "layer": ["content"] * len(numbers)} | cut))
    list_items(engine)
    name_wholes(engine)
    measure_conduct(engine, 20)
    found = engine.fetch("SELECT * FROM group_machines ORDER BY g").to_pylist()
    return [row["clockwork"] for row in found], [row["machine_asked"] for row in found]


def paces(engine):
    """How many doublings each group last measured is beyond a busy person's pace."""
    return [row["pace"] for row in engine.fetch("SELECT pace FROM group_machines ORDER BY g").to_pylist()]


def test_one_machine_over_many_accounts_stands_out_and_people_do_not(measured):
    rng = np.random.default_rng(3)
    (network, company), _ = measured(machines(rng, 40), people(rng, 40), background=people(rng, 200))
    assert network > 4
    assert company < 0.5


def test_a_few_machines_are_no_network(measured):
    rng = np.random.default_rng(4)
    (pair, five, forty), _ = measured(
        machines(rng, 2), machines(rng, 5), machines(rng, 40), background=people(rng, 200)
    )
    assert pair == 0
    assert five < forty / 2


def test_machines_of_many_hands_share_nothing_evenly(measured):
    rng = np.random.default_rng(5)
    each_its_own = [machine for rate in rng.lognormal(2, 1.2, 40) for machine in machines(rng, 1, rate)]
    (network, crowd), _ = measured(machines(rng, 40), each_its_own, background=people(rng, 200))
    assert crowd < network / 2


def test_where_everybody_works_like_a_machine_nobody_stands_out(measured):
    rng = np.random.default_rng(6)
    (alike,), _ = measured(machines(rng, 40), background=machines(rng, 200))
    assert alike == 0


def test_a_network_with_most_of_the_traffic_is_not_what_is_usual(measured):
    rng = np.random.default_rng(12)
    (network,), (asked,) = measured(machines(rng, 80), background=people(rng, 20))
    assert network > 3
    assert asked == 0  # both ask the same


def test_parts_of_a_harvest_are_no_yardstick_for_each_other(engine):
    rng = np.random.default_rng(13)
    part, rest = machines(rng, 20), machines(rng, 60)
    (apart, _), _ = statistics(engine, [part, rest], people(rng, 20))
    (of_one, _, whole), _ = statistics(engine, [part, rest], people(rng, 20), parts=True)
    assert apart < 1  # sixty other machines are what is usual
    assert 2 < of_one < whole


def test_bystanders_neither_hide_a_network_nor_join_it(measured):
    rng = np.random.default_rng(7)
    (alone, among), _ = measured(machines(rng, 40), [*machines(rng, 40), *people(rng, 40)], background=people(rng, 300))
    assert among > 0.7 * alone
    assert among <= alone + 0.8


def test_two_machines_at_different_paces_are_each_as_even_as_alone(measured):
    rng = np.random.default_rng(10)
    slow, fast = machines(rng, 40, rate=25.0), machines(rng, 20, rate=250.0)
    (alone, both), _ = measured(slow, [*slow, *fast], background=people(rng, 400))
    assert both == pytest.approx(alone, abs=0.3)


def test_hours_in_which_nobody_calls_are_rest(measured):
    rng = np.random.default_rng(11)
    never = machines(rng, 40)
    job = [(a, moments[moments % DAY < 18 * HOUR], talks) for a, moments, talks in never]
    (network, eighteen_hours), _ = measured(never, job, background=people(rng, 400))
    assert eighteen_hours < 0.8 * network


def test_what_is_asked_counts_only_where_machines_ask(measured):
    rng = np.random.default_rng(8)
    _, (asked, talked) = measured(machines(rng, 40), people(rng, 40), background=people(rng, 200))
    assert asked == 0  # everybody asks the same here, so nothing exceeds the usual
    assert talked == 0


def test_hundreds_who_ask_once_in_a_while_are_no_machine(measured):
    rng = np.random.default_rng(9)
    sometimes, slow = machines(rng, 400, rate=1.2), machines(rng, 100, rate=5.6)
    (crowd, network), _ = measured(sometimes, slow, background=people(rng, 400))
    assert crowd < 0.5
    assert network > 4


def test_pace_counts_from_that_of_a_busy_person_and_a_bystander_does_not_hide_it():
    rng = np.random.default_rng(8)
    with DuckDBEngine(threads=1) as engine:
        fast = [*machines(rng, 5, rate=256.0), *people(rng, 1)]
        statistics(engine, [people(rng, 40), machines(rng, 8, rate=30.0), fast], people(rng, 50))
        usual, busy, beyond = paces(engine)
    assert usual == 0
    assert busy < 0.2
    assert beyond == pytest.approx(3.0, abs=0.1)
