"""The one order of steps: logs → features → profiles → holds → groups → evidence → campaigns → a run folder."""

import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillhunt import __version__
from stillhunt.campaigns import assemble
from stillhunt.config import Settings, load_secret
from stillhunt.engine.base import Engine
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.errors import InputError, UsageError
from stillhunt.evidence.assess import Assessment, assess_groups
from stillhunt.evidence.measures import measure_groups
from stillhunt.evidence.reference import Reference
from stillhunt.features.accounts import account_keys
from stillhunt.features.featurise import featurise
from stillhunt.groups.find import find_groups
from stillhunt.groups.holds import build_holds
from stillhunt.ingest.accounts import read_accounts, read_releases
from stillhunt.ingest.read import read
from stillhunt.ingest.rejects import Rejects
from stillhunt.ingest.sources import Input
from stillhunt.profiles import build_profiles
from stillhunt.report.write import write_report
from stillhunt.results import campaign_tables, group_tables
from stillhunt.runs import Run, finish, write_table
from stillhunt.schema import ACCOUNT, FEATURES, PROFILE, REJECTED, RELEASE, TABLES
from stillhunt.signals import BUILTIN

Progress = Callable[[str, float], None]
"""Called with the step's name and its completed share, 0 to 1."""

ROWS_PER_FILE = 1_000_000


