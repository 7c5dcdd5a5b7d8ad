"""Columns that are misspelt: nothing is dropped without a word, and nothing of the input is quoted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillhunt.errors import InputError
from stillhunt.ingest.accounts import read_accounts, read_releases
from stillhunt.ingest.clock import EARLIEST
from stillhunt.ingest.read import read
from stillhunt.ingest.rejects import Rejects

Rows = list[dict[str, Any]]
Write = Callable[[Rows], Path]


@pytest.fixture(params=["lines", "parquet"])
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Write:
    def as_lines(rows: Rows) -> Path:
        (tmp_path / "rows.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
        return tmp_path / "rows.jsonl"

    def as_parquet(rows: Rows) -> Path:
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")
        return tmp_path / "rows.parquet"

    return as_lines if request.param == "lines" else as_parquet


def told(rejects: Rejects) -> list[tuple[int, str]]:
    return [(row["line"], row["reason"]) for row in rejects.table().to_pylist()]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("acount_id", "`account_id` is missing, but a field is called nearly so: mend its name."),
        ("account", "`account_id` is missing, but a field is called nearly so: mend its name."),
        ("customer", "`account_id` is missing."),
    ],
)
def test_a_required_column_that_is_misspelt_in_every_row_is_told(field: str, said: str, write: Write) -> None:
    rejects = Rejects()
    rows = [{"exchange_id": f"x-{n}", "ts": EARLIEST, field: "a"} for n in range(2)]
    assert list(read([str(write(rows))], rejects=rejects)) == []
    assert told(rejects) == [(1, said), (2, said)]


def test_a_row_without_what_others_have_is_told_no_more_than_that(write: Write) -> None:
    rejects = Rejects()
    rows = [
        {"exchange_id": f"x-{n}", "ts": EARLIEST, "account_id": id_, "account": "a"} for n, id_ in ((1, "a"), (2, None))
    ]
    list(read([str(write(rows))], rejects=rejects))
    assert told(rejects) == [(2, "`account_id` is missing.")]


def test_what_decides_of_accounts_and_is_misspelt_is_told(write: Write) -> None:
    rejects = Rejects()
    rows = [{"account_id": f"a-{n}", "verfied": True, "payment": "p", "plan": "team", "note": "n"} for n in range(3)]
    assert read_accounts(write(rows), rejects).num_rows == 3
    assert told(rejects) == [
        (1, "`payment_id` is in no row, but a field is called nearly so: mend its name."),
        (1, "`verified` is in no row, but a field is called nearly so: mend its name."),
    ]


def test_fields_of_other_meanings_are_ignored(write: Write) -> None:
    rejects = Rejects()
    rows = [{"account_id": "a", "updated_at": "2026-01-01", "user_id": "u", "account_name": "n", "country_name": "c"}]
    assert read_accounts(write(rows), rejects).num_rows == 1
    assert told(rejects) == []


def test_a_file_beside_the_logs_of_which_no_row_can_be_read_is_an_error(write: Write) -> None:
    file, rejects = write([{"acount_id": "a"}, {"acount_id": "b"}]), Rejects()
    rejects.add("another", 1, "releases", "A reason of another file.")
    with pytest.raises(InputError) as error:
        read_accounts(file, rejects)
    assert str(error.value) == (
        f"No row of '{file}' could be read (2 rejected; the first: `account_id` is missing, but a field is called "
        "nearly so: mend its name): mend the file."
    )
    with pytest.raises(InputError, match="`model` is missing"):
        read_releases(file, rejects)


def test_a_file_beside_the_logs_may_be_empty(tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_bytes(b"\n")
    assert read_accounts(tmp_path / "none.jsonl", Rejects()).num_rows == 0
