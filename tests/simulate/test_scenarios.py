"""Scenarios: all of them run, scale, and come out the same for the same seed."""

import gzip
import hashlib
import json
from collections import Counter

import numpy as np
import pytest

from stillhunt.errors import UsageError
from stillhunt.simulate.clock import DAY, HOUR, START
from stillhunt.simulate.grammar import Grammar
from stillhunt.simulate.infrastructure import UTC_OFFSETS, Clients, Networks
from stillhunt.simulate.ladder import LADDER
from stillhunt.simulate.plan import World
from stillhunt.simulate.population import People
from stillhunt.simulate.scenarios import SCENARIOS, find
from stillhunt.simulate.series import SERIES
from stillhunt.simulate.simulator import MODELS, simulate


def digest(folder):
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def a_world(days: int = 14) -> World:
    released = (START - 9 * DAY, START - 8 * DAY, START - 7 * DAY, START + DAY)
    return World(3, days, Networks.invented(), Clients(), MODELS, released)


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_the_same_seed_gives_the_same_bytes(tmp_path, form):
    for name, seed in (("one", 4), ("two", 4), ("three", 5)):
        simulate(tmp_path / name, scenario="mixed", accounts=250, days=2, seed=seed, form=form)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    assert digest(tmp_path / "one") != digest(tmp_path / "three")


def test_another_actor_changes_nobody(worlds):
    alone = People("people", 50).play(a_world())
    again = People("people", 50).play(a_world())
    for column, values in alone.plan.columns.items():
        np.testing.assert_array_equal(values, again.plan.columns[column])
    few, more = worlds("benign", accounts=400, days=3), worlds("mixed", accounts=400, days=3)
    for kind in ("eval_suite", "company", "gateway"):
        said = [
            sorted(
                (ts, prompt)
                for account, ts, prompt in zip(
                    world.logs["account_id"].to_pylist(),
                    world.logs["ts"].to_pylist(),
                    world.logs["prompt"].to_pylist(),
                    strict=True,
                )
                if world.kinds[account] == kind
            )
            for world in (few, more)
        ]
        assert said[0] == said[1]


ELSEWHERE = {scenario.name for scenario in (*LADDER, *SERIES)}
"""Scenarios that have tests of their own."""


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name not in ELSEWHERE])
def test_every_scenario_runs_small(worlds, scenario):
    world = worlds(scenario, accounts=300, days=3)
    assert world.logs.num_rows > 200
    assert world.made.exchanges == world.logs.num_rows
    assert world.made.accounts == len(world.kinds) == 300
    assert "person" in world.kinds.values()


def test_an_unknown_scenario_is_named_with_its_neighbour():
    with pytest.raises(UsageError, match=r"No scenario 'mixd'\. Did you mean 'mixed'"):
        find("mixd")


def test_exchanges_are_met_and_days_scale(tmp_path):
    made = simulate(tmp_path / "a", scenario="mixed", accounts=400, days=4, seed=1, exchanges=30_000)
    assert made.exchanges == pytest.approx(30_000, rel=0.08)
    longer = simulate(tmp_path / "b", scenario="mixed", accounts=400, days=8, seed=1)
    shorter = simulate(tmp_path / "c", scenario="mixed", accounts=400, days=4, seed=1)
    assert longer.exchanges > 1.5 * shorter.exchanges


def test_numbers_that_cannot_be_met_are_refused(tmp_path):
    with pytest.raises(UsageError, match="ask for more exchanges"):
        simulate(tmp_path / "a", scenario="mixed", accounts=400, days=4, exchanges=100)
    with pytest.raises(UsageError, match="needs more than"):
        simulate(tmp_path / "b", scenario="mixed", accounts=5, days=4)
    simulate(tmp_path / "c", scenario="drift_monitor", accounts=60, days=1)
    with pytest.raises(UsageError, match="already holds"):
        simulate(tmp_path / "c", scenario="drift_monitor", accounts=60, days=1)


def test_json_lines_say_what_parquet_says(tmp_path, worlds):
    simulate(tmp_path / "lines", scenario="mixed", accounts=300, days=3, seed=5, form="jsonl")
    rows = []
    for file in sorted((tmp_path / "lines" / "logs").glob("*.jsonl.gz")):
        rows += [json.loads(line) for line in gzip.decompress(file.read_bytes()).decode().splitlines()]
    columns = worlds("mixed", accounts=300, days=3).logs.to_pylist()
    assert [row["exchange_id"] for row in rows] == [row["exchange_id"] for row in columns]
    for line, row in zip(rows[:200], columns[:200], strict=True):
        assert line == {
            name: dict(value) if name == "headers" else value for name, value in row.items() if value is not None
        }


def test_people_have_nights_and_flat_campaigns_have_none(worlds):
    play = People("people", 3000, vpn=0.0).play(a_world())
    offset = UTC_OFFSETS[play.cast.country][play.plan["account"]]
    local = ((play.plan["ts"] + (offset * HOUR).astype(np.int64)) % DAY) // HOUR
    hours = np.bincount(local, minlength=24)
    assert hours[1:5].sum() < 0.08 * hours.sum()
    weekday = (play.plan["ts"] - START) // DAY % 7
    assert np.bincount(weekday, minlength=7)[5:].sum() < 0.28 * len(play.plan)
    world = worlds("mixed", days=7)
    ts = [
        ts
        for call, ts in zip(world.logs["exchange_id"].to_pylist(), world.logs["ts"].to_pylist(), strict=True)
        if world.harvest.get(call) == "harbour-reasoning"
    ]
    flat = np.bincount((np.array(ts) % DAY) // HOUR, minlength=24)
    assert flat.min() > 0.7 * flat.mean()


def test_some_send_no_metadata_and_follow_ups_know_their_opening(worlds):
    rows = worlds("mixed").logs.to_pylist()
    people = [row for row in rows if worlds("mixed").kinds[row["account_id"]] == "person"]
    assert any(row["ip"] is None and row["ja4"] is None and row["headers"] is None for row in people)
    assert all((row["turns"] > 1) == (row["opening"] is not None) for row in rows)
    openings = {(row["account_id"], row["conversation_id"]): row["prompt"] for row in rows if row["turns"] == 1}
    later = [row for row in people if row["turns"] > 1]
    known = [openings.get((row["account_id"], row["conversation_id"])) for row in later]
    agree = [opening == row["opening"] for opening, row in zip(known, later, strict=True) if opening]
    assert len(agree) > 0.9 * len(later)
    assert all(agree)
    clients = Counter(row["user_agent"] for row in people)
    assert len(clients) > 30


def test_progress_counts_to_the_end(tmp_path):
    steps = []
    made = simulate(
        tmp_path / "out",
        scenario="viral_prompt",
        accounts=80,
        days=2,
        progress=lambda done, planned: steps.append((done, planned)),
    )
    assert steps[-1] == (made.exchanges, made.exchanges)


def test_the_grammar_needs_no_list_of_authors():
    items, authors = np.arange(6, dtype=np.uint64), np.arange(6, dtype=np.uint64) % 2
    told, other = Grammar(), Grammar()
    told.enlist("person", authors)
    assert told.texts("person", items, authors) == other.texts("person", items, authors)
