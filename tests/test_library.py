"""What `import stillhunt` offers, and that it costs nothing until it is used."""

import subprocess
import sys
from pathlib import Path

import pytest

import stillhunt
from stillhunt.calibrate import calibrate
from stillhunt.config import Settings
from stillhunt.errors import InputError, UsageError
from stillhunt.pipeline import hunt
from stillhunt.runs import Run

HEAVY = {"altair", "duckdb", "numba", "numpy", "pyarrow", "scipy", "sqlglot"}


def imported_after(code: str) -> set[str]:
    """Names of the top-level modules that a fresh interpreter holds after `code`."""
    told = "; import sys; sys.stderr.write(' '.join({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code + told], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_the_root_offers_what_the_modules_hold():
    assert stillhunt.hunt is hunt
    assert stillhunt.Run is Run
    assert set(stillhunt.__all__) <= set(dir(stillhunt))
    assert {name: getattr(stillhunt, name) for name in stillhunt.__all__}["__version__"] == stillhunt.__version__


def test_an_unknown_name_is_told_with_those_that_exist():
    with pytest.raises(AttributeError, match=r"Stillhunt offers no 'hnut': see Run, Scorer, __version__, hunt\."):
        _ = stillhunt.hnut


@pytest.mark.parametrize("kind", [str, Path], ids=["text", "path"])
def test_one_log_needs_no_list(tmp_path, monkeypatch, kind):
    (tmp_path / "l").mkdir()  # what its letters would name
    monkeypatch.chdir(tmp_path)
    (tmp_path / "l.jsonl").write_text('{"exchange_id": "x", "ts": "2026-03-02T10:15:00Z", "account_id": "a"}\n')
    run = hunt(kind("l.jsonl"), out=tmp_path / "run")
    assert [read["path"] for read in run.info["inputs"]] == ["l.jsonl"]
    with pytest.raises(InputError, match="no group of accounts to calibrate on"):
        calibrate(kind("l.jsonl"), out=tmp_path / "reference.json")


@pytest.mark.parametrize("work", [hunt, calibrate])
@pytest.mark.parametrize("given", [{}, {"level": 0.1}, "level=0.1", 0.1, Settings], ids=str)
def test_settings_that_are_none_are_told_in_a_sentence(tmp_path, work, given):
    with pytest.raises(UsageError, match=r"^The settings are of type [a-z]+: give stillhunt\.config\.Settings"):
        work([tmp_path], out=tmp_path / "out", settings=given)
    assert not list(tmp_path.iterdir())


def test_importing_the_root_imports_nothing_else():
    assert not imported_after("import stillhunt") & (HEAVY | {"rich", "typer"})


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["hunt", "--help"], ["simulate", "--help"]])
def test_version_and_help_are_quick_for_they_import_no_engine(words):
    program = f"import sys; from stillhunt.cli import app; app({words!r}, standalone_mode=False)"
    assert not imported_after(program) & HEAVY
