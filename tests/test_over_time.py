"""Runs that stand on earlier runs: the answer of one run over everything, each line read once."""

import json
import shutil
from itertools import pairwise

import pyarrow.parquet as pq
import pytest

from stillhunt.config import SECRET_VARIABLE, Settings
from stillhunt.errors import InputError, UsageError
from stillhunt.pipeline import hunt
from stillhunt.runs import RESULTS, Run, finish
from stillhunt.schema import CAMPAIGNS, HARVESTED, OPERATORS
from stillhunt.schema_time import LINEAGE
from stillhunt.simulate.simulator import simulate

QUICK = Settings(threads=1)
CALL = '{"exchange_id": "%s", "ts": 1767225600000000, "account_id": "a"}\n'


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two days in which two campaigns go on; a copy of the first day's file comes again under another name."""
    made = simulate(
        tmp_path_factory.mktemp("world") / "mixed", accounts=900, days=2, seed=21, scenario="mixed", form="jsonl"
    )
    days = sorted(made.logs.iterdir())
    shutil.copy(days[0], made.logs / "again.jsonl.gz")
    return made, days


def hunted(world, logs, out, after=None):
    return hunt(logs, accounts=world.accounts_file, releases=world.releases_file, out=out, settings=QUICK, after=after)


@pytest.fixture(scope="module")
def chain(world, tmp_path_factory):
    """A run a day, each given the logs so far, and one run over all of them."""
    (made, days), folder = world, tmp_path_factory.mktemp("runs")
    runs = []
    for n in range(len(days)):
        runs.append(hunted(made, days[: n + 1], folder / f"day{n}", runs[-1].path if runs else None))
    return runs, hunted(made, days, folder / "whole")


def test_the_answer_is_that_of_one_run_over_all_logs(chain):
    runs, whole = chain
    assert len(whole.campaigns) > 0
    names, own = lasting_names(runs[-1]), lasting_names(whole)
    for table in RESULTS[:8]:
        assert rows(runs[-1], table, names) == rows(whole, table, own), table.name
    same = ("accepted", "rejected", "exchanges", "accounts", "groups_tested", "campaigns")
    assert [runs[-1].info["counts"][n] for n in same] == [whole.info["counts"][n] for n in same]


def rows(run, table, names=None):
    """The rows of a table, with other names for its campaigns and operators."""
    found = run.table(table).to_pylist()
    if names is None:
        return found
    for row in found:
        row.update({n: names.get(row[n]) for n in ("campaign_id", "operator_id") if n in row})
        row.update({n: sorted(map(names.get, row[n])) for n in ("operators",) if row.get(n)})
    return sorted(found, key=str)


def lasting_names(run):
    """Name each campaign and operator by what it holds, whatever its id."""
    held = {}
    for table, name, unit in ((HARVESTED, "campaign_id", "exchange_id"), (OPERATORS, "operator_id", "account_id")):
        for row in run.table(table).to_pylist():
            held.setdefault(row[name], set()).add(row[unit])
    return {name: str(sorted(units)) for name, units in held.items()}


def test_campaigns_and_operators_keep_their_first_ids(chain):
    runs, _ = chain
    for earlier, later in pairwise(runs):
        said = [r for r in rows(later, LINEAGE) if r["what"] == "campaign"]
        going_on = {r["id"] for r in said if r["how"] == "continues"}
        assert going_on
        assert going_on == {r["previous_id"] for r in said if r["how"] == "continues"}
        assert going_on <= {c["campaign_id"] for c in rows(later, CAMPAIGNS)}
        gone = {r["previous_id"] for r in said if r["how"] in {"dropped", "merged"}}
        assert {c["campaign_id"] for c in rows(earlier, CAMPAIGNS)} == going_on | gone


def test_each_file_is_read_once_and_its_hash_is_kept(world, chain):
    runs, whole = chain
    assert runs[-1].info["inputs"] == whole.info["inputs"]
    assert [len(r.info["inputs"]) for r in runs] == [1, 2]
    assert [(r.info["after"] or {}).get("inputs") for r in runs] == [None, 1]
    read = [sum(pq.read_metadata(f).num_rows for f in r.features) for r in [*runs, whole]]
    assert read[0] < read[1] == read[2]


def test_a_run_needs_its_earlier_run_no_more_and_changes_nothing_in_it(world, chain, tmp_path):
    (made, _), (runs, _) = world, chain
    shutil.copytree(runs[0].path, tmp_path / "first")
    before = {f.name: f.read_bytes() for f in (tmp_path / "first").rglob("*.parquet")}
    # The whole folder is given; what the first run read is left out, the copy under another name too.
    second = hunted(made, [made.logs], tmp_path / "second", tmp_path / "first")
    assert {f.name: f.read_bytes() for f in (tmp_path / "first").rglob("*.parquet")} == before
    shutil.rmtree(tmp_path / "first")
    features = [[pq.read_table(f) for f in r.features] for r in (second, runs[1])]
    assert features[0] == features[1]


def test_nothing_new_is_no_error_and_changes_nothing(world, chain, tmp_path):
    (made, _), (runs, _) = world, chain
    again = hunted(made, [made.logs], tmp_path / "again", runs[-1].path)
    assert again.info["inputs"] == runs[-1].info["inputs"]
    assert rows(again, RESULTS[0]) == rows(runs[-1], RESULTS[0])


def small(tmp_path, name, text, after=None, **more):
    """Hunt one file of a few lines."""
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    given = {"settings": QUICK, "out": f"run-{name}", "after": after} | more
    return hunt([tmp_path / name], **given | {"out": tmp_path / given["out"]})


def lines(*names):
    return "".join(CALL % n for n in names)


def test_too_much_rejected_is_told_of_this_runs_lines_alone(tmp_path):
    first = small(tmp_path, "good.jsonl", lines(*(str(n) for n in range(100))))
    with pytest.raises(InputError, match="1 of 2 input lines"):
        small(tmp_path, "bad.jsonl", lines("x") + "nonsense\n", first.path)


def test_another_secret_another_program_or_lost_features_are_refused(tmp_path, monkeypatch):
    first = small(tmp_path, "log.jsonl", lines("a"))
    shutil.copytree(first.path, tmp_path / "old")
    finish(tmp_path / "old", {**json.loads((first.path / "run.json").read_text()), "fingerprints": {}})
    with pytest.raises(UsageError, match="another version of this program"):
        small(tmp_path, "more.jsonl", lines("b"), tmp_path / "old")
    with monkeypatch.context() as patch:
        patch.setenv(SECRET_VARIABLE, "an entirely different secret")
        with pytest.raises(UsageError, match="made with another secret"):
            small(tmp_path, "more.jsonl", lines("b"), first.path)
    (Run.open(first.path).features[0]).unlink()
    with pytest.raises(UsageError, match="has lost its features"):
        small(tmp_path, "more.jsonl", lines("b"), first.path)
    assert not (tmp_path / "run-more.jsonl").exists()
