"""Rows per second and core of the text kernel, beside plain scans of the same Parquet text by DuckDB.

    python benchmarks/kernel.py [--rows N] [--chars N] [--seed N] [--corpus FOLDER] [--rounds N] [--json]

Text comes from word lists of this file and a seed, or with --corpus from the `text` of gzip JSON Lines in a folder.
Each measurement reads the Parquet file, uses one thread and counts CPU time, the best of some rounds: on a busy machine
trust the ratios. The first call compiles the kernel and is not counted.
"""

import argparse
import gzip
import json
import platform
import random
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import numba
import pyarrow as pa
import pyarrow.parquet as pq

from stillhunt.features.cues import tables
from stillhunt.features.featurise import LABELS, featurise
from stillhunt.features.texts import read_column
from stillhunt.schema import EXCHANGE

SUBJECTS = (
    "the museum guide|a patient gardener|our night train|this small harbour|every second clerk|my upstairs neighbour"
)
VERBS = "describes|repairs|quietly forgets|compares|translates|measures|explains step by step|draws a table of"
OBJECTS = (
    "seventeen old clocks|the tides of March|a function in Python|its own timetable|the weather report|2 loaves of rye"
)
ENDINGS = (
    "before noon.|without any help?|and then leaves!|in three sentences.|(see page 12).|as if nothing had happened."
)


def sentences(rows: int, chars: int, seed: int) -> list[str]:
    """Make texts of about so many characters."""
    draw = random.Random(seed)  # noqa: S311 - texts for a benchmark
    parts = [text.split("|") for text in (SUBJECTS, VERBS, OBJECTS, ENDINGS)]
    texts = []
    for _ in range(rows):
        length, text = draw.randint(chars // 2, chars * 3 // 2), ""
        while len(text) < length:
            text += " ".join(draw.choice(part) for part in parts) + f" {draw.getrandbits(20):x} "
        texts.append(text)
    return texts


def corpus(folder: Path, rows: int) -> list[str]:
    """Read texts from a folder, the same number from each file until there are enough."""
    files = sorted(folder.glob("*.jsonl.gz"))
    texts: list[str] = []
    for path in files:
        with gzip.open(path, "rt") as lines:
            found = (json.loads(line).get("text") for line in islice(lines, rows // len(files) + 1))
            texts += [text for text in found if text]
    return texts


def cpu_seconds(work: Callable[[], object], rounds: int) -> float:
    """Return the least CPU time of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def measure(texts: list[str], rounds: int, folder: Path) -> dict[str, Any]:
    """Measure the kernel, the whole of featurise, and two scans by DuckDB, over one Parquet file."""
    rows = [
        {"exchange_id": str(i), "ts": i, "account_id": f"a{i % 997}", "prompt": text, "ip": f"10.0.{i % 7}.{i % 251}"}
        for i, text in enumerate(texts)
    ]
    file = folder / "exchange.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=EXCHANGE.arrow), file)
    lookups = tables(LABELS)
    base = duckdb.connect()
    base.execute("SET threads = 1")

    def kernel() -> None:
        for batch in pq.ParquetFile(file).iter_batches(columns=["prompt"], use_threads=False):
            read_column(batch.column(0), lookups, sketch=True)

    def whole() -> None:
        for batch in pq.ParquetFile(file).iter_batches(use_threads=False):
            featurise(batch, b"benchmark")

    def scan(expression: str) -> Callable[[], object]:
        return lambda: base.execute(f"SELECT sum({expression}) FROM read_parquet('{file}')").fetchall()

    works = {
        "kernel": kernel,
        "featurise": whole,
        "duckdb_length": scan("length(prompt)"),
        "duckdb_split": scan("len(string_split(prompt, ' '))"),
    }
    kernel()
    rates = {name: len(texts) / cpu_seconds(work, rounds) for name, work in works.items()}
    return {
        "rows": len(texts),
        "mean_chars": sum(map(len, texts)) / len(texts),
        "rows_per_cpu_second": {name: round(rate) for name, rate in rates.items()},
        "kernel_cost_in_splits": rates["duckdb_split"] / rates["kernel"],
        "kernel_cost_in_scans": rates["duckdb_length"] / rates["kernel"],
        "machine": f"{platform.machine()}, Python {platform.python_version()}, {platform.system()}",
        "versions": {"duckdb": duckdb.__version__, "numba": numba.__version__, "pyarrow": pa.__version__},
    }


def processor() -> str:
    """Return the processor's name where the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


def main() -> None:
    """Print the measurements."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--chars", type=int, default=450)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--corpus", type=Path)
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args()
    made = (
        corpus(options.corpus, options.rows) if options.corpus else sentences(options.rows, options.chars, options.seed)
    )
    with tempfile.TemporaryDirectory() as folder:
        result = measure(made, options.rounds, Path(folder))
    result["processor"] = processor()
    if options.json:
        print(json.dumps(result, indent=2))
        return
    print(f"{result['rows']:,} texts of {result['mean_chars']:.0f} characters on average, one thread, CPU time")
    for name, rate in result["rows_per_cpu_second"].items():
        print(f"  {name:<14} {rate:>10,} rows per second and core")
    print(f"  the kernel costs as much as {result['kernel_cost_in_splits']:.1f} splits into words by DuckDB,")
    print(f"  or {result['kernel_cost_in_scans']:.1f} plain scans (sum of lengths)")
    print(f"{result['processor']}; {result['machine']}; {result['versions']}")


if __name__ == "__main__":
    main()
