"""What `import stillhunt` offers, and that it costs nothing until it is used."""

import subprocess
import sys

import pytest

import stillhunt
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


def test_importing_the_root_imports_nothing_else():
    assert not imported_after("import stillhunt") & (HEAVY | {"rich", "typer"})


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["hunt", "--help"], ["simulate", "--help"]])
def test_version_and_help_are_quick_for_they_import_no_engine(words):
    program = f"import sys; from stillhunt.cli import app; app({words!r}, standalone_mode=False)"
    assert not imported_after(program) & HEAVY
