"""DuckDB, embedded: nothing to start, and it spills to disk when memory is short."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from stillhunt.errors import ServiceError, UsageError


@contextmanager
def _causes_named() -> Iterator[None]:
    """Tell what went wrong outside apart from what is wrong with the SQL, which is a mistake of our own."""
    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        reason = str(error).splitlines()[0]
        raise ServiceError(
            f"The engine cannot go on ({reason}): free memory or disk, or mend the file that it names."
        ) from None
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        # Of a damaged file it says either the name, or something without a class of its own.
        if type(error) is not duckdb.Error and not (
            isinstance(error, duckdb.InvalidInputException) and "file" in reason
        ):
            raise
        raise UsageError(f"A file is damaged and cannot be read ({reason}): put a sound one there.") from None
    except RuntimeError as error:
        if "interrupt" in str(error).lower():  # how DuckDB passes on that the user stopped the program
            raise KeyboardInterrupt from None
        raise


class DuckDBEngine:
    """Set work in this process.

    Args:
        memory_limit: What DuckDB's buffer manager may hold before it spills, for example `3GB`.
        threads: Worker threads; None leaves it to DuckDB.
    """

    def __init__(self, memory_limit: str = "3GB", threads: int | None = None) -> None:
        """Start an in-memory database whose spill files live in a folder of its own."""
        self._spill = tempfile.TemporaryDirectory(prefix="stillhunt-")
        self._db = duckdb.connect(str(Path(self._spill.name) / "work.duckdb"))
        self._memory_limit = memory_limit
        self._run(f"SET memory_limit='{memory_limit}'")
        self._run(f"SET temp_directory='{self._spill.name}/spill'")
        # Row order is part of no table's meaning; keeping it would cost memory in every large CREATE.
        self._run("SET preserve_insertion_order=false")
        self._run("SET enable_progress_bar=false")
        if threads is not None:
            self._run(f"SET threads={threads}")

    def register(self, name: str, table: pa.Table) -> None:
        """Copy an Arrow table into the database under `name`."""
        self._drop(name)
        self._db.register("incoming", table)
        self._run(f'CREATE TABLE "{name}" AS SELECT * FROM incoming')
        self._db.unregister("incoming")

    def load(self, name: str, files: Sequence[Path]) -> None:
        """Make Parquet files known under `name` as a view."""
        self._drop(name)
        listed = ", ".join("'" + str(f).replace("'", "''") + "'" for f in files)
        self._run(f'CREATE VIEW "{name}" AS SELECT * FROM read_parquet([{listed}])')

    def create(self, name: str, sql: str) -> None:
        """Materialise `sql` as table `name`; `sql` may read the table that it replaces."""
        self._run(f'CREATE TABLE "{name}__new" AS {sql}')
        self._drop(name)
        self._run(f'ALTER TABLE "{name}__new" RENAME TO "{name}"')

    def fetch(self, sql: str) -> pa.Table:
        """Run `sql` and return its rows."""
        with _causes_named():
            rows: pa.Table = self._db.sql(sql).to_arrow_table()
        return rows

    def write(self, sql: str, path: Path) -> None:
        """Run `sql` straight into a Parquet file."""
        target = str(path).replace("'", "''")
        self._run(f"COPY ({sql}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")

    def make_room(self) -> None:
        """Give back what memory it can: under a lower limit DuckDB lets go of the blocks that it keeps at hand."""
        with suppress(duckdb.OutOfMemoryException):  # some are in use
            self._db.execute("SET memory_limit='64MB'")
        self._run(f"SET memory_limit='{self._memory_limit}'")

    def _run(self, sql: str, values: Sequence[str] = ()) -> duckdb.DuckDBPyConnection:
        with _causes_named():
            return self._db.execute(sql, values)

    def _drop(self, name: str) -> None:
        kind = self._run("SELECT table_type FROM information_schema.tables WHERE table_name = ?", [name]).fetchone()
        if kind is not None:
            self._run(f'DROP {"VIEW" if kind[0] == "VIEW" else "TABLE"} "{name}"')

    def __enter__(self) -> Self:
        """Return the engine itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the database and remove its folder."""
        self._db.close()
        self._spill.cleanup()
