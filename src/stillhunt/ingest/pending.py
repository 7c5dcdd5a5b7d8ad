"""Parsed records gather until they fill a batch."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeAlias

import pyarrow as pa

from stillhunt.ingest.conform import assemble, from_values
from stillhunt.ingest.format import Bad, Format, Row, Skip
from stillhunt.ingest.formats import FORMATS
from stillhunt.ingest.rejects import Rejects
from stillhunt.schema import Table

Place: TypeAlias = tuple[str, int, str | None]
"""File, line and format."""

FLUSH_BYTES = 64 * 2**20
"""A batch of long lines is handed on early, so that memory stays bounded."""

_UNKNOWN = (
    f"The format is not recognised: it is none of {', '.join(known.name for known in FORMATS)}; "
    "if it is one, name it with --format."
)


class Pending:
    """Rows that wait until a batch is full, with where each came from."""

    def __init__(self, table: Table, rejects: Rejects, batch_rows: int, met: set[str] | None = None) -> None:
        """Gather rows of `table` into batches of at most `batch_rows`; `met` gets the names of all their fields."""
        self.table = table
        self.rejects = rejects
        self.batch_rows = batch_rows
        self._met = met
        self._rows: list[Row] = []
        self._places: list[Place] = []
        self._bytes = 0

    def others(self, names: Collection[str]) -> set[str]:
        """Take note of the names of fields, and return those that are no columns."""
        if self._met is not None:
            self._met.update(names)
        return set(names) - set(self.table.names)

    def take(self, record: Any, size: int, file: str, line: int, chosen: Format | None) -> bool:
        """Take in one record, or refuse it; return whether it is time to flush."""
        if isinstance(record, Bad):
            self.rejects.add(file, line, chosen.name if chosen else None, record.reason)
        elif not isinstance(record, dict):
            kind = "a list" if isinstance(record, list) else "a single value"
            reason = f"The line is {kind}, not an object: write one record a line."
            self.rejects.add(file, line, chosen.name if chosen else None, reason)
        elif chosen is None:
            self.rejects.add(file, line, None, _UNKNOWN)
        else:
            for part in chosen.parse(record):
                if isinstance(part, Bad):
                    self.rejects.add(file, line, chosen.name, part.reason)
                elif isinstance(part, Skip):
                    self.rejects.skipped += 1
                else:
                    self._rows.append(part)
                    self._places.append((file, line, chosen.name))
            self._bytes += size
        return len(self._rows) >= self.batch_rows or self._bytes >= FLUSH_BYTES

    def flush(self) -> Iterator[pa.RecordBatch]:
        """Hand on what waits, in batches that are not too long."""
        rows, places, self._rows, self._places, self._bytes = self._rows, self._places, [], [], 0
        for start in range(0, len(rows), self.batch_rows):
            some = rows[start : start + self.batch_rows]
            names: set[str] = set().union(*some)
            parts = {
                column.name: from_values(column, [row.get(column.name) for row in some])
                for column in self.table.columns
                if column.name in names
            }
            batch, bad = assemble(self.table, parts, len(some), self.others(names))
            yield from self.accept(batch, {index: places[start + index] for index in bad}, bad)

    def accept(
        self, batch: pa.RecordBatch, places: Mapping[int, Place], bad: Mapping[int, str]
    ) -> Iterator[pa.RecordBatch]:
        """Hand on sound rows, and refuse the others."""
        for index in sorted(bad):
            self.rejects.add(*places[index], bad[index])
        self.rejects.accepted += batch.num_rows
        if batch.num_rows:
            yield batch
