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

from stillhunt import __version__
from stillhunt.attribution.attribute import who_profits
from stillhunt.attribution.marks import Suspects, read_suspects
from stillhunt.campaigns import assemble
from stillhunt.config import Settings, given, load_secret
from stillhunt.crosstable import cross_table
from stillhunt.earlier import fingerprints, open_earlier
from stillhunt.engine.base import Engine
from stillhunt.engine.choose import open_engine
from stillhunt.errors import InputError
from stillhunt.evidence.assess import Assessment, assess_groups
from stillhunt.evidence.measures import measure_groups
from stillhunt.evidence.reference import Reference
from stillhunt.groups.find import find_groups
from stillhunt.groups.holds import build_holds
from stillhunt.groups.ties import MOST_TIES
from stillhunt.ingest.rejects import broken_inputs
from stillhunt.lineage import settle
from stillhunt.profiles import build_profiles
from stillhunt.reading.lots import finished
from stillhunt.results import run_tables
from stillhunt.runs import RESULTS, Run, claimed, finish, write_table
from stillhunt.schema import CAMPAIGNS, PROFILE, REJECTED
from stillhunt.schema_actors import CROSS
from stillhunt.signals import BUILTIN
from stillhunt.timeline.tell import tell
from stillhunt.traffic import Reading, Traffic, conflicting, read_traffic

Progress = Callable[[str, float], None]
"""Called with the step's name and its completed share, 0 to 1."""

_NO_CALL = "no line in it tells of a model call, so give other logs"


@dataclass
class Clock:
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
    logs: str | Path | Sequence[str | Path],
    *,
    out: str | Path,
    accounts: str | Path | None = None,
    releases: str | Path | None = None,
    actors: str | Path | None = None,
    format: str | None = None,  # noqa: A002  the option's name on the command line
    settings: Settings | None = None,
    progress: Progress | None = None,
    after: str | Path | None = None,
) -> Run:
    """Hunt for campaigns in logs and write a run folder.

    Args:
        logs: Files, folders, globs or `-` for standard input; a list, or one alone.
        out: The run folder to write: new, empty, or with an unfinished run, which is then gone on from.
        accounts: Optional accounts file, JSON Lines or Parquet.
        releases: Optional model releases, JSON Lines or Parquet.
        actors: Optional file of those who might profit, JSON Lines: see docs/attribution.md.
        format: Name of the log format; recognised when not given.
        settings: What may be chosen.
        progress: Called as work goes on.
        after: An earlier run to go on from. Of the logs only what it and the runs before it did not read is read,
            and the answer is that of one run over everything; campaigns that go on keep their ids.

    Returns:
        The finished run. A run in which more than `settings.max_rejected` of the input was rejected, or of which an
        input broke off, is written, and `InputError` is raised after it.

    Raises:
        UsageError: If an input is missing, a setting is wrong, `out` holds anything but an unfinished run or another
            hunt writes to it, or `after` cannot be gone on from.
        InputError: If nothing could be read or too much was rejected.
    """
    chosen, secret = given(settings), load_secret()
    earlier = open_earlier(Path(after), secret) if after is not None else None
    reference = Reference.load(Path(chosen.reference) if chosen.reference else None)
    suspects = read_suspects(actors, secret) if actors else None
    traffic = Traffic(logs, accounts, releases, format, earlier)
    with claimed(out) as folder:
        clock = Clock(progress)
        with open_engine(chosen, folder) as engine:
            with clock.step("read"):
                reading = read_traffic(
                    engine,
                    traffic,
                    folder / "features",
                    secret,
                    lambda share: clock.tell("read", share),
                    processes=chosen.threads,
                )
            write_table(folder, REJECTED, reading.rejected_rows)
            if reading.accepted == 0 and earlier is None:
                why = f"see the reasons in '{folder / 'rejected.parquet'}'" if reading.rejected else _NO_CALL
                raise InputError(f"No exchange could be read from {_named(traffic.sources)}: {why}.")
            before = _before(earlier)
            measure(engine, clock, chosen.max_ties)
            with clock.step("evidence"):
                tested = assess_groups(engine, reference, chosen.level)
            with clock.step("campaigns"):
                tables = _tables(engine, tested, suspects, earlier)
                _write(folder, tables)
                counts = _counts(engine, tables, tested) | _lines_read(reading, before)
            span = _span(engine)
        info = {
            "stillhunt": __version__,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "settings": asdict(chosen),
            "versions": _versions(chosen.engine),
            "inputs": [asdict(i) for i in reading.inputs],
            "counts": counts,
            "timings": clock.seconds,
            **span,
            "actors": {"sha256": suspects.sha256, "actors": len(suspects.names)} if suspects else None,
            "control": {"method": "e-BH", "level": chosen.level, "reference": reference.source},
            "fingerprints": fingerprints(secret),
            "after": before,
        }
        with clock.step("report"):
            _tell(Run(folder, info))
        run = finish(folder, info)  # after the report: a run that was killed in it goes on, and ends with one
        finished(folder / "features")
        check_rejected(reading, chosen.max_rejected, f"'{folder / 'rejected.parquet'}' says why")
        return run


