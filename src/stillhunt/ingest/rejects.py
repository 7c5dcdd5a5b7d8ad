"""What could not be read, and why."""

import pyarrow as pa
import pyarrow.compute as pc

from stillhunt.ingest.format import BROKEN
from stillhunt.schema import REJECTED

_CHUNK = 50_000


class Rejects:
    """Collects rows of REJECTED, and counts what became of all input.

    Every file, format and reason is kept once in a chunk of 50,000, so a rejected row costs about 20 bytes. Reasons
    quote nothing of the input, which may hold secrets.

    Attributes:
        accepted: Rows handed on.
        rejected: Rows refused.
        skipped: Parts of records that are sound but tell of no model call.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self.accepted = 0
        self.rejected = 0
        self.skipped = 0
        self._chunks: list[pa.RecordBatch] = []
        self._open: list[tuple[str, int, str | None, str]] = []

    def add(self, file: str, line: int, format_name: str | None, reason: str) -> None:
        """Refuse one row; `line` counts lines, or rows of Parquet, from 1."""
        self.rejected += 1
        self._open.append((file, line, format_name, reason))
        if len(self._open) >= _CHUNK:
            self._close_chunk()

    def table(self) -> pa.Table:
        """Return REJECTED, in the order in which the rows were met."""
        self._close_chunk()
        if not self._chunks:
            return REJECTED.empty()
        return pa.Table.from_batches(self._chunks).cast(REJECTED.arrow)

    def _close_chunk(self) -> None:
        if not self._open:
            return
        files, lines, formats, reasons = (list(column) for column in zip(*self._open, strict=True))
        packed = [pa.array(texts, pa.string()).dictionary_encode() for texts in (files, formats, reasons)]
        columns = [packed[0], pa.array(lines, pa.int64()), packed[1], packed[2]]
        self._chunks.append(pa.RecordBatch.from_arrays(columns, names=list(REJECTED.names)))
        self._open = []


def broken_inputs(rejected: pa.Table) -> list[str]:
    """Return the inputs of which rows of REJECTED say that they break off, so that nobody knows how much is lost."""
    rows = rejected.filter(pc.match_substring(rejected["reason"], BROKEN))
    return [str(file) for file in rows["file"].unique().to_pylist()]
