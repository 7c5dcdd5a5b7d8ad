"""A run is a folder of Parquet files, complete once `run.json` stands in it, and never changed after."""

import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from stillhunt.errors import StillhuntError, UsageError, of_system, reason
from stillhunt.schema import (
    ACCOUNT_KEYS,
    CAMPAIGNS,
    EVIDENCE,
    FEATURES,
    GROUPS,
    HARVESTED,
    MEMBERS,
    OPERATORS,
    PROFILE,
    REJECTED,
    Table,
)
from stillhunt.schema_actors import ATTRIBUTION, CROSS
from stillhunt.schema_time import EVENTS, FORMER, LINEAGE
from stillhunt.writing import written_whole

RESULTS = (
    CAMPAIGNS, MEMBERS, HARVESTED, OPERATORS, EVIDENCE, GROUPS, REJECTED, PROFILE, ACCOUNT_KEYS, CROSS, ATTRIBUTION,
    EVENTS, LINEAGE, FORMER,
)  # fmt: skip
"""The tables of a finished run; each is a file `<name>.parquet`, readable by any other process."""


@dataclass(frozen=True)
class Run:
    """A finished run. Tables are read when asked for."""

    path: Path
    info: Mapping[str, Any]
    """What `run.json` says: settings, versions, inputs with hashes, counts, timings."""

    @classmethod
    def open(cls, path: str | Path) -> "Run":
        """Open the run at `path`.

        Raises:
            UsageError: If no complete run stands there, or it may not be read.
            ServiceError: If the disk fails.
        """
        folder = Path(path)
        try:
            info = json.loads((folder / "run.json").read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            msg = f"No complete run at '{folder}': give a folder that `stillhunt hunt --out` wrote."
            raise UsageError(msg) from None
        except OSError as error:
            raise _damaged(folder / "run.json", error) from None
        except ValueError:  # no JSON, or no text
            info = None
        if not isinstance(info, dict):
            raise _damaged(folder / "run.json")
        return cls(folder, info)

    def table(self, table: Table) -> pa.Table:
        """Read one of RESULTS.

        Raises:
            UsageError: If its file is gone or damaged, or may not be read.
            ServiceError: If the disk fails.
        """
        file = self.path / f"{table.name}.parquet"
        try:
            return pq.read_table(file, schema=table.arrow)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(file, error) from None

    def check_files(self, *tables: Table) -> None:
        """Look whether tables and feature files are there, end as they should, and hold the columns that they must.

        Args:
            tables: Which; all when none is given.

        Raises:
            UsageError: If one cannot be read, is another table's, or there is no feature file.
            ServiceError: If the disk fails.
        """
        files = [(self.path / f"{table.name}.parquet", table) for table in tables or RESULTS]
        files += [(file, FEATURES) for file in self.features or [self.path / "features"]]
        for file, table in files:
            try:
                names = pq.read_schema(file).names
            except (pa.ArrowException, OSError) as error:
                raise _damaged(file, error) from None
            if not set(table.names) <= set(names):
                raise _damaged(file)

    @property
    def campaigns(self) -> pa.Table:
        """The campaigns called; no row is a good answer."""
        return self.table(CAMPAIGNS)

    @property
    def features(self) -> list[Path]:
        """The feature files, one for each lot of logs that was read, in order of their names."""
        return sorted((self.path / "features").glob("*.parquet"))


def _damaged(file: Path, error: Exception | None = None) -> StillhuntError:
    if isinstance(error, OSError) and error.errno and not isinstance(error, FileNotFoundError):
        msg = f"The run's file '{file}' cannot be read ({reason(error)}): mend that, or give another run."
        return of_system(error, msg)
    return UsageError(f"The run's file '{file}' is gone or damaged: give another run, or hunt its logs again.")


def carry_features(earlier: Run, folder: Path) -> list[Path]:
    """Put the feature files of `earlier` into `folder`, and return them there, in order.

    They are linked where the file system can, so a day costs only its own; else copied. Either way `folder` needs
    the earlier run no more, and since nobody writes to a feature file again, both stay as they are.
    """
    carried = [folder / source.name for source in earlier.features]
    for source, target in zip(earlier.features, carried, strict=True):
        try:
            target.hardlink_to(source)
        except OSError:  # another file system, or one without links
            shutil.copyfile(source, target)
    return carried


def refuse_finished(folder: Path) -> None:
    """Refuse a folder that holds a finished run.

    Raises:
        UsageError: It does.
    """
    if (folder / "run.json").exists():
        msg = f"'{folder}' holds a finished run, and runs never change: give another folder to --out, or remove it."
        raise UsageError(msg)


def is_run(folder: Path) -> bool:
    """Tell whether a folder is a run's, finished or not: one that was never finished keeps its lock."""
    return (folder / "features").is_dir() and any((folder / mark).exists() for mark in ("run.json", "run.lock"))


@contextmanager
def claimed(out: str | Path) -> Iterator[Path]:
    """Make the folder of a run, or take one with an unfinished run, and keep it to this process while it writes there.

    The file `run.lock` marks an unfinished run, and a lock on it keeps others out. The lock ends with the process,
    however that ends, so a run that was killed is gone on from. The file is removed once the run is finished,
    and not before: another process may have opened it, and would lock a file that nobody else sees. Where the file
    system knows no locks, nothing is kept.

    Raises:
        UsageError: The folder holds a finished run or files of anybody else, it cannot be made, or another process
            writes there.
        ServiceError: The disk is full, or fails.
    """
    if not str(out):
        raise UsageError("The run folder has no name: give one to --out.")
    folder = Path(out)
    with _marked(folder) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = f"Another hunt writes to '{folder}' just now: give another folder to --out, or wait until it ends."
            raise UsageError(msg) from None
        except OSError:  # no locks here
            pass
        try:
            refuse_finished(folder)
            yield folder
        finally:
            if (folder / "run.json").exists():
                (folder / "run.lock").unlink(missing_ok=True)


def _marked(folder: Path) -> BinaryIO:
    """Make the folder with the mark of an unfinished run: what stands there may be replaced or removed then."""
    try:
        refuse_finished(folder)
        folder.mkdir(parents=True, exist_ok=True)
        own = (folder / "run.lock").exists() or (folder / "features" / "run.partial").exists()
        if not own and any(folder.iterdir()):
            raise UsageError(f"'{folder}' is not empty and holds no unfinished run: give another to --out.")
        (folder / "run.lock").touch()  # before all else: a run that is killed now is gone on from
        (folder / "features").mkdir(exist_ok=True)
        return (folder / "run.lock").open("ab")
    except OSError as error:
        msg = f"The run folder '{folder}' cannot be made ({reason(error)}): give another to --out."
        raise of_system(error, msg) from None


def write_table(folder: Path, table: Table, rows: pa.Table) -> None:
    """Write `rows` as `<name>.parquet`, whole or not at all; its schema must be the table's."""
    with written_whole(folder / f"{table.name}.parquet", "The run's file") as partial:
        pq.write_table(rows.select(list(table.names)).cast(table.arrow), partial, compression="zstd")


def finish(folder: Path, info: Mapping[str, Any]) -> Run:
    """Write `run.json`, the mark that a run is complete, and return the run."""
    text = json.dumps(info, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    with written_whole(folder / "run.json", "The run's file") as partial:
        partial.write_text(text, encoding="utf-8")
    return Run(folder, info)
