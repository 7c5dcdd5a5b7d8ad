"""The second generator: whole worlds from a corpus, and the parts that need none."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from foreign.clocks import DAY, human_starts, paced_times, throttled_times
from foreign.collectors import assign
from foreign.generate import SCENARIOS, generate
from foreign.ledger import Ledger

from stillhunt.evaluate.measure import evaluate
from stillhunt.pipeline import hunt

START = 20_500 * DAY


def test_people_sleep_and_scripts_do_not():
    rng = np.random.default_rng(1)
    people = np.concatenate([human_starts(rng, (START, 14), 20, zone=0, work=True) for _ in range(200)])
    script = np.concatenate([paced_times(rng, START, START + 14 * DAY, 20, 0.2) for _ in range(200)])
    human = throttled_times(rng, START, START + 14 * DAY, 2000, 0)

    def by_night(ts):
        return float(np.mean(ts % DAY < DAY // 4))

    assert by_night(people) < 0.1
    assert by_night(script) > 0.2
    assert by_night(human) < 0.1
    assert len(script) == pytest.approx(200 * 20 * 14, rel=0.1)


def test_workers_hold_disjoint_residues_of_a_list():
    seats = np.tile(np.arange(3), 4)
    served = assign(np.arange(12), seats, np.ones(100, int), "residue", 3)
    assert [sorted(served[seats == s].tolist()) for s in range(3)] == [[0, 3, 6, 9], [1, 4, 7, 10], [2, 5, 8, 11]]


def test_a_conversation_stays_on_its_key():
    served = assign(np.arange(6), np.array([0, 1, 0, 1, 0, 1]), np.full(9, 2), "robin", 2)
    assert served.tolist() == [0, 1, 0, 1, 2, 3]


def test_the_ledger_refuses_what_does_not_fit():
    ledger = Ledger()
    ledger.add(np.array([1, 2]), ["a", "b"], model="m", campaign=["c", None])
    assert (len(ledger), ledger.columns["model"]) == (2, ["m", "m"])
    with pytest.raises(KeyError):
        ledger.add(np.array([1]), ["a"], colour="red")
    with pytest.raises(ValueError, match="2 values for 1"):
        ledger.add(np.array([1]), ["a"], model=["m", "n"])


@pytest.mark.corpus
def test_a_world_is_the_same_for_a_seed_and_can_be_hunted(corpus, tmp_path):
    made = [generate(tmp_path / n, corpus, "slow", seed=5, accounts=150, days=2) for n in ("a", "b")]
    assert made[0] == made[1]
    assert made[0]["campaigns"] == 2
    logs = [pq.read_table(tmp_path / n / "logs") for n in ("a", "b")]
    assert logs[0].equals(logs[1])
    assert len(logs[0]) == made[0]["exchanges"]
    verdicts = [json.loads(line) for line in (tmp_path / "a/truth/accounts.jsonl").read_text().splitlines()]
    assert {v["account_id"] for v in verdicts} == set(logs[0]["account_id"].to_pylist())
    run = hunt([tmp_path / "a/logs"], accounts=tmp_path / "a/accounts.parquet", out=tmp_path / "run")
    assert run.info["counts"]["rejected"] == 0
    assert evaluate(run, tmp_path / "a/truth").requests.recall.of == made[0]["harvesting exchanges"]


@pytest.mark.corpus
@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if s != "slow"])
def test_every_scenario_makes_a_world(corpus, tmp_path, scenario):
    made = generate(tmp_path, corpus, scenario, seed=3, accounts=60, days=2)
    assert (made["campaigns"] == 0) == (scenario == "benign")
    if scenario == "bare":
        assert set(pq.read_schema(tmp_path / "accounts.parquet").names) == {"account_id", "created_at"}
        assert "status" not in pq.read_schema(next((tmp_path / "logs").iterdir())).names
