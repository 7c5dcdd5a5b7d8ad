"""Files as they are found in the field: whole, split, compressed, damaged, odd."""

import gzip
import hashlib
import io
import re
import subprocess
import sys
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillhunt.errors import UsageError
from stillhunt.ingest.clock import EARLIEST
from stillhunt.ingest.formats import FORMATS
from stillhunt.ingest.read import read
from stillhunt.ingest.rejects import Rejects, broken_inputs
from stillhunt.ingest.sources import Input
from stillhunt.schema import EXCHANGE

GOLDEN = Path(__file__).with_name("reasons.golden.txt")


def native(number: int, **fields: Any) -> dict[str, Any]:
    return {"exchange_id": f"x-{number}", "ts": EARLIEST + number, "account_id": f"a-{number % 3}"} | fields


def lines(records: Sequence[Any]) -> bytes:
    return b"".join(orjson.dumps(record) + b"\n" for record in records)


def read_rows(*sources: str | Path, **options: Any) -> tuple[list[dict[str, Any]], Rejects, list[Input]]:
    rejects = Rejects()
    inputs: list[Input] = []
    batches = read([str(source) for source in sources], rejects=rejects, inputs=inputs, **options)
    rows = [row for batch in batches for row in batch.to_pylist()]
    return rows, rejects, inputs


