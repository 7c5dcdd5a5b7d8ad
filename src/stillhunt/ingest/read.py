"""The way in: sources of any known format become batches of EXCHANGE, ACCOUNT or RELEASE."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from stillhunt.ingest.fields import TOO_DEEP, parse_json
from stillhunt.ingest.format import Bad, Format
from stillhunt.ingest.formats import format_named, recognise
from stillhunt.ingest.parquet import Rows, native_batch, open_parquet, records, row_batches
from stillhunt.ingest.partitions import Values, path_values
from stillhunt.ingest.pending import FLUSH_BYTES, Pending
from stillhunt.ingest.rejects import Rejects
from stillhunt.ingest.resume import Place, place
from stillhunt.ingest.sources import PARQUET, STDIN, Counted, Input, find, lines
from stillhunt.schema import EXCHANGE, Table

Progress: TypeAlias = Callable[[int, int | None], None]
"""Called with the bytes read so far and the bytes of all files, which is None when standard input is among them."""

_LINES_TO_RECOGNISE = 100


def read(  # noqa: PLR0913  what to read, and who wants to know of it; all but the first by name
    sources: Sequence[str],
    *,
    rejects: Rejects,
    format: str | None = None,  # noqa: A002  as the option is called
    batch_rows: int = 20_000,
    on_progress: Progress | None = None,
    inputs: list[Input] | None = None,
    known: Sequence[Input] = (),
) -> Iterator[pa.RecordBatch]:
    """Read logs.

    Args:
        sources: Files, folders, patterns, or `-` for standard input; JSON Lines, plain, gzip or zstd, or Parquet.
        rejects: Collects what cannot be read, and counts.
        format: Name of the format; None to recognise that of each file by its first lines.
        batch_rows: The most rows in a batch.
        on_progress: Called as bytes are read.
        inputs: Gets an entry for each file, once it is read.
        known: Files that were read before: content that is theirs is left out, and has no entry in `inputs`.

    Returns:
        Batches of EXCHANGE. Nothing is read before it is asked for; memory holds about one batch.

    Raises:
        UsageError: At once, if a source is missing or the format unknown.
    """
    chosen = format_named(format) if format is not None else None
    pending = Pending(EXCHANGE, rejects, batch_rows)
    return _read(find(sources), chosen, pending, on_progress, inputs if inputs is not None else [], known)


def read_all(source: str, table: Table, chosen: Format, rejects: Rejects, met: set[str]) -> pa.Table:
    """Read all rows of a table other than EXCHANGE from a source that is small; otherwise as `read`.

    `met` gets the names of all fields that the rows bear.
    """
    batches = _read(find([source]), chosen, Pending(table, rejects, 20_000, met), None, [])
    return pa.Table.from_batches(batches, table.arrow)


def _read(  # noqa: PLR0913, PLR0917  as `read`
    files: Sequence[str],
    chosen: Format | None,
    pending: Pending,
    on_progress: Progress | None,
    inputs: list[Input],
    known: Sequence[Input] = (),
) -> Iterator[pa.RecordBatch]:
    meter = _Meter(None if STDIN in files else sum(Path(file).stat().st_size for file in files), on_progress)
    for file in files:
        start = place(file, known)
        if start.whole:
            meter.add(Path(file).stat().st_size)
            continue
        with nullcontext(sys.stdin.buffer) if file == STDIN else Path(file).open("rb") as raw:
            if start.bytes:
                raw.seek(start.bytes)
                meter.add(start.bytes)
            stream = Counted(raw, meter.add, start.digest, start.bytes)
            if stream.head == PARQUET and not start.bytes:
                name = yield from _read_parquet(file, stream, chosen, pending)
            else:
                name = yield from _read_lines(file, stream, chosen, pending, start)
            stream.drain()
        inputs.append(Input(file, stream.sha256, stream.count, name))
    yield from pending.flush()


class _Meter:
    """Adds up the bytes read over all files."""

    def __init__(self, total: int | None, on_progress: Progress | None) -> None:
        self._read = 0
        self._total = total
        self._on_progress = on_progress

    def add(self, count: int) -> None:
        self._read += count
        if self._on_progress is not None:
            self._on_progress(self._read, self._total)


def _read_lines(
    file: str, stream: Counted, chosen: Format | None, pending: Pending, start: Place
) -> Generator[pa.RecordBatch, None, str | None]:
    """Read JSON Lines; return the name of the format."""
    numbered = lines(stream, start.lines + 1)
    if chosen is None and start.format is not None:
        chosen = format_named(start.format)
    if chosen is None:
        chosen, numbered = _recognise_lines(numbered)
    for number, line in numbered:
        if isinstance(line, Bad):
            full = pending.take(line, 0, file, number, chosen)
        else:
            full = pending.take(read_record(line), len(line), file, number, chosen)
        if full:
            yield from pending.flush()
    return chosen.name if chosen else None


def _recognise_lines(
    numbered: Iterator[tuple[int, bytes | Bad]],
) -> tuple[Format | None, Iterator[tuple[int, bytes | Bad]]]:
    """Recognise the format by the first lines, and give them back."""
    kept: list[tuple[int, bytes | Bad]] = []
    size = 0
    chosen = None
    for number, line in numbered:
        kept.append((number, line))
        record = line if isinstance(line, Bad) else read_record(line)
        chosen = recognise(record) if isinstance(record, dict) else None
        size += 0 if isinstance(line, Bad) else len(line)
        if chosen is not None or len(kept) >= _LINES_TO_RECOGNISE or size >= FLUSH_BYTES:
            break
    return chosen, chain(kept, numbered)


def read_record(line: bytes) -> Any:
    """Parse one line; what is no JSON is a Bad that says why."""
    try:
        return parse_json(line)
    except ValueError as error:
        if b"\0" in line:
            return Bad("The line holds zero bytes: the file is not in UTF-8, or was not written to its end.")
        if TOO_DEEP in str(error):
            return Bad("The line is nested over 1,024 levels deep.")
        try:
            line.decode()
        except UnicodeDecodeError:
            return Bad("The line is not text in UTF-8.")
        return Bad("The line is not JSON: write one object a line.")


def _read_parquet(
    file: str, stream: Counted, chosen: Format | None, pending: Pending
) -> Generator[pa.RecordBatch, None, str | None]:
    """Read Parquet, which must be sought in, so standard input is kept in a file meanwhile."""
    with tempfile.TemporaryFile() if file == STDIN else Path(file).open("rb") as seekable:
        if file == STDIN:
            shutil.copyfileobj(stream, seekable)
        opened = open_parquet(seekable)
        if isinstance(opened, Bad):
            pending.take(opened, 0, file, 1, chosen)
            return chosen.name if chosen else None
        names = opened.schema_arrow.names
        if len(set(names)) < len(names):
            twice = "The Parquet file has two columns of one name: none of its rows can be read."
            _refuse(file, 1, opened.metadata.num_rows, twice, chosen, pending)
            return chosen.name if chosen else None
        told = path_values(file, pending.table, names)
        chosen = chosen or next((recognise({**told, **record}) for record in _first_record(opened)), None)
        flat = chosen is not None and chosen.flat and "messages" not in names
        wanted = [name for name in names if name in pending.table.names] if flat else None
        size = os.fstat(seekable.fileno()).st_size
        others = pending.others(names)
        for rows in row_batches(opened, wanted, pending.batch_rows):
            yield from _take_rows(file, rows, chosen, pending, told, others if flat else None)
            stream.read_up_to(int(rows.done * size))  # hashed in step, so that progress is even
    return chosen.name if chosen else None


def _take_rows(  # noqa: PLR0913, PLR0917  what the path of the file tells, beside the rows themselves
    file: str, rows: Rows, chosen: Format | None, pending: Pending, told: Values, others: set[str] | None
) -> Generator[pa.RecordBatch, None, None]:
    """Take in some rows; `others` are the names that are no columns, given where rows are cast as they are."""
    if rows.batch is None:
        lost = "The Parquet row group is damaged: its rows are lost."
        _refuse(file, rows.first, rows.count, lost, chosen, pending)
    elif others is not None:
        name = chosen.name if chosen else None
        batch, bad = native_batch(pending.table, rows.batch, told, others)
        yield from pending.accept(batch, {index: (file, rows.first + index, name) for index in bad}, bad)
    else:
        size = rows.batch.nbytes // max(1, rows.count)
        own = pending.table.names if chosen is not None and chosen.flat else ()
        for row, record in enumerate(records(rows.batch, own), rows.first):
            whole = {**told, **record} if own else record
            if pending.take(whole, size, file, row, chosen):
                yield from pending.flush()


def _refuse(file: str, first: int, count: int, reason: str, chosen: Format | None, pending: Pending) -> None:  # noqa: PLR0913, PLR0917  which rows, why and of what
    """Refuse so many rows in a row, each by itself: the share of what was lost decides whether a run can be trusted."""
    for row in range(first, first + count):
        pending.rejects.add(file, row, chosen.name if chosen else None, reason)


def _first_record(opened: pq.ParquetFile) -> list[dict[str, Any]]:
    for rows in row_batches(opened, None, 1):
        return records(rows.batch) if rows.batch is not None else []
    return []
