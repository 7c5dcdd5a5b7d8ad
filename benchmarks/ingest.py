"""How fast logs are read, in rows per second, beside DuckDB reading the same file in the same run.

    python benchmarks/ingest.py [--rows N] [--repeats N]

Times are CPU seconds of the process on one thread, the best of the repeats: on a busy machine the ratios hold.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from stillhunt.ingest.read import read
from stillhunt.ingest.rejects import Rejects

WORDS = ("the", "tide", "river", "stone", "lantern", "copper", "why", "does", "it", "hold", "under", "winter", "rain")


def text(rng: random.Random, chars: int) -> str:
    """Make about `chars` characters of text."""
    return " ".join(rng.choices(WORDS, k=chars // 5))


def native(rng: random.Random, row: int) -> dict[str, object]:
    """Make a native record of about 1.2 kB."""
    return {
        "exchange_id": f"x-{row}",
        "ts": f"2026-03-{1 + row % 28:02}T{row % 24:02}:15:00.250Z",
        "account_id": f"acct-{row % 5000}",
        "model": "large-2",
        "operation": "chat",
        "system": text(rng, 200),
        "prompt": text(rng, 350),
        "response": text(rng, 300),
        "turns": 1,
        "temperature": 0.7,
        "max_tokens": 1024,
        "status": 200,
        "stop_reason": "stop",
        "input_tokens": 140,
        "output_tokens": 90,
        "latency_ms": 812.5,
        "ip": f"203.0.113.{row % 256}",
        "user_agent": "OpenAI/Python 2.1.0",
        "headers": {"x-stainless-lang": "python", "x-stainless-os": "Linux"},
    }


def span(record: dict[str, object], row: int) -> dict[str, object]:
    """Make the OTLP span that tells of a native record."""
    said = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "example",
        "gen_ai.request.model": record["model"],
        "gen_ai.response.id": record["exchange_id"],
        "user.id": record["account_id"],
        "client.address": record["ip"],
        "user_agent.original": record["user_agent"],
        "gen_ai.system_instructions": json.dumps([{"type": "text", "content": record["system"]}]),
        "gen_ai.input.messages": json.dumps(
            [{"role": "user", "parts": [{"type": "text", "content": record["prompt"]}]}]
        ),
        "gen_ai.output.messages": json.dumps(
            [{"role": "assistant", "parts": [{"type": "text", "content": record["response"]}]}]
        ),
    }
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in said.items()]
    attributes += [
        {"key": f"gen_ai.usage.{name}", "value": {"intValue": str(record[name])}}
        for name in ("input_tokens", "output_tokens")
    ]
    start = 1_772_442_900_000_000_000 + row
    return {
        "traceId": f"{row:032x}",
        "spanId": f"{row:016x}",
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + 10**9),
        "attributes": attributes,
    }


def write(folder: Path, rows: int) -> dict[str, Path]:
    """Write the same calls in each form."""
    rng = random.Random(7)  # noqa: S311  made text, no secret
    records = [native(rng, row) for row in range(rows)]
    files = {name: folder / name for name in ("native.jsonl", "native.parquet", "otel.jsonl")}
    files["native.jsonl"].write_text("\n".join(map(json.dumps, records)))
    flat = [{**record, "headers": list(record["headers"].items())} for record in records]  # type: ignore[attr-defined]
    headers = pa.field("headers", pa.map_(pa.string(), pa.string()))
    guessed = pa.Table.from_pylist(flat[:1]).schema
    schema = guessed.set(guessed.get_field_index("headers"), headers)
    pq.write_table(pa.Table.from_pylist(flat, schema=schema), files["native.parquet"], row_group_size=50_000)
    with files["otel.jsonl"].open("w") as out:
        for start in range(0, rows, 50):
            spans = [span(record, row) for row, record in enumerate(records[start : start + 50], start)]
            out.write(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}) + "\n")
    return files


def ours(path: Path) -> int:
    """Read with Stillhunt."""
    rejects = Rejects()
    rows = sum(batch.num_rows for batch in read([str(path)], rejects=rejects))
    if rejects.rejected:
        raise SystemExit(rejects.table()["reason"][0].as_py())
    return rows


def duckdbs(path: Path) -> int:
    """Read with DuckDB, into Arrow as well; for OTLP it only parses the lines, and leaves spans nested."""
    with duckdb.connect(config={"threads": 1}) as engine:
        reader = "read_parquet" if path.suffix == ".parquet" else "read_ndjson"
        options = "" if path.suffix == ".parquet" else ", maximum_object_size=33554432"
        return engine.sql(f"SELECT * FROM {reader}('{path}'{options})").to_arrow_table().num_rows


def best(action: Callable[[Path], int], path: Path, repeats: int) -> float:
    """Return the least CPU seconds that `action` took."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        action(path)
        seconds.append(time.process_time() - start)
    return min(seconds)


def main() -> None:
    """Measure and print a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=60_000)
    options.add_argument("--repeats", type=int, default=3)
    given = options.parse_args()
    pa.set_cpu_count(1)
    print(f"{'file':<16}{'MB':>7}{'rows/s/core':>14}{'DuckDB':>12}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for name, path in write(Path(folder), given.rows).items():
            speeds = [given.rows / best(action, path, given.repeats) for action in (ours, duckdbs)]
            size = path.stat().st_size / 1e6
            print(f"{name:<16}{size:>7.0f}{speeds[0]:>14,.0f}{speeds[1]:>12,.0f}{speeds[0] / speeds[1]:>8.2f}")


if __name__ == "__main__":
    main()
