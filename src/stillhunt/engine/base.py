"""What every engine can do. SQL is written once, in DuckDB's dialect and a portable subset of it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeAlias, runtime_checkable

import pyarrow as pa

Batches: TypeAlias = Iterator[pa.RecordBatch]


class Engine(Protocol):
    """Runs set work on named tables.

    Banned in shared SQL, because engines differ in silence: an engine's own `hash()`, list indexing, `//` on doubles,
    `LOG`, `SKEWNESS`, `quantile_cont`, lists in an order (`list(x ORDER BY y)`), casts of fractions to integers, text
    of `DATE_TRUNC`. Times are BIGINT microseconds. What is told apart by the last digit of a float is rounded first.
    """

    def register(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table known under `name`, replacing what had that name."""
        ...

    def load(self, name: str, files: Sequence[Path]) -> None:
        """Make Parquet files of one schema known under `name`; they are read when asked, not before."""
        ...

    def create(self, name: str, sql: str) -> None:
        """Materialise the result of `sql` as table `name`, replacing what had that name."""
        ...

    def fetch(self, sql: str) -> pa.Table:
        """Run `sql` and return its rows as an Arrow table."""
        ...

    def write(self, sql: str, path: Path) -> None:
        """Run `sql` and write its rows to the Parquet file `path`, without holding them in memory."""
        ...

    def make_room(self) -> None:
        """Give back what memory it can: this process is about to need much itself."""
        ...

    def __enter__(self) -> Self:
        """Open the engine."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it and remove what it spilled."""
        ...


@runtime_checkable
class Spreading(Protocol):
    """An engine with workers that may run this program's own code, on this machine or on others."""

    def spread(self, work: pa.Table, function: Callable[[Batches], Batches], told: pa.Schema) -> pa.Table:
        """Run `function` over the rows of `work`, each where there is a worker for it, and return what it tells.

        A row may be worked on more than once, when a worker was lost or slow: doing it again must change nothing.
        """
        ...
