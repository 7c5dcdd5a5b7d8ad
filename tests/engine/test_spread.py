"""Files read by an engine's workers: what is read, refused and remembered is what one process would."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.alike import rows
from stillhunt.config import load_secret
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.ingest.sources import find
from stillhunt.spread import How, read_spread
from stillhunt.traffic import Traffic, read_traffic


class InThisProcess:
    """An engine that spreads over nothing, and does everything twice, as after a lost worker."""

    def spread(self, work, function, told):
        for _ in range(2):
            batches = list(function(iter(work.to_batches(max_chunksize=1))))
        return pa.Table.from_batches(batches[::-1], told)


@pytest.fixture
def logs(tmp_path):
    """A Parquet file, a compressed one and one with lines that cannot be read."""
    folder = tmp_path / "logs"
    folder.mkdir()
    records = [
        {"exchange_id": f"x{n}", "ts": 1_767_225_600_000_000 + n, "account_id": f"a{n % 7}", "prompt": f"Item {n}."}
        for n in range(300)
    ]
    pq.write_table(pa.Table.from_pylist(records[:100]), folder / "a.parquet", row_group_size=30)
    text = "".join(json.dumps(r) + "\n" for r in records[100:200])
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    text = "".join(json.dumps(r) + "\n" for r in records[200:])
    (folder / "c.jsonl").write_text(text + "nonsense\n" + json.dumps({"ts": 1}) + "\n")
    (folder / "d.jsonl").write_text("")
    return folder


def read_here(logs, folder, known=None):
    folder.mkdir()
    with DuckDBEngine(threads=1) as engine:
        reading = read_traffic(engine, Traffic([logs]), folder, load_secret(), lambda share: None)
        return reading, engine.fetch("SELECT * FROM features_read")


def read_by(engine, logs, folder, known=()):
    folder.mkdir()
    return read_spread(engine, find([str(logs)]), folder, How(load_secret(), None, tuple(known), 0))


def assert_same(spread, reading, features):
    assert rows(pa.concat_tables([pq.read_table(f) for f in spread.features])) == rows(features)
    assert spread.inputs == list(reading.inputs)
    assert (spread.accepted, spread.refused.num_rows) == (reading.accepted, reading.rejected)
    assert rows(spread.refused) == rows(reading.rejected_rows)
    assert reading.rejected == 2


def test_work_done_again_changes_nothing(logs, tmp_path):
    spread = read_by(InThisProcess(), logs, tmp_path / "spread")
    assert_same(spread, *read_here(logs, tmp_path / "here"))
    assert [f.name for f in sorted((tmp_path / "spread").iterdir())] == [f.name for f in spread.features]


def test_relative_paths_stay_as_they_were_given(logs, tmp_path, monkeypatch):
    monkeypatch.chdir(logs.parent)
    spread = read_by(InThisProcess(), Path("logs"), tmp_path / "spread")
    assert [i.path for i in spread.inputs] == [f"logs/{f.name}" for f in sorted(logs.iterdir())]
    assert set(spread.refused["file"].to_pylist()) == {"logs/c.jsonl"}


def test_what_was_read_before_is_not_read_again(logs, tmp_path):
    first = read_by(InThisProcess(), logs, tmp_path / "first")
    with (logs / "d.jsonl").open("a") as file:
        file.write('{"exchange_id": "new", "ts": 1767225600000000, "account_id": "a"}\n')
    second = read_by(InThisProcess(), logs, tmp_path / "second", first.inputs)
    assert second.accepted == 1
    assert [Path(i.path).name for i in second.inputs] == ["d.jsonl"]


@pytest.mark.spark
def test_spark_workers_read_as_one_process_does(beside, logs, tmp_path):
    assert_same(read_by(beside, logs, tmp_path / "spread"), *read_here(logs, tmp_path / "here"))


class Spread(InThisProcess, DuckDBEngine):
    """The same, with the tables of DuckDB."""


def test_what_an_unfinished_run_left_is_no_part_of_the_next(logs, tmp_path):
    folder = tmp_path / "features"
    folder.mkdir()
    for given in ([logs], [logs / "a.parquet"]):  # the first is stopped after it has read
        with Spread(threads=1) as engine:
            read_traffic(engine, Traffic(given), folder, load_secret(), lambda share: None)
    assert [pq.read_metadata(file).num_rows for file in folder.glob("*.parquet")] == [100]
