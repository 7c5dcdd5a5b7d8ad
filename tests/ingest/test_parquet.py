"""Parquet as it is met: text that is not UTF-8, damaged names, names that come twice."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillhunt.ingest.anthropic import ANTHROPIC
from stillhunt.ingest.clock import EARLIEST
from stillhunt.ingest.openai import OPENAI
from stillhunt.ingest.read import read
from stillhunt.ingest.rejects import Rejects

MARK = b"Zz?"
ODD = b"Z\xff?"
"""What the text MARK is damaged to, in the file itself: no writer would write it."""


def read_rows(*sources: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rejects = Rejects()
    rows = [row for batch in read([str(source) for source in sources], rejects=rejects) for row in batch.to_pylist()]
    return rows, rejects.table().select(["line", "reason"]).to_pylist()


def damaged(file: Path, columns: dict[str, Any]) -> Path:
    """Write a Parquet file and set ODD in place of every MARK."""
    pq.write_table(pa.table(columns), file, compression="none", use_dictionary=False, store_schema=False)
    whole = file.read_bytes()
    assert MARK in whole
    file.write_bytes(whole.replace(MARK, ODD))
    return file


def native(**columns: Any) -> dict[str, Any]:
    return {"exchange_id": ["x-1", "x-2"], "ts": [EARLIEST, EARLIEST], "account_id": ["a", "b"]} | columns


@pytest.mark.parametrize("shape", ["objects", "text"])
@pytest.mark.parametrize("known", [OPENAI, ANTHROPIC], ids=lambda known: known.name)
def test_a_request_with_text_that_is_not_utf8_is_read(known: Any, shape: str, tmp_path: Path) -> None:
    """Or a client could hide its calls by such text."""
    request = {"model": "m", "messages": [{"role": "user", "content": "Why Zz?"}], "system": "Zz?"}
    given = request if shape == "objects" else orjson.dumps(request).decode()
    columns = {
        "request_id": ["r-1", "r-2"], "ts": [EARLIEST] * 2, "account_id": ["a", "b"],
        "request": [given, given], "response": [{"id": "i"}] * 2,
    }  # fmt: skip
    rows, rejected = read_rows(damaged(tmp_path / "log.parquet", columns))
    assert rejected == []
    assert [(row["exchange_id"], row["account_id"], row["prompt"]) for row in rows] == [
        ("r-1", "a", "Why Z\ufffd?"), ("r-2", "b", "Why Z\ufffd?")
    ]  # fmt: skip


def test_native_messages_that_are_not_utf8_spoil_nothing_around_them(tmp_path: Path) -> None:
    messages = [[{"role": "user", "content": "Why Zz?"}], [{"role": "user", "content": "Why?"}]]
    rows, rejected = read_rows(damaged(tmp_path / "log.parquet", native(messages=messages)))
    assert rejected == []
    assert [row["prompt"] for row in rows] == ["Why Z\ufffd?", "Why?"]


@pytest.mark.parametrize("messages", [{}, {"messages": [[{"role": "user", "content": "Why?"}]] * 2}])
@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("response", ["Zz?", "Well."], "`response` must be text in UTF-8, not bytes."),
        ("tools", [["Zz?", "t"], ["t"]], "`tools` must be a list of texts."),
        ("headers", [[("x-app", "Zz?")], [("x-app", "t")]], "`headers` must be an object of texts, not a list."),
    ],
)
def test_native_columns_that_are_not_utf8_are_rejected_with_messages_and_without(
    column: str, values: list[Any], reason: str, messages: dict[str, Any], tmp_path: Path
) -> None:
    kind = pa.map_(pa.string(), pa.string()) if column == "headers" else None
    columns = native(**{column: pa.array(values, kind)}, **messages)
    rows, rejected = read_rows(damaged(tmp_path / "log.parquet", columns))
    assert [row["exchange_id"] for row in rows] == ["x-2"]
    assert rejected == [{"line": 1, "reason": reason}]


def test_a_field_that_comes_twice_and_a_moment_beyond_python_are_no_danger(tmp_path: Path) -> None:
    twice = pa.StructArray.from_arrays([pa.array(["a", "b"])] * 2, names=["x", "x"])
    far = pa.array([2**62, 0], pa.timestamp("us"))
    inside = pa.StructArray.from_arrays([twice, far], names=["twice", "far"])
    columns = native(messages=[[{"role": "user", "content": "Why?"}]] * 2, other=inside)
    pq.write_table(pa.table(columns), tmp_path / "log.parquet")
    rows, rejected = read_rows(tmp_path / "log.parquet")
    assert rejected == []
    assert [row["prompt"] for row in rows] == ["Why?", "Why?"]


def test_a_damaged_name_of_a_column_loses_that_file_alone(tmp_path: Path) -> None:
    damaged(tmp_path / "a.parquet", native(**{"Zz?": ["p", "p"]}))
    (tmp_path / "b.jsonl").write_bytes(orjson.dumps({"exchange_id": "x-3", "ts": EARLIEST, "account_id": "a"}))
    rows, rejected = read_rows(tmp_path)
    assert [row["exchange_id"] for row in rows] == ["x-3"]
    assert rejected == [
        {"line": 1, "reason": "The Parquet file is damaged or breaks off: none of its rows can be read."}
    ]


def test_every_row_is_rejected_of_a_file_with_two_columns_of_one_name(tmp_path: Path) -> None:
    columns = native(account=["a", "b"])
    pq.write_table(
        pa.Table.from_arrays([pa.array(one) for one in columns.values()], ["exchange_id", "ts", "account_id", "ts"]),
        tmp_path / "log.parquet",
    )
    rows, rejected = read_rows(tmp_path / "log.parquet")
    assert rows == []
    reason = "The Parquet file has two columns of one name: none of its rows can be read."
    assert rejected == [{"line": 1, "reason": reason}, {"line": 2, "reason": reason}]


def test_decimals_of_warehouses_are_the_numbers_that_they_hold(tmp_path: Path) -> None:
    micros, seconds = EARLIEST + 250_000, EARLIEST // 1_000_000
    kinds = [
        (pa.array([Decimal(micros)] * 2, pa.decimal128(20, 0)), micros),
        (pa.array([Decimal(seconds), None], pa.decimal128(38, 0)), seconds * 1_000_000),
        (pa.array([Decimal(micros).scaleb(-6), Decimal(10**30)], pa.decimal256(50, 6)), micros),
    ]
    for ts, expected in kinds:
        columns = native(account_id=pa.array([Decimal(7), Decimal(10**30)], pa.decimal128(38, 0)),
                         org_id=pa.array([Decimal("12.00")] * 2, pa.decimal128(9, 2)),
                         turns=pa.array([Decimal("2.00"), Decimal("1.50")], pa.decimal128(9, 2)), ts=ts)  # fmt: skip
        pq.write_table(pa.table(columns), tmp_path / "log.parquet")
        rows, rejected = read_rows(tmp_path / "log.parquet")
        assert [(row["account_id"], row["org_id"], row["ts"], row["turns"]) for row in rows] == [
            ("7", "12", expected, 2)
        ]  # fmt: skip
        assert [row["line"] for row in rejected] == [2]
    columns = {"request_id": pa.array([Decimal(7)], pa.decimal128(20, 0)), "timestamp": kinds[0][0][:1],
               "account_id": pa.array([Decimal(5)], pa.decimal128(20, 0)),
               "request": [{"messages": [{"role": "user"}]}], "response": [{"object": "chat.completion"}]}  # fmt: skip
    pq.write_table(pa.table(columns), tmp_path / "log.parquet")
    rows, rejected = read_rows(tmp_path / "log.parquet")
    assert rejected == []
    assert [(row["exchange_id"], row["account_id"], row["ts"]) for row in rows] == [("7", "5", micros)]


def test_an_id_that_is_no_whole_number_is_told_for_what_it_is(tmp_path: Path) -> None:
    for ids, said in (([0.0, 5551234567.0], "a number with a decimal point"), ([1.5, 2.5], "a fraction"),
                      ([1e20, 1e300], "so large a number")):  # fmt: skip
        pq.write_table(pa.table(native(account_id=ids)), tmp_path / "log.parquet")
        _, rejected = read_rows(tmp_path / "log.parquet")
        assert {row["reason"] for row in rejected} == {f"`account_id` must be text in UTF-8, not {said}."}
