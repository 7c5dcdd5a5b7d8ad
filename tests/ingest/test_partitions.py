"""Partitioned Parquet folders: columns that stand in the path, with or without the same in the files."""

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from logged_calls import CALLS, exchanges


def test_what_stands_in_the_path_is_read_as_if_it_stood_in_the_file(tmp_path):
    pq.write_table(CALLS, tmp_path / "plain.parquet")
    options = {"format": "parquet", "partitioning": ["model", "status"], "partitioning_flavor": "hive"}
    ds.write_dataset(CALLS, tmp_path / "parts", **options)
    files = [f.relative_to(tmp_path).as_posix() for f in (tmp_path / "parts").rglob("*.parquet")]
    assert "parts/model=large%202%2Fb/status=200/part-0.parquet" in files
    assert any("model=__HIVE_DEFAULT_PARTITION__" in f for f in files)
    assert exchanges(tmp_path / "parts")[0].equals(exchanges(tmp_path / "plain.parquet")[0])


def test_what_stands_in_both_is_what_the_file_says(tmp_path):
    folder = tmp_path / "model=other" / "day=2026-03-02"
    folder.mkdir(parents=True)
    pq.write_table(CALLS, folder / "part-0.parquet")
    assert exchanges(tmp_path)[0]["model"].to_pylist() == CALLS["model"].to_pylist()


def test_an_account_in_the_path_is_enough_to_know_the_format(tmp_path):
    folder = tmp_path / "account_id=007"
    folder.mkdir()
    pq.write_table(CALLS.select(["exchange_id", "ts"]), folder / "part-0.parquet")
    table, rejects = exchanges(tmp_path)
    assert set(table["account_id"].to_pylist()) == {"007"}
    assert rejects.rejected == 0


def test_a_value_that_the_column_cannot_hold_is_refused_with_its_rows(tmp_path):
    folder = tmp_path / "status=busy"
    folder.mkdir()
    pq.write_table(CALLS.drop_columns(["status"]), folder / "part-0.parquet")
    table, rejects = exchanges(tmp_path)
    assert (table.num_rows, rejects.rejected) == (0, 6)
    assert rejects.table()["reason"][0].as_py().startswith("`status` must be a whole number")


@pytest.mark.parametrize("messages", [True, False])
def test_records_with_messages_have_it_too(tmp_path, messages):
    folder = tmp_path / "model=large-2"
    folder.mkdir()
    calls = CALLS.drop_columns(["model"])
    if messages:
        calls = calls.append_column("messages", pa.array([[{"role": "user", "content": "Hello."}]] * 6))
    pq.write_table(calls, folder / "part-0.parquet")
    assert set(exchanges(tmp_path)[0]["model"].to_pylist()) == {"large-2"}
