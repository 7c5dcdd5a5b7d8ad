"""A hunt writes only to a folder that is its own: what somebody else keeps in one is neither replaced nor removed."""

import json
from pathlib import Path

import pytest

from stillhunt.errors import UsageError
from stillhunt.pipeline import hunt
from stillhunt.runs import Run, claimed
from stillhunt.simulate.simulator import simulate

CALL = {"account_id": "a", "prompt": "Name a river in Bavaria.", "ts": 1_772_409_600_000_000}


@pytest.fixture
def log(tmp_path):
    """A log of a few calls."""
    file = tmp_path / "log.jsonl"
    file.write_text("".join(json.dumps(CALL | {"exchange_id": f"e-{n}"}) + "\n" for n in range(5)))
    return file


def kept(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize(
    "name", ["exchanges.parquet", "features/part.parquet", "features/notes.json", "report.md", "accounts.parquet"]
)
def test_a_folder_with_files_of_others_is_refused_and_left_as_it_was(log, tmp_path, name):
    file = tmp_path / "own" / name
    file.parent.mkdir(parents=True)
    file.write_text("somebody's work")
    before = kept(tmp_path)
    with pytest.raises(UsageError, match=r"own' is not empty and holds no unfinished run: give another to --out\.$"):
        hunt([log], out=tmp_path / "own")
    with pytest.raises(UsageError, match=r"own' already holds files: give a folder that does not exist yet\.$"):
        simulate(tmp_path / "own", accounts=200, days=1)
    assert kept(tmp_path) == before


def test_logs_are_not_hunted_into_their_own_folder(log, tmp_path):
    before = kept(tmp_path)
    with pytest.raises(UsageError, match="is not empty"):
        hunt([tmp_path], out=tmp_path)
    assert kept(tmp_path) == before


@pytest.mark.parametrize("left", [[], ["run.lock"], ["features/run.partial"]], ids=["empty", "locked", "marked"])
def test_a_run_that_was_killed_early_is_gone_on_from(log, tmp_path, left):
    (tmp_path / "run" / "features").mkdir(parents=True) if left else (tmp_path / "run").mkdir()
    for name in left:
        (tmp_path / "run" / name).write_text("")
    assert hunt([log], out=tmp_path / "run").info["counts"]["exchanges"] == 5
    assert Run.open(tmp_path / "run").features


def test_the_mark_of_an_unfinished_run_stands_before_anything_else(tmp_path, monkeypatch):
    made = []

    def noted(name):
        make = getattr(Path, name)
        return lambda path, *given, **named: (made.append(path.name), make(path, *given, **named))

    for name in ("mkdir", "touch"):
        monkeypatch.setattr(Path, name, noted(name))
    with claimed(tmp_path / "run"):
        pass
    assert made == ["run", "run.lock", "features"]


@pytest.mark.parametrize("write", [lambda log: hunt([log], out=""), lambda _: simulate("")], ids=["hunt", "simulate"])
def test_a_folder_without_a_name_is_not_the_current_one(log, tmp_path, monkeypatch, write):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(UsageError, match="has no name: give one"):
        write(log)
    assert not kept(tmp_path / "here")
