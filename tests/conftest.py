"""Worlds that several tests share, made once."""

import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from xdist.scheduler import LoadScopeScheduling

from stillhunt.earlier import fingerprints
from stillhunt.runs import RESULTS, finish, write_table
from stillhunt.schema import FEATURES

os.environ["STILLHUNT_SECRET"] = "a secret of this test suite alone"  # noqa: S105  made up, and of no use elsewhere
# A program that a test starts is the one of this checkout, as it is for the test itself.
os.environ["PYTHONPATH"] = str(Path(__file__).parents[1] / "src")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Folder of real prompts and traces; a test that needs it is skipped where it is absent."""
    folder = Path(os.environ.get("STILLHUNT_CORPUS", Path(__file__).parents[2] / "shared" / "data"))
    if not (folder / "MANIFEST.tsv").exists():
        pytest.skip(f"needs real prompts, and there are none at '{folder}': set STILLHUNT_CORPUS")
    return folder


RUN_SECRET = b"a secret of some bytes"
"""With which `empty_run` was made."""


@pytest.fixture
def empty_run(tmp_path):
    """A finished run that found nothing in nothing, and says nothing of itself but its secret."""
    (tmp_path / "features").mkdir()
    pq.write_table(FEATURES.empty(), tmp_path / "features" / "one.parquet")
    for table in RESULTS:
        write_table(tmp_path, table, table.empty())
    return finish(tmp_path, {"fingerprints": fingerprints(RUN_SECRET)})


class ByFolder(LoadScopeScheduling):
    """Deals tests to processes by folder, and by file where there is none: what tests share is made once."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.count("/") < 2 else file.rpartition("/")[0]


def pytest_xdist_make_scheduler(config, log):
    """Let `pytest -n` deal tests out so."""
    return ByFolder(config, log)
