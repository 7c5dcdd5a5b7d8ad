"""Reads one lot: its lines become features in one Parquet file."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillhunt.features.featurise import featurise
from stillhunt.ingest.read import read
from stillhunt.ingest.rejects import Rejects
from stillhunt.ingest.sources import STDIN, Input
from stillhunt.reading.lots import PARTIAL, REFUSED, Done, Work, lot_key
from stillhunt.schema import FEATURES

GROUP_ROWS = 120_000
"""Rows of a row group: what an engine scans at a time, and what is held here before it is written."""
_HASHES = {"prompt_key", "body_key", "anchors.list.element", "bands.list.element"}
"""Columns as Parquet names them in which hardly any value comes twice: to look for repeats costs more than it saves."""
_COLUMNS = [f"{c.name}.list.element" if pa.types.is_list(c.type) else c.name for c in FEATURES.columns]
_ENCODING: dict[str, Any] = {
    "compression": {name: "NONE" if name in _HASHES else "ZSTD" for name in _COLUMNS},
    "compression_level": {name: 1 for name in _COLUMNS if name not in _HASHES},
    "use_dictionary": [name for name in _COLUMNS if name not in {*_HASHES, "semantic"}],
}


def read_lot(files: Sequence[str], folder: Path, work: Work, on_read: Callable[[int], None]) -> Done:
    """Read the new content of some files into one feature file; nothing stands there before all of it does.

    Args:
        files: What to read.
        folder: Gets the feature file, the rejected rows, and the notes that the lot is done.
        work: How to read, and what was read before.
        on_read: Called with the bytes read since it was last called.
    """
    rejects, inputs, at = Rejects(), list[Input](), 0

    def tell(done: int, _: int | None) -> None:
        nonlocal at
        on_read(done - at)
        at = done

    batches = read(files, rejects=rejects, format=work.format, inputs=inputs, known=work.known, on_progress=tell)
    partial = folder / f"{os.getpid()}-{abs(hash(tuple(files))):x}{PARTIAL}"
    rows = _write(partial, (featurise(batch, work.secret) for batch in batches))
    done = Done(lot_key(inputs, rejects.accepted + rejects.rejected), inputs, rejects.accepted, rejects.rejected)
    if rows:
        partial.replace(folder / f"{done.key}.parquet")
    else:
        partial.unlink()
    if rejects.rejected:
        pq.write_table(rejects.table(), partial)
        partial.replace(folder / f"{done.key}{REFUSED}")
    if inputs and STDIN not in files:
        done.note(folder)
    return done


def _write(file: Path, batches: Iterator[pa.RecordBatch]) -> int:
    """Write batches in row groups of about GROUP_ROWS; return the number of rows."""
    total = 0
    with pq.ParquetWriter(file, FEATURES.arrow, **_ENCODING) as writer:
        held: list[pa.RecordBatch] = []
        for batch in batches:
            held.append(batch)
            total += batch.num_rows
            if sum(b.num_rows for b in held) >= GROUP_ROWS:
                writer.write_table(pa.Table.from_batches(held), GROUP_ROWS * 2)
                held = []
        if held:
            writer.write_table(pa.Table.from_batches(held), GROUP_ROWS * 2)
    return total
