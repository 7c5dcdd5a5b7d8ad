"""A run that is damaged, of another secret, or none: watch lists and replays say so in a sentence."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillhunt.errors import UsageError
from stillhunt.live.compile import compile_watchlist
from stillhunt.live.policy import DEFAULT
from stillhunt.live.replay import replay
from stillhunt.runs import Run
from stillhunt.schema import FEATURES

SECRET = b"a secret of some bytes"
NEEDED = ("campaigns", "members", "operators", "profile", "exchanges", "account_keys", "features/one")


@pytest.fixture
def run(empty_run):
    return empty_run


def refused(run, **more) -> str:
    """Replay a run; return what was said instead."""
    with pytest.raises(UsageError) as told:
        replay(run, DEFAULT, SECRET, **more)
    return str(told.value)


def test_a_run_needs_only_its_tables(run):
    assert replay(run, DEFAULT, SECRET).requests == 0


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "another table"])
def test_a_file_that_is_gone_damaged_or_another_names_itself(run, name, damage):
    file = run.path / f"{name}.parquet"
    sound = file.read_bytes()
    file.unlink()
    if damage == "another table":
        pq.write_table(pa.table({"other": [1]}), file)
    elif damage != "gone":
        file.write_bytes(sound[: 0 if damage == "empty" else len(sound) // 2])
    named = "features" if (name, damage) == ("features/one", "gone") else f"{name}.parquet"
    assert f"{named}' is gone or damaged: give another run, or hunt its logs again." in refused(run)


@pytest.mark.parametrize("whole", [True, False], ids=["all rows", "half of them"])
def test_features_that_are_damaged_within_are_told_in_a_sentence(run, whole):
    """The footer is sound, so that only who reads the rows finds out."""
    row = {f.name: [None if f.nullable else "x" if pa.types.is_string(f.type) else 1] for f in FEATURES.arrow}
    file = run.path / "features" / "one.parquet"
    pq.write_table(pa.table(row, schema=FEATURES.arrow), file, compression="zstd")
    content = bytearray(file.read_bytes())
    rows_end = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    spoilt = range(4, rows_end) if whole else range(rows_end // 2, rows_end)
    content[spoilt.start : spoilt.stop] = b"\xff" * len(spoilt)
    file.write_bytes(bytes(content))
    said = refused(run)
    assert said.startswith("A file is damaged and cannot be read (")
    assert "\n" not in said


def test_another_secret_is_refused(run):
    with pytest.raises(UsageError, match="was made with another secret"):
        compile_watchlist(run, b"another secret altogether")


@pytest.mark.parametrize("days", [float("nan"), float("inf"), -1.0, 1e300])
def test_days_that_are_none_are_refused(run, days):
    with pytest.raises(UsageError, match="The days that a watch list lasts are"):
        compile_watchlist(run, SECRET, lasts_days=days)


@pytest.mark.parametrize("content", [b"junk", b"", None], ids=["junk", "empty", "another table"])
def test_a_truth_that_is_none_names_its_file(run, tmp_path_factory, content):
    truth = tmp_path_factory.mktemp("truth")
    if content is None:
        pq.write_table(pa.table({"other": [1]}), truth / "exchanges.parquet")
    else:
        (truth / "exchanges.parquet").write_bytes(content)
    assert "exchanges.parquet' is no Parquet file with a column exchange_id" in refused(run, truth=truth)


def test_a_path_below_a_file_is_no_run(run):
    with pytest.raises(UsageError, match="No complete run at"):
        Run.open(run.path / "run.json")
