"""Replays of a policy over a run's traffic, the permit that comes of them, and the commands."""

import json
import subprocess
import sys
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from live.conftest import SECRET
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.errors import InputError, UsageError
from stillhunt.live.permit import enable, load_policy, permit_path
from stillhunt.live.policy import Policy
from stillhunt.live.replay import OF_ACCOUNT, replay, traffic
from stillhunt.live.scorer import Scorer
from stillhunt.live.verdict import Action
from stillhunt.schema import ACCOUNT_KEYS, HARVESTED

POLICY = """
name = "careful"
appeal = "appeals@provider.example"
simulated = false
harm_budget = {budget}

[[rule]]
action = "block_request"
bits = 3
request = 0.9
expires = "7 days"
"""
HARSH = """
name = "harsh"
appeal = "nobody"
simulated = false
harm_budget = 50

[[rule]]
action = "suspend_account"
bits = -8
expires = "30 days"
"""


@pytest.fixture(scope="module")
def replayed(hunted):
    policy = Policy.parse(POLICY.format(budget=2000).encode())
    return replay(hunted.run, policy, SECRET, truth=hunted.world.truth)


def test_what_would_be_blocked_is_what_harvests(hunted, replayed):
    met = replayed.actions[Action.block_request]
    assert met.requests > 0.6 * len(hunted.harvests)  # the smaller campaign is not found in four days
    assert met.truly_innocent <= 0.001 * met.requests
    assert replayed.requests == len(hunted.requests)
    assert replayed.within_budget


def test_the_estimate_needs_no_truth_and_does_not_flatter(hunted, replayed):
    policy = Policy.parse(POLICY.format(budget=2000).encode())
    guessed = replay(hunted.run, policy, SECRET)
    assert not guessed.exact
    assert guessed.actions[Action.block_request].requests == replayed.actions[Action.block_request].requests
    assert guessed.innocent >= replayed.innocent


def test_traffic_comes_in_order_and_whole_with_what_is_known_and_a_batch_at_a_time(hunted, monkeypatch):
    """All at once, the requests of a large run would not fit into memory."""
    held, fetch, batches = [], DuckDBEngine.fetch, pq.ParquetFile.iter_batches

    def fetched(engine, sql):
        rows = fetch(engine, sql)
        held.append(rows.num_rows)
        return rows

    def read(file, *given, **more):
        for batch in batches(file, *given, **more):
            held.append(batch.num_rows)
            yield batch

    monkeypatch.setattr("stillhunt.live.replay.BATCH", 1_000)
    monkeypatch.setattr(DuckDBEngine, "fetch", fetched)
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", read)
    rows = list(traffic(hunted.run))
    assert 0 < max(held) <= 1_000 < len(rows)
    sure = {row["exchange_id"]: row["posterior"] for row in hunted.run.table(HARVESTED).to_pylist()}
    keys = {row["account_id"]: row for row in hunted.run.table(ACCOUNT_KEYS).to_pylist()}
    read_once = {row["exchange_id"]: row for file in hunted.run.features for row in pq.read_table(file).to_pylist()}
    in_order = sorted(read_once.values(), key=lambda row: (row["ts"], row["exchange_id"]))
    for row, given in zip(rows, in_order, strict=True):
        of = keys[row["account_id"]]
        known = given | {name: of[name] for name in OF_ACCOUNT}
        known |= {"org_id": of["org_id"] or given["org_id"], "posterior": sure.get(row["exchange_id"], 0.0)}
        assert row == {name: known[name] for name in row}
    assert {"bands", "posterior", "org_id", *OF_ACCOUNT} <= set(rows[0])


SUSPENDS = POLICY.replace("block_request", "suspend_account").replace("request = 0.9\n", "")


@pytest.mark.parametrize("text", [POLICY, SUSPENDS], ids=["block", "suspend"])
def test_a_replay_counts_what_the_same_traffic_counts_live(hunted, text):
    """What permits a policy is what it is held to: live it acts to the end of the same traffic, or it was refused."""
    counted = replay(hunted.run, Policy.parse(text.format(budget=1e6).encode()), SECRET).per_million
    assert counted > 0
    for budget, enough in ((counted * 1_000, True), (counted / 100, False)):
        policy = Policy.parse(text.format(budget=budget).encode())
        replayed = replay(hunted.run, policy, SECRET)
        assert (replayed.within_budget, replayed.per_million) == (enough, pytest.approx(counted))
        live = Scorer(hunted.watchlist, policy=replace(policy, permitted=True), secret=SECRET)
        for row in traffic(hunted.run):
            live.decide(row, row["account_id"], row["ts"])
        assert live.budget.spent is (replayed.spent_after is not None)
        assert not (enough and live.budget.spent)
        assert not enough or live.budget.rate == pytest.approx(counted)


def test_a_policy_within_its_budget_may_act_until_its_file_changes(tmp_path, replayed):
    path = tmp_path / "policy.toml"
    path.write_text(POLICY.format(budget=2000), encoding="utf-8")
    assert load_policy(path, SECRET).dry
    enable(path, replayed, SECRET)
    assert not load_policy(path, SECRET).dry
    assert load_policy(path, b"another secret altogether").dry
    path.write_text(POLICY.format(budget=2001), encoding="utf-8")
    assert load_policy(path, SECRET).dry
    with pytest.raises(InputError, match="is another than was replayed"):
        enable(path, replayed, SECRET)


def test_a_forged_permit_permits_nothing(tmp_path, replayed):
    path = tmp_path / "policy.toml"
    path.write_text(POLICY.format(budget=2000), encoding="utf-8")
    enable(path, replayed, SECRET)
    permit = permit_path(path)
    permit.write_text(permit.read_text().replace('"policy"', '"police"'))
    assert load_policy(path, SECRET).dry
    permit.write_text("[]")
    assert load_policy(path, SECRET).dry


def test_a_policy_over_its_budget_is_not_enabled(hunted, tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(HARSH, encoding="utf-8")
    result = replay(hunted.run, Policy.load(path), SECRET)
    assert not result.within_budget
    with pytest.raises(InputError, match="stays simulated"):
        enable(path, result, SECRET)
    assert load_policy(path, SECRET).dry


def test_a_folder_without_the_truth_is_no_truth(hunted, tmp_path):
    with pytest.raises(UsageError, match="No truth at"):
        replay(hunted.run, Policy.parse(HARSH.encode()), SECRET, truth=tmp_path)


def command(*words) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "stillhunt", *map(str, words)], capture_output=True, text=True, check=False
    )


def test_the_commands(hunted, tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(POLICY.format(budget=2000), encoding="utf-8")
    made = command("watchlist", hunted.run.path, "--out", tmp_path / "watch.list", "--json")
    assert json.loads(made.stdout)["campaigns"] == len(hunted.watchlist.groups)
    shown = command("policy", "replay", hunted.run.path, "--policy", path, "--truth", hunted.world.truth, "--json")
    assert json.loads(shown.stdout)["within_budget"]
    enabled = command("policy", "enable", hunted.run.path, "--policy", path)
    assert (enabled.returncode, permit_path(path).exists()) == (0, True)
    path.write_text(HARSH, encoding="utf-8")
    refused = command("policy", "enable", hunted.run.path, "--policy", path)
    assert refused.returncode == 1
    assert "harm budget" in " ".join(refused.stderr.split())
    assert command("decisions", "verify", tmp_path / "none").returncode == 2