def _tell(run: Run) -> None:
    """Write the report of a run that has all but its mark."""
    from stillhunt.report.write import write_report  # noqa: PLC0415  charts take long to import: not before work

    write_report(run)


def _before(earlier: Run | None) -> dict[str, Any] | None:
    """What stood before this run read anything: the earlier run, and the lines that count as read with it."""
    if earlier is None:
        return None
    counts = earlier.info["counts"]
    return {
        "path": str(earlier.path),
        "created": earlier.info["created"],
        "inputs": len(earlier.info["inputs"]),
        "accepted": counts["accepted"],
        "rejected": counts["rejected"],
    }


def _span(engine: Engine) -> dict[str, Any]:
    """When the traffic was, and which models came out."""
    window = engine.fetch("SELECT min(ts) AS first_ts, max(ts) AS last_ts FROM features").to_pylist()[0]
    models = engine.fetch("SELECT model, released_at FROM releases ORDER BY released_at, model").to_pylist()
    return {"window": window, "releases": models}


def _write(folder: Path, tables: dict[str, pa.Table]) -> None:
    """Write every table of a run but what was rejected, which stands there already."""
    for table in RESULTS:
        if table != REJECTED:
            write_table(folder, table, tables[table.name])


def _lines_read(reading: Reading, before: dict[str, Any] | None) -> dict[str, int]:
    """Log lines accepted and rejected, by this run and by those that it stands on."""
    return {n: getattr(reading, n) + (before[n] if before else 0) for n in ("accepted", "rejected")}


def measure(engine: Engine, clock: "Clock", most_ties: int = MOST_TIES) -> None:
    """From `features` to `group_measures`: profiles, holds, groups of both layers, and what can be measured of them."""
    with clock.step("profiles"):
        build_profiles(engine)
    with clock.step("signals"):
        build_holds(engine, BUILTIN)
    with clock.step("groups"):
        find_groups(engine, BUILTIN, most_ties)
    with clock.step("measures"):
        measure_groups(engine)


def _tables(
    engine: Engine, tested: Sequence[Assessment], suspects: Suspects | None, earlier: Run | None
) -> dict[str, pa.Table]:
    """The tables of the run, by name. Ids last from `settle` on: what names a campaign is made before, or after it."""
    campaigns = assemble(engine, tested)
    tables = run_tables(engine, tested, campaigns)
    tables[CROSS.name] = cross_table(engine)
    tables |= who_profits(engine, suspects, tables[CAMPAIGNS.name])
    tables = settle(engine, tables, earlier)
    tables |= tell(engine, tables, earlier)
    known = {name: engine.fetch(f"SELECT * FROM {name} ORDER BY account_id") for name in (PROFILE.name, "account_keys")}
    return tables | known


def _counts(engine: Engine, tables: dict[str, pa.Table], tested: Sequence[Assessment]) -> dict[str, int]:
    exchanges, read_rows, accounts, holds = (
        engine.fetch(f"SELECT count(*) AS c FROM {name}")["c"][0].as_py()
        for name in ("features", "features_read", "profile", "held")
    )
    return {
        "exchanges": exchanges,
        "duplicates": read_rows - exchanges,
        "conflicts": conflicting(engine) if read_rows > exchanges else 0,
        "accounts": accounts,
        "holds": holds,
        "groups_tested": len(tested),
        "campaigns": len(tables["campaigns"]),
        "members": len(tables["members"]),
        "harvested": len(tables["exchanges"]),
        "operators": len(tables["operators"]["operator_id"].unique()),
    }


def check_rejected(reading: Reading, allowed: float, why: str) -> None:
    """Raise InputError if more than the share `allowed` of the lines was rejected, or an input broke off.

    Args:
        reading: What became of the input.
        allowed: Share of lines, 0 to 1; with 1 any loss is allowed.
        why: Where each line's reason is to be found, as a clause.
    """
    broken = broken_inputs(reading.rejected_rows)
    if broken and allowed < 1:  # one row says so, however many lines are behind it
        msg = (
            f"{_named(broken)} broke off, so nobody knows how much is missing ({why}): come back when all is there, or "
            "allow any loss by --max-rejected 1."
        )
        raise InputError(msg)
    total = reading.accepted + reading.rejected
    if reading.rejected > allowed * total:
        msg = (
            f"{reading.rejected:,} of {total:,} input lines were rejected, more than the {allowed:.0%} allowed "
            f"({why}): mend them, or raise --max-rejected."
        )
        raise InputError(msg)


def _versions(engine: str) -> dict[str, str]:
    names = ["duckdb", "pyarrow", "numpy", "numba", "scipy", "graspologic-native"]
    names += ["pyspark", "sqlglot"] if engine == "spark" else []
    return {"python": platform.python_version()} | {n: version(n) for n in names}


def _named(logs: Sequence[str | Path]) -> str:
    return ", ".join(f"'{s}'" for s in logs[:3]) + (f" and {len(logs) - 3} more" if len(logs) > 3 else "")
