"""Folders and patterns as logs: all below is read, or it is said what is not."""

import os
import shutil
from pathlib import Path

import pytest

from stillhunt.errors import UsageError
from stillhunt.ingest.sources import find


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs" / "closed").mkdir(parents=True)
    (tmp_path / "logs" / "a.jsonl").write_text("{}")
    (tmp_path / "logs" / "closed" / "b.jsonl").write_text("{}")
    return tmp_path / "logs"


def found(*sources: Path | str) -> list[str]:
    return [Path(file).name for file in find([str(source) for source in sources])]


def refused(source: Path | str, base: Path) -> str:
    with pytest.raises(UsageError) as error:
        find([str(source)])
    return str(error.value).replace(str(base), "DIR")


def run_folder(folder: Path, mark: str) -> Path:
    (folder / "features").mkdir(parents=True)
    (folder / "features" / "0.parquet").write_text("{}")
    (folder / mark).write_text("{}")
    return folder


def test_a_folder_below_that_may_not_be_read_is_told(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said by the system call itself, since whoever runs the tests may have the right to read everything."""
    scan = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert refused(logs, logs) == "'DIR/closed' may not be read: give this user the right to."


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to this user")
@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_a_folder_that_is_closed_is_told(mode: int, logs: Path) -> None:
    (logs / "closed").chmod(mode)
    try:
        assert "may not be read: give this user the right to." in refused(logs, logs)
        assert "may not be read: give this user the right to." in refused(logs / "closed", logs)
    finally:
        (logs / "closed").chmod(0o700)


@pytest.mark.parametrize("named", ["", "*", "**/*.jsonl"])
def test_a_link_that_leads_nowhere_is_told(named: str, logs: Path) -> None:
    (logs / "gone.jsonl").symlink_to(logs / "rotated.jsonl")
    told = "The link 'DIR/gone.jsonl' leads to no file: mend it, or take it away."
    assert refused(f"{logs}/{named}" if named else logs, logs) == told
    (logs / "gone.jsonl").rename(logs / ".gone.jsonl")
    assert "gone" not in str(found(logs))


def test_links_are_followed_and_every_folder_is_read_once(logs: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "c.jsonl").write_text("{}")
    (logs / "closed" / "link").symlink_to(tmp_path / "elsewhere")
    (logs / "closed" / "round").symlink_to(logs)
    assert found(logs) == ["a.jsonl", "b.jsonl", "c.jsonl"]


@pytest.mark.parametrize("mark", ["run.json", "run.lock"])
def test_runs_below_are_left_out_and_a_run_is_no_log(mark: str, logs: Path, tmp_path: Path) -> None:
    run = run_folder(logs / "closed" / "run", mark)
    assert found(logs) == found(f"{logs}/**/*") == ["a.jsonl", "b.jsonl"]
    told = "The folder 'DIR' is a run's, and its files are results: name logs that lie outside it."
    assert refused(run, run) == told
    assert refused(run / "features", run / "features") == told
    shutil.copy(logs / "a.jsonl", run / "one.jsonl")  # named as it is, or in a folder that is named, it is a log
    assert found(run / "one.jsonl") == found(f"{run}/one.*") == ["one.jsonl"]


def test_a_file_that_has_the_name_of_a_mark_makes_no_run(logs: Path) -> None:
    (logs / "closed" / "run.json").write_text("{}")
    assert found(logs) == ["a.jsonl", "b.jsonl", "run.json"]
