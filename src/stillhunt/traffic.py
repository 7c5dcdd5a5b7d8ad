"""Logs in, tables out: what an engine knows of a provider's traffic before anybody looks for groups."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillhunt.earlier import fingerprints
from stillhunt.engine.base import Engine, Spreading
from stillhunt.features.accounts import account_keys
from stillhunt.ingest.accounts import read_accounts, read_releases
from stillhunt.ingest.rejects import Rejects
from stillhunt.ingest.sources import STDIN, Input, find
from stillhunt.reading.deal import read_lots
from stillhunt.reading.lots import Done, Work, begin_anew, go_on, split
from stillhunt.runs import Run, carry_features
from stillhunt.schema import ACCOUNT, FEATURES, RELEASE
from stillhunt.spread import How, read_spread


@dataclass(frozen=True)
class Traffic:
    """Where a provider's traffic is: logs, or a single one, and optionally what is known of accounts and releases."""

    logs: str | Path | Sequence[str | Path]
    accounts: str | Path | None = None
    releases: str | Path | None = None
    format: str | None = None
    after: Run | None = None
    """An earlier run whose features count as read, with what its own earlier runs read."""

    @property
    def sources(self) -> list[str]:
        """The logs as text; the letters of a single one are no list."""
        return [str(log) for log in ([self.logs] if isinstance(self.logs, str | Path) else self.logs)]


@dataclass(frozen=True)
class Reading:
    """What became of the input: log lines accepted and rejected now, and every rejected row of any file."""

    inputs: Sequence[Input]
    """Every file read, by this run and by those that it stands on."""
    accepted: int
    rejected: int
    rejected_rows: pa.Table


def read_traffic(  # noqa: PLR0913  where tables, features and news go to; processes by name
    engine: Engine,
    traffic: Traffic,
    folder: Path,
    secret: bytes,
    progress: Callable[[float], None],
    *,
    processes: int | None = None,
) -> Reading:
    """Read what is new in the logs and make `features`, `account_keys` and `releases` known to the engine.

    Args:
        engine: Gets the tables; `features_read` keeps what was delivered twice, `features` has each exchange once.
        traffic: What to read, and after which run.
        folder: Gets the feature files, which carry no text. What an unfinished run left there is not read again.
        secret: Keys the hashes of what is personal.
        progress: Called with the share of bytes read, 0 to 1.
        processes: How many may read at a time; one for each core when not given.

    Returns:
        What became of the input. Rows of the accounts and releases files may be refused too, but only log lines count.
    """
    side = Rejects()
    known = read_accounts(traffic.accounts, side) if traffic.accounts else ACCOUNT.empty()
    engine.register("account_keys", account_keys(known, secret))
    engine.register("releases", read_releases(traffic.releases, side) if traffic.releases else RELEASE.empty())
    before = [Input(**entry) for entry in traffic.after.info["inputs"]] if traffic.after else []
    sources = find(traffic.sources)
    if isinstance(engine, Spreading) and STDIN not in sources:
        begin_anew(folder)
        carried = carry_features(traffic.after, folder) if traffic.after else []
        spread = read_spread(engine, sources, folder, How(secret, traffic.format, before, len(carried)))
        once_each(engine, carried + spread.features)
        refused = pa.concat_tables([spread.refused, side.table()])
        return Reading([*before, *spread.inputs], spread.accepted, spread.refused.num_rows, refused)
    done = go_on(folder, _named(traffic, secret, before), sources)
    carried = carry_features(traffic.after, folder) if traffic.after else []
    work = Work(secret, traffic.format, [*before, *(i for lot in done for i in lot.inputs)])
    count = processes or os.cpu_count() or 1
    done += read_lots(split(sources), folder, work, count, _Meter(sources, progress).add)
    once_each(engine, _files(folder, carried, done))
    place = {file: number for number, file in enumerate(sources)}
    done = sorted((lot for lot in done if lot.inputs), key=lambda lot: place.get(lot.inputs[0].path, 0))
    inputs = sorted((i for lot in done for i in lot.inputs), key=lambda i: place.get(i.path, 0))
    refused = pa.concat_tables([*(lot.refused(folder) for lot in done), side.table()])
    return Reading([*before, *inputs], sum(d.accepted for d in done), sum(d.rejected for d in done), refused)


def once_each(engine: Engine, files: Sequence[Path]) -> None:
    """Make `features` of feature files: delivered twice is counted once.

    Which copy stays does not depend on the order of delivery. Where nothing came again, as is usual, `features` is the
    files themselves, and nothing is copied. Exchanges are told apart by their keys: that two of sixteen million have
    the same is to be met in one of a hundred thousand runs, and is then told as a conflict.
    """
    engine.load("features_read", files)
    engine.create("delivered_again", "SELECT exchange_key FROM features_read GROUP BY exchange_key HAVING count(*) > 1")
    if not engine.fetch("SELECT count(*) AS c FROM delivered_again")["c"][0].as_py():
        engine.load("features", files)
        return
    names, again = ", ".join(FEATURES.names), "(SELECT exchange_key FROM delivered_again)"
    # Copies that say the same of these may differ elsewhere (a gateway and the model's server both log a call).
    first = ("ts", "account_id", "body_key", "status")
    order = ", ".join((*first, *(name for name in FEATURES.names if name not in first)))
    engine.create(
        "features",
        f"""SELECT {names} FROM features_read WHERE exchange_key NOT IN {again}
            UNION ALL
            SELECT {names} FROM (
                SELECT *, row_number() OVER (PARTITION BY exchange_key ORDER BY {order}) AS copy
                FROM features_read WHERE exchange_key IN {again}) q WHERE copy = 1""",
    )


def conflicting(engine: Engine) -> int:
    """How many ids came with several exchanges: other accounts, times or texts, of which all but one are left out."""
    found = engine.fetch(
        """SELECT count(*) AS c FROM (
               SELECT exchange_key FROM features_read WHERE exchange_key IN (SELECT exchange_key FROM delivered_again)
               GROUP BY exchange_key
               HAVING count(DISTINCT account_id) > 1 OR count(DISTINCT ts) > 1 OR count(DISTINCT body_key) > 1) q"""
    )
    return int(found["c"][0].as_py())


class _Meter:
    """Turns bytes read into the share of all."""

    def __init__(self, files: Sequence[str], progress: Callable[[float], None]) -> None:
        self._total = 0 if STDIN in files else sum(Path(file).stat().st_size for file in files)
        self._read, self._progress = 0, progress

    def add(self, count: int) -> None:
        self._read += count
        self._progress(min(self._read / self._total, 1.0) if self._total else 0.0)


def _named(traffic: Traffic, secret: bytes, before: Sequence[Input]) -> str:
    """Name what makes features what they are, so that only a run of the same goes on from a folder."""
    said = [fingerprints(secret), traffic.format, [[i.sha256, i.bytes] for i in before]]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _files(folder: Path, carried: Sequence[Path], done: Sequence[Done]) -> list[Path]:
    """Return all feature files; there is one even without any row."""
    files = [*carried, *(file for lot in done for file in lot.features(folder))]
    if not files:
        files = [folder / "none.parquet"]
        pq.write_table(FEATURES.empty(), files[0])
    return files
