"""Lots: what is read by several processes is what one process reads, and what was read is not read again."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillhunt.errors import ServiceError
from stillhunt.ingest.sources import STDIN, Input
from stillhunt.reading import deal, lots
from stillhunt.reading.deal import read_lots
from stillhunt.reading.lots import Done, Work, go_on, split

CALL = '{"exchange_id": "%s", "ts": 1767225600000000, "account_id": "a", "prompt": "Name %s rivers of Bavaria."}\n'
WORK = Work(b"a secret of some bytes", None, ())


@pytest.fixture
def logs(tmp_path):
    """Five files: one has a bad line, one is empty of calls, one was given twice."""
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(3):
        text = "".join(CALL % (f"{number}-{n}", n) for n in range(40 * number + 2))
        (folder / f"{number}.jsonl").write_text(text + ("nonsense\n" if number == 1 else ""))
    (folder / "3.jsonl").write_text("nothing here\n")
    shutil.copy(folder / "0.jsonl", folder / "4.jsonl")
    return sorted(str(file) for file in folder.iterdir())


def taken(folder, done):
    told = []
    for lot in done:
        tables = [pq.read_table(file) for file in lot.features(folder)]
        told.append((lot.key, lot.accepted, lot.rejected, lot.inputs, lot.refused(folder).to_pylist(), tables))
    return told


def made(tmp_path, name):
    (tmp_path / name).mkdir()
    return tmp_path / name


def test_several_processes_read_what_one_reads(tmp_path, logs, monkeypatch):
    one, several, told = made(tmp_path, "one"), made(tmp_path, "several"), []
    alone = read_lots([[file] for file in logs], one, WORK, 1, lambda count: None)
    monkeypatch.setattr(deal, "WORTH_IT", 0)
    shared = read_lots([[file] for file in logs], several, WORK, 2, told.append)
    assert taken(one, alone) == taken(several, shared)
    assert sorted(f.name for f in one.iterdir()) == sorted(f.name for f in several.iterdir())
    assert [d.accepted for d in alone] == [2, 42, 82, 0, 2]
    assert sum(told) == sum(i.bytes for d in shared for i in d.inputs)


def test_what_stops_a_reading_process_is_told(tmp_path, logs, monkeypatch):
    monkeypatch.setattr(deal, "WORTH_IT", 0)
    with pytest.raises(ServiceError, match=r"gone.*No such file"):
        read_lots([[file] for file in logs], tmp_path / "gone", WORK, 2, lambda count: None)


def test_small_files_are_put_together_and_standard_input_stands_alone(logs, monkeypatch):
    assert split(logs) == [logs]
    assert split([logs[0], STDIN, logs[1]]) == [[logs[0]], [STDIN], [logs[1]]]
    monkeypatch.setattr(lots, "LOT_BYTES", 1)
    assert split(logs) == [[file] for file in logs]


def test_an_unfinished_run_is_gone_on_from(tmp_path, logs):
    folder = made(tmp_path, "features")
    assert go_on(folder, "a run", logs) == []
    done = read_lots([logs[:2]], folder, WORK, 1, lambda count: None)
    (folder / "77-1.partial").write_text("half")
    (folder / "nobody.parquet").write_text("no notes stand beside it")
    assert go_on(folder, "a run", logs) == done
    assert sorted(f.suffix for f in folder.iterdir()) == [".json", ".parquet", ".partial", ".rejected"]
    # Read after what is done: the copy of a file that was read is left out as well.
    rest = read_lots([logs[2:]], folder, Work(WORK.secret, None, done[0].inputs), 1, lambda count: None)
    assert [i.path for i in rest[0].inputs] == logs[2:4]


@pytest.mark.parametrize("change", ["another run", "a file gone", "a file changed"])
def test_what_is_of_another_run_is_taken_away(tmp_path, logs, change):
    folder = made(tmp_path, "features")
    go_on(folder, "a run", logs)
    read_lots([logs[:2]], folder, WORK, 1, lambda count: None)
    if change == "a file changed":
        with open(logs[1], "r+") as file:  # noqa: PTH123  in place
            file.write('{"exchange_id": "9')
    given = logs[1:2] if change == "a file gone" else logs
    assert go_on(folder, change if change == "another run" else "a run", given) == []
    assert [f.name for f in folder.iterdir()] == ["run.partial"]


def test_notes_say_all(tmp_path):
    done = Done("0123456789abcdef", [Input("x", "a" * 64, 7, None)], 3, 1)
    done.note(tmp_path)
    assert Done.noted(tmp_path / "0123456789abcdef.json") == done
    assert json.loads((tmp_path / "0123456789abcdef.json").read_text())["inputs"][0]["bytes"] == 7
    assert isinstance(done.refused(tmp_path), pa.Table)
