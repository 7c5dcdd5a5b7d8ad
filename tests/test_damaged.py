"""A run whose files are gone or damaged is refused in one sentence that names the file, before anything is read."""

import pytest

from stillhunt.earlier import open_earlier
from stillhunt.errors import UsageError
from stillhunt.runs import Run
from stillhunt.schema import CAMPAIGNS

SECRET = b"a secret of some bytes"


@pytest.fixture
def run(empty_run):
    return empty_run


def test_a_sound_run_is_gone_on_from(run):
    assert open_earlier(run.path, SECRET).path == run.path


@pytest.mark.parametrize("text", [b"{", b"[]", b"\xff", b""], ids=["cut", "a list", "no text", "empty"])
def test_a_damaged_mark_is_no_run(run, text):
    (run.path / "run.json").write_bytes(text)
    with pytest.raises(UsageError, match=r"run\.json' is gone or damaged"):
        Run.open(run.path)


@pytest.mark.parametrize("name", ["exchanges.parquet", "lineage.parquet", "features/one.parquet"])
@pytest.mark.parametrize("left", [None, 0, 100], ids=["gone", "empty", "cut"])
def test_a_damaged_file_is_told_before_anything_is_read(run, name, left):
    file = run.path / name
    sound = file.read_bytes()
    file.unlink()
    if left is not None:
        file.write_bytes(sound[:left])
    with pytest.raises(UsageError, match=r"damaged|lost its features"):
        open_earlier(run.path, SECRET)


def test_a_damaged_table_is_told_when_it_is_asked_for(run):
    (run.path / "campaigns.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(UsageError, match=r"campaigns\.parquet' is gone or damaged"):
        run.table(CAMPAIGNS)