def in_order(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(map(repr, rows))


SOME = [native(i, prompt=f"Why {i}?", tools=["t"] * (i % 3), headers={"X-App": "cli"}) for i in range(40)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(range(len(SOME))),
    cut=st.integers(0, len(SOME)),
    packings=st.lists(st.sampled_from(["plain", "gzip", "zstd", "two members"]), min_size=2, max_size=2),
    batch_rows=st.integers(1, 50),
)
def test_splitting_packing_order_and_batch_size_change_nothing(
    order: list[int], cut: int, packings: list[str], batch_rows: int, tmp_path: Path
) -> None:
    pack = {
        "plain": bytes,
        "gzip": gzip.compress,
        "zstd": zstandard.compress,
        "two members": lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:]),
    }
    records = [SOME[i] for i in order]
    files = [tmp_path / "one.log", tmp_path / "two.log"]
    for file, part, packing in zip(files, (records[:cut], records[cut:]), packings, strict=True):
        file.write_bytes(pack[packing](lines(part)))
    rows, rejects, inputs = read_rows(*files, batch_rows=batch_rows)
    whole = tmp_path / "whole.log"
    whole.write_bytes(lines(SOME))
    assert in_order(rows) == in_order(read_rows(whole)[0])
    assert (rejects.accepted, rejects.rejected) == (len(SOME), 0)
    assert [one.sha256 for one in inputs] == [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def test_parquet_gives_what_json_lines_give_whatever_types_were_chosen(tmp_path: Path) -> None:
    records = [native(i, turns=i, temperature=0.5, stream=True, prompt="", device_id="") for i in range(7)]
    (tmp_path / "a.jsonl").write_bytes(lines([record | {"headers": {"X-App": "cli"}} for record in records]))
    columns = {name: [record[name] for record in records] for name in records[0]}
    headers = pa.array([[("X-App", "cli")]] * 7, pa.map_(pa.string(), pa.string()))
    moments = [datetime.fromtimestamp(time / 1e6, UTC) for time in columns["ts"]]
    shapes = [
        {},
        {
            "ts": pa.array(moments, pa.timestamp("ns", "Europe/Rome")),
            "account_id": pa.array(columns["account_id"]).dictionary_encode(),
        },
        {"ts": pa.array(moments, pa.timestamp("us")), "turns": pa.array(columns["turns"], pa.float64())},
        {"ts": [moment.isoformat() for moment in moments], "prompt": pa.array(columns["prompt"], pa.large_string())},
        {"temperature": pa.array([Decimal("0.5")] * 7), "turns": pa.array(columns["turns"], pa.uint8())},
    ]
    expected = in_order(read_rows(tmp_path / "a.jsonl")[0])
    for number, shape in enumerate(shapes):
        file = tmp_path / f"{number}.parquet"
        pq.write_table(pa.table(columns | {"headers": headers, "other": [1] * 7} | shape), file, row_group_size=3)
        rows, rejects, inputs = read_rows(file, batch_rows=2)
        assert rejects.table().to_pylist() == []
        assert in_order(rows) == expected
        assert inputs[0].format == "native"


def test_bad_rows_of_parquet_are_rejected_and_missing_numbers_are_unknown(tmp_path: Path) -> None:
    not_utf8 = pa.Array.from_buffers(
        pa.string(), 4, [None, pa.array([0, 1, 2, 3, 4], pa.int32()).buffers()[1], pa.py_buffer(b"a\xffbc")]
    )
    table = pa.table(
        {
            "exchange_id": ["1", "2", None, "4"],
            "ts": pa.array([EARLIEST, EARLIEST, EARLIEST, 5], pa.int64()),
            "account_id": pa.array([7, 7, 7, 7]),
            "prompt": not_utf8,
            "input_tokens": [float("nan"), 3.0, 3.0, 3.0],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    rows, rejects, _ = read_rows(tmp_path / "a.parquet")
    assert [(row["exchange_id"], row["account_id"], row["input_tokens"]) for row in rows] == [("1", "7", None)]
    assert [(row["line"], row["reason"]) for row in rejects.table().to_pylist()] == [
        (2, "`prompt` must be text in UTF-8, not bytes."),
        (3, "`exchange_id` is missing."),
        (4, "`ts` must lie between the years 2000 and 2100."),
    ]


def test_parquet_of_other_formats_and_with_messages_is_read_row_by_row(tmp_path: Path) -> None:
    for known in FORMATS:
        if known.name == "otel":
            continue  # its attributes have values of several types, which Parquet cannot hold as they are
        record = {name: value for name, value in known.sample.items() if value not in ({}, [])}
        nested = {name: orjson.dumps(value).decode() if isinstance(value, dict) and name != "headers" else value
                  for name, value in record.items()}  # fmt: skip
        file = tmp_path / f"{known.name}.parquet"
        pq.write_table(pa.Table.from_pylist([nested] * 3), file)
        rows, rejects, _ = read_rows(file)
        assert rejects.table().to_pylist() == [], known.name
        assert len(rows) == 3
        for name, value in known.expected[0].items():
            if name != "headers":
                assert rows[0][name] == value


def test_damaged_files_end_in_a_reason_and_what_stood_before_is_kept(tmp_path: Path) -> None:
    data = lines([native(i, prompt=hashlib.sha256(bytes([i % 256])).hexdigest() * 40) for i in range(3000)])
    for name, packed in (("gzip", gzip.compress(data)), ("zstd", zstandard.compress(data))):
        file = tmp_path / name
        file.write_bytes(packed[: len(packed) * 3 // 4])
        rows, rejects, inputs = read_rows(file)
        assert 0 < len(rows) < 3000
        assert rejects.table()["reason"].to_pylist()[-1].startswith(f"The {name} stream is damaged or breaks off")
        assert inputs[0].sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    file = tmp_path / "short.parquet"
    pq.write_table(pa.Table.from_pylist([native(1)]), file)
    file.write_bytes(file.read_bytes()[:-20])
    _, rejects, _ = read_rows(file)
    assert rejects.rejected == 1


@pytest.mark.parametrize("lines_in_it", [1_000, 30_000])
@pytest.mark.parametrize("cut", [0.2, 0.5, "checksum", "size", "wrong checksum", "garbage"])
def test_what_was_unpacked_before_a_stream_breaks_off_is_read(lines_in_it: int, cut: Any, tmp_path: Path) -> None:
    data = lines([native(i, prompt=f"Why {i * i}?") for i in range(lines_in_it)])
    whole = gzip.compress(data)
    broken = {
        "checksum": whole[:-8], "size": whole[:-4], "wrong checksum": whole[:-8] + b"none" + whole[-4:],
        "garbage": whole + b"garbage",
    }.get(cut) or whole[: int(len(whole) * cut)]  # fmt: skip
    (tmp_path / "log.gz").write_bytes(broken)
    there = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(broken) if cut != "wrong checksum" else data
    # Against a wrong sum there is only the whole to check, so what was unpacked with its last part is lost too.
    lost = 4096 if cut != "wrong checksum" else 4096 * (len(data) // len(whole) + 2)
    rows, rejects, _ = read_rows(tmp_path / "log.gz")
    assert len(rows) >= there[: max(0, len(there) - lost)].count(b"\n")
    (row,) = rejects.table().to_pylist()
    assert row["line"] == len(rows) + 1
    assert re.fullmatch(
        r"The gzip stream is damaged or breaks off here, near its byte [\d,]+: what follows is lost\.", row["reason"]
    )
    assert broken_inputs(rejects.table()) == [str(tmp_path / "log.gz")]


def test_parquet_with_two_columns_of_one_name_is_refused(tmp_path: Path) -> None:
    names = ["exchange_id", "ts", "account_id", "account_id"]
    columns = [pa.array(["x"]), pa.array([native(1)["ts"]]), pa.array(["a"]), pa.array(["b"])]
    pq.write_table(pa.Table.from_arrays(columns, names=names), tmp_path / "twice.parquet")
    rows, rejects, _ = read_rows(tmp_path / "twice.parquet")
    assert not rows
    assert rejects.table()["reason"].to_pylist() == [
        "The Parquet file has two columns of one name: none of its rows can be read."
    ]


def test_a_line_of_50_mb_is_refused_and_the_next_is_read(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_bytes(lines([native(1, prompt="x" * 50_000_000), native(2)]))
    rows, rejects, _ = read_rows(file)
    assert [row["exchange_id"] for row in rows] == ["x-2"]
    assert rejects.table()["line"].to_pylist() == [1]


def test_folders_patterns_and_repeats(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "b.jsonl").write_bytes(lines([native(2)]))
    (tmp_path / "deep" / "er" / "a.jsonl").write_bytes(lines([native(1)]))
    (tmp_path / ".hidden").write_bytes(b"no log")
    (tmp_path / "_SUCCESS").write_bytes(b"")
    rows, _, inputs = read_rows(tmp_path, tmp_path / "b.jsonl", f"{tmp_path}/**/*.jsonl")
    assert [row["exchange_id"] for row in rows] == ["x-2", "x-1"]
    assert [Path(one.path).name for one in inputs] == ["b.jsonl", "a.jsonl"]


def test_mistakes_of_the_user_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "logs.jsonl").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    said = []
    for sources, name in (
        ([tmp_path / "log.jsonl"], None), ([tmp_path / "*.gz"], None), ([tmp_path / "empty"], None), ([], None),
        ([tmp_path / "logs.jsonl"], "litelm"),
    ):  # fmt: skip
        with pytest.raises(UsageError) as error:
            read([str(source) for source in sources], rejects=Rejects(), format=name)
        said.append(str(error.value).replace(str(tmp_path), "DIR"))
    assert said == [
        "There is no file or folder 'DIR/log.jsonl': mend the path. Did you mean 'DIR/logs.jsonl'?",
        "No file matches 'DIR/*.gz': mend the pattern.",
        "The folder 'DIR/empty' holds no log: give one that does.",
        "No logs are given: name at least one file, folder or pattern, or - for standard input.",
        "No log format 'litelm': use one of otel, bedrock, litellm, anthropic, openai, native. Did you mean 'litellm'?",
    ]


def test_standard_input_of_any_packing(tmp_path: Path) -> None:
    parquet = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([native(1)]), parquet)
    code = (
        "from stillhunt.ingest.read import read; from stillhunt.ingest.rejects import Rejects, broken_inputs\n"
        "told, inputs = [], []\n"
        "r = read(['-'], rejects=Rejects(), inputs=inputs, on_progress=lambda *count: told.append(count))\n"
        "print(sum(b.num_rows for b in r), inputs[0].bytes, told[-1])"
    )
    source = str(Path(__file__).parents[2] / "src")
    for data in (lines([native(1)]), gzip.compress(lines([native(1)])), parquet.getvalue()):
        done = subprocess.run(
            [sys.executable, "-c", code], input=data, capture_output=True, check=True, env={"PYTHONPATH": source}
        )
        assert done.stdout.decode() == f"1 {len(data)} ({len(data)}, None)\n"


def test_progress_reaches_the_whole(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines(SOME))
    pq.write_table(pa.Table.from_pylist([native(1)]), tmp_path / "b.parquet")
    told: list[tuple[int, int | None]] = []
    read_rows(tmp_path, on_progress=lambda done, total: told.append((done, total)))
    size = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert told[-1] == (size, size)
    assert told == sorted(told)


ODD = [
    b"[]", b"null", b'"str"', b"7", b"NaN", b"{", b"\xff\xfe", b"\x00" * 40, b"[" * 3000, b'{"a": NaN}',
    b'{"exchange_id": "x", "ts": 1e20, "account_id": "a"}',
    b'{"exchange_id": "x", "ts": "year 1", "account_id": "a"}',
    b'{"exchange_id": "x", "ts": "2026-03-02T09:15:00", "account_id": "a"}',
    b'{"exchange_id": "x", "ts": true, "account_id": "a"}',
    b'{"exchange_id": "x", "ts": null, "account_id": "a"}',
    b'{"exchange_id": "", "ts": "2026-03-02T09:15:00Z", "account_id": "a"}',
    b'{"exchange_id": "x", "ts": "2026-03-02T09:15:00Z"}',
    b'{"exchange_id": "x", "ts": "2026-03-02T09:15:00Z", "account_id": ["a"]}',
    b'{"exchange_id": "x", "ts": "2026-03-02T09:15:00Z", "account_id": "a", "prompt": 5}',
    b'{"exchange_id": "x", "ts": "2026-03-02T09:15:00Z", "account_id": "a", "turns": 1.5}',
    b'{"exchange_id": "x", "ts": "2026-03-02T09:15:00Z", "account_id": "a", "turns": 3000000000}',
    b'{"exchange_id": "x", "ts": "2026-03-02T09:15:00Z", "account_id": "a", "input_tokens": 1e300}',
    b'{"exchange_id": "x", "ts": "2026-03-02T09:15:00Z", "account_id": "a", "temperature": "hot"}',
    b'{"exchange_id": "x", "ts": "2026-03-02T09:15:00Z", "account_id": "a", "stream": 1}',
    b'{"exchange_id": "x", "ts": "2026-03-02T09:15:00Z", "account_id": "a", "tools": "abc"}',
    b'{"exchange_id": "x", "ts": "2026-03-02T09:15:00Z", "account_id": "a", "headers": {"h": 1}}',
    b'{"exchange_id": "x", "ts": "2026-03-02T09:15:00Z", "account_id": "a", "messages": "hello"}',
    b'{"some": "other record"}',
]  # fmt: skip


def reasons(tmp_path: Path) -> str:
    said = []
    for name, records in [("native", ODD), (None, ODD[-1:])] + [(known.name, [b"{}"]) for known in FORMATS]:
        file = tmp_path / "log.jsonl"
        file.write_bytes(b"\n".join(records))
        rows, rejects, _ = read_rows(file, format=name)
        assert not rows
        assert rejects.rejected == len(records)
        # Rows that are refused when a batch is made come later than lines that are no record.
        told = {row["line"]: row["reason"] for row in rejects.table().to_pylist()}
        said += [f"{name}: {record[:110].decode('ascii', 'backslashreplace')}\n    {told[line]}\n"
                 for line, record in enumerate(records, 1)]  # fmt: skip
    return "".join(said).replace("\0", "0")


def test_reasons_are_worded_as_agreed(tmp_path: Path) -> None:
    assert reasons(tmp_path) == GOLDEN.read_text(encoding="utf-8")


def test_one_odd_value_changes_nothing_for_its_neighbours(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    good = [native(1, turns=2.0, tools=[], account_id=12, temperature=1), native(2, headers={"A": "b"}, stream=None)]
    file.write_bytes(lines(good))
    alone = read_rows(file)[0]
    file.write_bytes(lines([good[0], *map(orjson.loads, ODD[10:-1]), good[1]]))
    assert read_rows(file)[0] == alone
    assert alone[0]["account_id"] == "12"


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_a_number_that_is_none_hides_no_call(known: Any, tmp_path: Path) -> None:
    """A client sends one, a model server takes it, and a logger in Python writes it down as it came."""
    file = tmp_path / "log.jsonl"
    sound = orjson.dumps({**known.sample, "odd": [None]})
    file.write_bytes(sound)
    expected, _, _ = read_rows(file)
    for odd in (b"NaN", b"-Infinity", b"1e999", b"9" * 5000):
        file.write_bytes(b"\n\xef\xbb\xbf" + sound.replace(b"[null]", b"[" + odd + b"]"))
        rows, rejects, _ = read_rows(file)
        assert (rows, rejects.rejected) == (expected, 0)


def test_deep_nesting_anywhere_is_no_danger(tmp_path: Path) -> None:
    deep = b'[{"content":' * 500 + b"0" + b"}]" * 500
    records = [{**known.sample, name: "DEEP"} for known in FORMATS for name in known.sample]
    records += [native(1, **{name: "DEEP"}) for name in EXCHANGE.names]
    for known in FORMATS:
        file = tmp_path / "log.jsonl"
        file.write_bytes(lines(records).replace(b'"DEEP"', deep))
        _, rejects, _ = read_rows(file, format=known.name)
        assert rejects.accepted + rejects.rejected + rejects.skipped >= len(records)


def test_a_byte_order_mark_blank_lines_and_line_ends_of_windows_are_fine(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_bytes(
        b"\xef\xbb\xbf" + lines([native(1)]).replace(b"\n", b"\r\n") + b"\r\n \n" + orjson.dumps(native(2))
    )
    rows, rejects, _ = read_rows(file)
    assert (len(rows), rejects.rejected) == (2, 0)


def test_nothing_of_a_rejected_line_is_quoted(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_bytes(lines([native(1, prompt="hush"), native(2, turns="hush"), {"hush": 1}, ["hush"]]) + b"{hush")
    _, rejects, _ = read_rows(file, format="native")
    assert "hush" not in str(rejects.table().to_pylist())
    assert (rejects.rejected, rejects.accepted) == (4, 1)


def test_the_schema_is_exact_even_when_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(lines([native(1)]))
    assert next(read([str(tmp_path / "log")], rejects=Rejects())).schema.equals(EXCHANGE.arrow)