@dataclass
class _Clock:
    """Times steps and tells about them."""

    progress: Progress | None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step; it is told as begun, and as done when it ends."""
        self.tell(name, 0.0)
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)
        self.tell(name, 1.0)

    def tell(self, name: str, share: float) -> None:
        """Pass progress on, if anybody listens."""
        if self.progress is not None:
            self.progress(name, share)


def hunt(  # noqa: PLR0913  the public entry: what a user may give, all of it optional but logs and out
    logs: Sequence[str | Path],
    *,
    out: str | Path,
    accounts: str | Path | None = None,
    releases: str | Path | None = None,
    format: str | None = None,  # noqa: A002  the option's name on the command line
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Run:
    """Hunt for campaigns in logs and write a run folder.

    Args:
        logs: Files, folders, globs or `-` for standard input.
        out: The run folder to write; it must not hold a finished run.
        accounts: Optional accounts file, JSON Lines or Parquet.
        releases: Optional model releases, JSON Lines or Parquet.
        format: Name of the log format; recognised when not given.
        settings: What may be chosen.
        progress: Called as work goes on.

    Returns:
        The finished run. A run in which more than `settings.max_rejected` of the input was rejected is written, and
        `InputError` is raised after it.

    Raises:
        UsageError: If an input is missing, a setting is wrong or `out` holds a run.
        InputError: If nothing could be read or too much was rejected.
    """
    chosen = settings or Settings()
    folder = _prepare(Path(out))
    reference = Reference.load(Path(chosen.reference) if chosen.reference else None)
    clock = _Clock(progress)
    rejects = Rejects()
    with DuckDBEngine(chosen.memory, chosen.threads) as engine:
        with clock.step("read"):
            inputs = _read(engine, folder, logs, accounts, releases, format, rejects, clock)
        rejected = rejects.table()
        write_table(folder, REJECTED, rejected)
        if rejects.accepted == 0:
            msg = f"No exchange could be read from {_named(logs)}: see the reasons in '{folder / 'rejected.parquet'}'."
            raise InputError(msg)
        counts = {"accepted": rejects.accepted, "rejected": len(rejected)}
        tested = _group_and_test(engine, reference, chosen.level, clock)
        with clock.step("campaigns"):
            campaigns = assemble(engine, tested)
            tables = campaign_tables(engine, campaigns) | group_tables(engine, tested, campaigns)
            for name, rows in tables.items():
                write_table(folder, TABLES[name], rows)
            write_table(folder, PROFILE, engine.fetch("SELECT * FROM profile ORDER BY account_id"))
            counts |= _counts(engine, tables, tested)
        window = engine.fetch("SELECT min(ts) AS first_ts, max(ts) AS last_ts FROM features").to_pylist()[0]
        models = engine.fetch("SELECT model, released_at FROM releases ORDER BY released_at, model").to_pylist()
    run = finish(
        folder,
        {
            "stillhunt": __version__,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "settings": asdict(chosen),
            "versions": _versions(),
            "inputs": inputs,
            "counts": counts,
            "timings": clock.seconds,
            "window": window,
            "releases": models,
            "control": {"method": "e-BH", "level": chosen.level, "reference": reference.source},
        },
    )
    with clock.step("report"):
        write_report(run)
    _check_rejected(counts, chosen.max_rejected, folder)
    return run


def _prepare(folder: Path) -> Path:
    if (folder / "run.json").exists():
        msg = f"'{folder}' holds a finished run, and runs never change: give another folder to --out, or remove it."
        raise UsageError(msg)
    try:
        (folder / "features").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"The run folder '{folder}' cannot be made ({error.strerror}): give another to --out."
        raise UsageError(msg) from None
    for stale in (folder / "features").glob("*.parquet"):
        stale.unlink()
    return folder


def _read(  # noqa: PLR0913  every input of the step, named
    engine: Engine,
    folder: Path,
    logs: Sequence[str | Path],
    accounts: str | Path | None,
    releases: str | Path | None,
    format: str | None,  # noqa: A002
    rejects: Rejects,
    clock: _Clock,
) -> list[dict[str, Any]]:
    """Read logs once, keep their features, and make `features`, `account_keys` and `releases` known to the engine."""
    secret = load_secret()
    known = read_accounts(str(accounts), rejects) if accounts else ACCOUNT.empty()
    engine.register("account_keys", account_keys(known, secret))
    engine.register("releases", read_releases(str(releases), rejects) if releases else RELEASE.empty())
    inputs: list[Input] = []
    batches = read(
        [str(s) for s in logs],
        rejects=rejects,
        format=format,
        inputs=inputs,
        on_progress=lambda done, total: clock.tell("read", done / total if total else 0.0),
    )
    files = _write_features(folder / "features", (featurise(batch, secret) for batch in batches))
    engine.load("features_read", files)
    # Delivered twice is counted once; which copy stays does not depend on the order of delivery.
    engine.create(
        "features",
        f"""SELECT {", ".join(FEATURES.names)} FROM (
                SELECT *, row_number() OVER (PARTITION BY exchange_id ORDER BY ts, account_id, body_key, status) AS copy
                FROM features_read) q WHERE copy = 1""",
    )
    return [asdict(i) for i in inputs]


def _write_features(folder: Path, batches: Iterator[pa.RecordBatch]) -> list[Path]:
    """Write feature batches to numbered files of about ROWS_PER_FILE rows; memory holds one batch at a time."""
    files: list[Path] = []
    writer: pq.ParquetWriter | None = None
    rows = 0
    try:
        for batch in batches:
            if writer is None or rows >= ROWS_PER_FILE:
                if writer is not None:
                    writer.close()
                files.append(folder / f"{len(files):05d}.parquet")
                writer, rows = pq.ParquetWriter(files[-1], FEATURES.arrow, compression="zstd"), 0
            writer.write_batch(batch)
            rows += batch.num_rows
    finally:
        if writer is not None:
            writer.close()
    if not files:
        files.append(folder / "00000.parquet")
        pq.write_table(FEATURES.empty(), files[0])
    return files


def _group_and_test(engine: Engine, reference: Reference, level: float, clock: _Clock) -> list[Assessment]:
    with clock.step("profiles"):
        build_profiles(engine)
    with clock.step("signals"):
        build_holds(engine, BUILTIN)
    with clock.step("groups"):
        find_groups(engine, BUILTIN)
    with clock.step("evidence"):
        measure_groups(engine)
        return assess_groups(engine, reference, level)


def _counts(engine: Engine, tables: dict[str, pa.Table], tested: Sequence[Assessment]) -> dict[str, int]:
    exchanges, read_rows, accounts, holds = (
        engine.fetch(f"SELECT count(*) AS c FROM {name}")["c"][0].as_py()
        for name in ("features", "features_read", "profile", "held")
    )
    return {
        "exchanges": exchanges,
        "duplicates": read_rows - exchanges,
        "accounts": accounts,
        "holds": holds,
        "groups_tested": len(tested),
        "campaigns": len(tables["campaigns"]),
        "members": len(tables["members"]),
        "harvested": len(tables["exchanges"]),
        "operators": len(tables["operators"]["operator_id"].unique()),
    }


def _check_rejected(counts: dict[str, int], allowed: float, folder: Path) -> None:
    total = counts["accepted"] + counts["rejected"]
    if counts["rejected"] > allowed * total:
        msg = (
            f"{counts['rejected']:,} of {total:,} input lines were rejected, more than the {allowed:.0%} allowed: see the "
            f"reasons in '{folder / 'rejected.parquet'}', or raise --max-rejected."
        )
        raise InputError(msg)


def _versions() -> dict[str, str]:
    names = ("duckdb", "pyarrow", "numpy", "numba", "scipy", "graspologic-native")
    return {"python": platform.python_version()} | {n: version(n) for n in names}


def _named(logs: Sequence[str | Path]) -> str:
    return ", ".join(f"'{s}'" for s in logs[:3]) + (f" and {len(logs) - 3} more" if len(logs) > 3 else "")  # noqa: PLR2004
