"""Logs in, tables out: what an engine knows of a provider's traffic before anybody looks for groups."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillhunt.engine.base import Engine, Spreading
from stillhunt.features.accounts import account_keys
from stillhunt.features.featurise import featurise
from stillhunt.ingest.accounts import read_accounts, read_releases
from stillhunt.ingest.read import read
from stillhunt.ingest.rejects import Rejects
from stillhunt.ingest.sources import STDIN, Input, find
from stillhunt.runs import Run, carry_features
from stillhunt.schema import ACCOUNT, FEATURES, RELEASE
from stillhunt.spread import How, read_spread

ROWS_PER_FILE = 1_000_000
"""Rows of one feature file: large enough to compress well, small enough to be read in parallel."""


@dataclass(frozen=True)
class Traffic:
    """Where a provider's traffic is: logs, and optionally what is known of accounts and releases."""

    logs: Sequence[str | Path]
    accounts: str | Path | None = None
    releases: str | Path | None = None
    format: str | None = None
    after: Run | None = None
    """An earlier run whose features count as read, with what its own earlier runs read."""


@dataclass(frozen=True)
class Reading:
    """What became of the input: log lines accepted and rejected now, and every rejected row of any file."""

    inputs: Sequence[Input]
    """Every file read, by this run and by those that it stands on."""
    accepted: int
    rejected: int
    rejected_rows: pa.Table


def read_traffic(
    engine: Engine, traffic: Traffic, folder: Path, secret: bytes, progress: Callable[[float], None]
) -> Reading:
    """Read what is new in the logs and make `features`, `account_keys` and `releases` known to the engine.

    Args:
        engine: Gets the tables; `features_read` keeps what was delivered twice, `features` has each exchange once.
        traffic: What to read, and after which run.
        folder: Gets the feature files, which carry no text.
        secret: Keys the hashes of what is personal.
        progress: Called with the share of bytes read, 0 to 1.

    Returns:
        What became of the input. Rows of the accounts and releases files may be refused too, but only log lines count.
    """
    side, rejects = Rejects(), Rejects()
    known = read_accounts(traffic.accounts, side) if traffic.accounts else ACCOUNT.empty()
    engine.register("account_keys", account_keys(known, secret))
    engine.register("releases", read_releases(traffic.releases, side) if traffic.releases else RELEASE.empty())
    known = [Input(**entry) for entry in traffic.after.info["inputs"]] if traffic.after else []
    sources = [str(source) for source in traffic.logs]
    files = carry_features(traffic.after, folder) if traffic.after else []
    if isinstance(engine, Spreading) and STDIN not in sources:
        spread = read_spread(engine, find(sources), folder, How(secret, traffic.format, tuple(known), len(files)))
        inputs, accepted, rejected = spread.inputs, spread.accepted, spread.refused.num_rows
        files, refused = files + spread.features, spread.refused
    else:
        inputs = list[Input]()
        batches = read(
            sources,
            rejects=rejects,
            format=traffic.format,
            inputs=inputs,
            known=known,
            on_progress=lambda done, total: progress(done / total if total else 0.0),
        )
        files += _write_features(folder, (featurise(batch, secret) for batch in batches), len(files))
        accepted, rejected, refused = rejects.accepted, rejects.rejected, rejects.table()
    engine.load("features_read", files)
    # Delivered twice is counted once; which copy stays does not depend on the order of delivery.
    engine.create(
        "features",
        f"""SELECT {", ".join(FEATURES.names)} FROM (
                SELECT *, row_number() OVER (PARTITION BY exchange_id ORDER BY ts, account_id, body_key, status) AS copy
                FROM features_read) q WHERE copy = 1""",
    )
    return Reading([*known, *inputs], accepted, rejected, pa.concat_tables([refused, side.table()]))


def _write_features(folder: Path, batches: Iterator[pa.RecordBatch], before: int) -> list[Path]:
    """Write feature batches to files of about ROWS_PER_FILE rows, numbered after the `before` files that are there.

    Memory holds one batch at a time. There is a file even without any row, unless others are there.
    """
    files: list[Path] = []
    writer: pq.ParquetWriter | None = None
    rows = 0
    try:
        for batch in batches:
            if writer is None or rows >= ROWS_PER_FILE:
                if writer is not None:
                    writer.close()
                files.append(folder / f"{before + len(files):05d}.parquet")
                writer, rows = pq.ParquetWriter(files[-1], FEATURES.arrow, compression="zstd"), 0
            writer.write_batch(batch)
            rows += batch.num_rows
    finally:
        if writer is not None:
            writer.close()
    if not files and not before:
        files.append(folder / "00000.parquet")
        pq.write_table(FEATURES.empty(), files[0])
    return files
