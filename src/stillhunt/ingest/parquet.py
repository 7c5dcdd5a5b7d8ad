"""Parquet logs, row group by row group. Native ones are cast by Arrow, without a Python object for any row."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from stillhunt.ingest.clock import micros_array
from stillhunt.ingest.conform import assemble, from_arrow
from stillhunt.ingest.format import BROKEN, Bad
from stillhunt.ingest.partitions import Values, constant_columns
from stillhunt.ingest.values import mended, python_values
from stillhunt.schema import Table


@dataclass(frozen=True)
class Rows:
    """Some rows in a row of a Parquet file.

    Attributes:
        first: Number of the first row, from 1.
        batch: The rows; None where they could not be read.
        count: How many they are.
        done: Share of the file that is read with them.
    """

    first: int
    batch: pa.RecordBatch | None
    count: int
    done: float


_DAMAGE = (pa.ArrowException, OSError, ValueError)
"""What reading a damaged file raises; ValueError where a name in it is not UTF-8."""


def open_parquet(file: BinaryIO) -> pq.ParquetFile | Bad:
    """Open a Parquet file, or say that it is none."""
    try:
        return pq.ParquetFile(file)
    except _DAMAGE:
        return Bad(f"The Parquet file {BROKEN}: none of its rows can be read.")


def row_batches(file: pq.ParquetFile, names: list[str] | None, batch_rows: int) -> Iterator[Rows]:
    """Read the columns `names` of a Parquet file, or all; a damaged row group gives rows without a batch."""
    total = max(1, file.metadata.num_rows)
    first = 1
    for group in range(file.num_row_groups):
        end = first + file.metadata.row_group(group).num_rows
        try:
            for batch in file.iter_batches(batch_rows, row_groups=[group], columns=names):
                yield Rows(first, batch, batch.num_rows, (first + batch.num_rows - 1) / total)
                first += batch.num_rows
        except _DAMAGE:
            yield Rows(first, None, end - first, (end - 1) / total)
        first = end


def native_batch(
    table: Table, batch: pa.RecordBatch, values: Values, others: Collection[str] = ()
) -> tuple[pa.RecordBatch, dict[int, str]]:
    """Turn rows that bear the table's column names into exactly that table, with why the others do not fit.

    `values` are those of columns that the path of the file tells, `others` names in the file that are no columns.
    """
    given = batch.schema.names
    parts = {
        column.name: from_arrow(column, batch.column(given.index(column.name)))
        for column in table.columns
        if column.name in given
    }
    return assemble(table, constant_columns(table, values, batch.num_rows) | parts, batch.num_rows, others)


def records(batch: pa.RecordBatch, strict: Collection[str] = ()) -> list[dict[str, Any]]:
    """Turn rows into records as JSON would give them, for formats that are not flat.

    Text that is not UTF-8 is mended, for a client can send it; but in the columns `strict`, which are the provider's
    own, it becomes bytes, and is refused as such.
    """
    columns = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        told = micros_array(column)[0] if pa.types.is_timestamp(column.type) else column
        columns.append(python_values(told, bytes if name in strict else mended))
    return [dict(zip(batch.schema.names, row, strict=True)) for row in zip(*columns, strict=True)]
