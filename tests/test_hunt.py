"""The whole hunt, on labelled traffic small enough for a test: what is found, and what may change nothing."""

import gzip
import json
import random
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillhunt.config import Settings
from stillhunt.errors import InputError, UsageError
from stillhunt.evaluate.measure import evaluate
from stillhunt.pipeline import hunt
from stillhunt.runs import RESULTS, Run
from stillhunt.schema import FEATURES
from stillhunt.schema_actors import ATTRIBUTION
from stillhunt.simulate.simulator import simulate

ACCOUNTS = 600


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    out = tmp_path_factory.mktemp("world") / "mixed"
    return simulate(out, accounts=ACCOUNTS, days=4, seed=11, scenario="mixed", form="jsonl")


@pytest.fixture(scope="module")
def run(world, tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "run"
    return hunt([world.logs], accounts=world.accounts_file, releases=world.releases_file, out=out)


def lines_of(world):
    return [
        line for file in sorted(world.logs.iterdir()) for line in gzip.decompress(file.read_bytes()).splitlines(True)
    ]


def test_the_larger_campaign_is_found_and_no_innocent_account_is_named(world, run):
    """The other has 24 accounts and four days: less than can be told from what the innocent do."""
    result = evaluate(run, world.truth)
    found = {c.campaign: c for c in result.by_campaign}
    assert found["harbour-reasoning"].found
    assert found["harbour-reasoning"].account_recall.share >= 0.95
    assert result.false_alarms.accounts.hits == 0


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What `make demo` hunts, and how well that went."""
    out = tmp_path_factory.mktemp("demo")
    world = simulate(out / "mixed", seed=1, scenario="mixed")
    files = {"accounts": world.accounts_file, "releases": world.releases_file}
    return evaluate(hunt([world.logs], out=out / "run", **files), world.truth)


def test_the_demo_finds_the_larger_campaign_and_names_no_innocent_account(demo):
    assert [c.found for c in demo.by_campaign if c.campaign == "harbour-reasoning"] == [True]
    assert demo.false_alarms.accounts.hits == 0


def test_both_campaigns_of_the_demo_are_found(demo):
    assert [c.found for c in demo.by_campaign] == [True, True]


def test_benign_traffic_has_no_campaign(tmp_path):
    world = simulate(tmp_path / "benign", accounts=ACCOUNTS, days=4, seed=12, scenario="benign")
    run = hunt([world.logs], accounts=world.accounts_file, out=tmp_path / "run")
    assert len(run.campaigns) == 0
    assert run.info["counts"]["groups_tested"] > 0


def test_an_id_that_comes_again_with_another_text_is_told(tmp_path):
    call = {"ts": 1_772_442_900_000_000, "account_id": "acct-1", "model": "m", "prompt": "How high is the tower?"}
    calls = [call | {"exchange_id": f"x{n}"} for n in range(3)]
    calls += [calls[0], calls[1] | {"prompt": "How high is the bridge?"}]
    log = tmp_path / "calls.jsonl"
    log.write_text("".join(json.dumps(c) + "\n" for c in calls), encoding="utf-8")
    counts = hunt([log], out=tmp_path / "run").info["counts"]
    assert (counts["exchanges"], counts["duplicates"], counts["conflicts"]) == (3, 2, 1)


def test_every_group_says_why(run):
    groups = run.table(RESULTS[5]).to_pylist()
    assert {g["called"] for g in groups} == {True, False}
    assert all(len(g["why"]) > 30 for g in groups)


def test_without_an_actor_file_nobody_is_named(run):
    assert run.campaigns["beneficiary"].null_count == len(run.campaigns) > 0
    assert run.table(ATTRIBUTION).num_rows == 0
    assert run.info["actors"] is None
    assert "not known: no actor file was given" in (run.path / "report.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("way", ["twice", "shuffled", "one file", "standard input"])
def test_delivery_changes_neither_campaigns_nor_evidence(world, run, way, tmp_path):
    lines = lines_of(world)
    random.Random(3).shuffle(lines)  # noqa: S311  a test's order is no secret
    if way == "twice":
        lines += random.Random(4).sample(lines, len(lines) // 3)  # noqa: S311
    logs = tmp_path / "logs"
    logs.mkdir()
    parts = 1 if way in {"one file", "standard input"} else 5
    for i in range(parts):
        (logs / f"{i}.jsonl").write_bytes(b"".join(lines[i::parts]))
    side = ["--accounts", str(world.accounts_file), "--releases", str(world.releases_file)]
    source = "-" if way == "standard input" else str(logs)
    again = tmp_path / "again"
    with (logs / "0.jsonl").open("rb") as stdin:
        command = [sys.executable, "-m", "stillhunt.cli", "hunt", source, *side, "--out", str(again), "--json"]
        done = subprocess.run(command, stdin=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["totals"]["campaigns"] == len(run.campaigns)
    for table in RESULTS:
        assert Run.open(again).table(table).to_pylist() == run.table(table).to_pylist(), table.name


def test_a_run_holds_no_text_and_no_personal_data(world, run):
    secrets = set()
    for line in lines_of(world)[:500]:
        record = json.loads(line)
        secrets |= {record.get(name) for name in ("ip", "device_id", "prompt", "system", "response")}
    secrets = [s.encode() for s in secrets if s and len(s) > 6]
    for file in run.path.rglob("*"):
        if file.suffix == ".parquet":
            table = pq.read_table(file)
            values = (table[name].to_pylist() for name in table.column_names if name != "semantic")
            held = b"\n".join(str(v).encode() for column in values for v in column)
        else:
            held = file.read_bytes() if file.is_file() else b""
        assert not any(s in held for s in secrets), file.name


def test_features_are_those_of_the_schema(run):
    assert pa.unify_schemas([pq.read_schema(f) for f in run.features]).names == list(FEATURES.names)


def test_a_finished_run_is_never_written_over(world, run):
    with pytest.raises(UsageError, match="holds a finished run"):
        hunt([world.logs], out=run.path)


def test_too_much_rejected_is_written_and_then_said(tmp_path):
    good = '{"exchange_id": "x%d", "ts": 1767225600000000, "account_id": "a"}\n'
    (tmp_path / "log.jsonl").write_text("".join(good % i for i in range(8)) + "not json\n" * 2)
    with pytest.raises(InputError, match="2 of 10 input lines were rejected, more than the 5% allowed"):
        hunt([tmp_path / "log.jsonl"], out=tmp_path / "run")
    assert Run.open(tmp_path / "run").info["counts"] == pytest.approx(
        Run.open(tmp_path / "run").info["counts"] | {"accepted": 8, "rejected": 2}
    )
    run = hunt([tmp_path / "log.jsonl"], out=tmp_path / "other", settings=Settings(max_rejected=0.3))
    assert len(run.campaigns) == 0


@pytest.mark.parametrize("kind", ["gz", "parquet"])
def test_one_input_that_breaks_off_among_many_lines_is_said(kind, tmp_path):
    calls = [{"exchange_id": f"x{i}", "ts": 1767225600000000, "account_id": "a"} for i in range(2000)]
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "whole.jsonl").write_text("".join(json.dumps(call) + "\n" for call in calls))
    cut = tmp_path / "logs" / f"cut.{kind}"
    again = [{**call, "exchange_id": f"y{number}"} for number, call in enumerate(calls)]
    if kind == "gz":
        cut.write_bytes(gzip.compress("".join(json.dumps(call) + "\n" for call in again).encode())[:-8])
    else:
        pq.write_table(pa.Table.from_pylist(again), cut)
        cut.write_bytes(cut.read_bytes()[:-8])
    with pytest.raises(InputError, match=f"cut.{kind}' broke off, so nobody knows how much is missing"):
        hunt([tmp_path / "logs"], out=tmp_path / "run")
    counts = Run.open(tmp_path / "run").info["counts"]
    assert counts["rejected"] == 1
    assert counts["accepted"] > (3900 if kind == "gz" else 1999)
    hunt([tmp_path / "logs"], out=tmp_path / "other", settings=Settings(max_rejected=1.0))


def test_nothing_readable_is_an_error(tmp_path):
    (tmp_path / "log.jsonl").write_text("nonsense\n")
    with pytest.raises(InputError, match="No exchange could be read"):
        hunt([tmp_path / "log.jsonl"], out=tmp_path / "run")
