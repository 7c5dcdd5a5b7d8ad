"""Finding log files, and reading their lines without ever holding a file in memory."""

import glob
import hashlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import pyarrow as pa

from stillhunt.errors import UsageError, did_you_mean
from stillhunt.ingest.fields import BOM
from stillhunt.ingest.folders import files_below, files_matching
from stillhunt.ingest.format import BROKEN, Bad
from stillhunt.ingest.warehouse import check_outside_tables, is_table, table_files
from stillhunt.runs import is_run

STDIN = "-"
LONGEST_LINE = 32 * 2**20
"""In bytes. Longer than any request that the large providers take; a longer line is refused and not kept."""

PARQUET = b"PAR1"
CODECS: tuple[tuple[bytes, Literal["gzip", "zstd"]], ...] = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))
_READ = 2**20
_PACKED, _SIP = 2**16, 2**12
"""Bytes of a packed stream that are read at a time, and that are unpacked at a time: when a part is damaged, what was
unpacked together with it is lost."""


@dataclass(frozen=True)
class Input:
    """One file that was read, as `run.json` lists it.

    Attributes:
        path: As found; `-` is standard input.
        sha256: Of the file as it stands, compressed if it is.
        bytes: Its size.
        format: What it was read as; None if that could not be told.
    """

    path: str
    sha256: str
    bytes: int
    format: str | None


def find(sources: Sequence[str]) -> list[str]:
    """Return the files that paths, folders (with all below them) and patterns name, each once, in a fixed order.

    Raises:
        UsageError: If one is missing, cannot be read, names no file, or is a run folder.
    """
    found: dict[str, None] = {}
    for source in sources:
        try:
            found.update(dict.fromkeys(_files(source)))
        except PermissionError as error:
            raise _may_not_be_read(error.filename) from None
    if not found:
        msg = "No logs are given: name at least one file, folder or pattern, or - for standard input."
        raise UsageError(msg)
    return list(found)


def _files(source: str) -> list[str]:
    path = Path(source)
    if source == STDIN:
        return [source]
    if is_table(path):
        files, problem = table_files(path), f"The table at '{source}' holds no row: give one that does."
    elif is_run(path) or (path.name == "features" and is_run(path.parent)):
        raise UsageError(f"The folder '{source}' is a run's, and its files are results: name logs that lie outside it.")
    elif path.is_dir():
        files = files_below(path)
        problem = f"The folder '{source}' holds no log: give one that does."
    elif path.exists():
        files, problem = [source], ""
    elif glob.has_magic(source):
        files = files_matching(source)
        problem = f"No file matches '{source}': mend the pattern."
    elif "://" in source:
        files, problem = [], f"'{source}' is an address, and logs are read from paths: mount it, and name it there."
    else:
        beside = [str(near) for near in path.parent.glob("*")] if path.parent.is_dir() else []
        files, problem = (
            [],
            f"There is no file or folder '{source}': mend the path.{did_you_mean(source, beside)}",
        )
    if not files:
        raise UsageError(problem)
    for file in files:
        if not path.is_dir() and not is_table(path):
            check_outside_tables(file)
        if not os.access(file, os.R_OK):
            raise _may_not_be_read(file)
    return files


def _may_not_be_read(path: str) -> UsageError:
    return UsageError(f"'{path}' may not be read: give this user the right to.")


class Counted(io.RawIOBase):
    """A stream of bytes that keeps count, hashes what passes, and can show its first bytes before they are read."""

    def __init__(self, stream: BinaryIO, on_read: Callable[[int], None], digest: Any = None, before: int = 0) -> None:
        """Read from `stream`, and call `on_read` with the number of bytes of each read.

        `before` bytes were read earlier, and `digest` is the hash's state after them.
        """
        self._stream = stream
        self._on_read = on_read
        self._digest = digest or hashlib.sha256()
        self._head = stream.read(len(PARQUET))
        self.count = before

    @property
    def head(self) -> bytes:
        """The first bytes, until reading starts."""
        return self._head

    @property
    def sha256(self) -> str:
        """Hash of all that was read, now and before."""
        return self._digest.hexdigest()

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, or a part of the stream's choice; empty at the end."""
        data = self._head or self._stream.read(_READ if size < 0 else size)
        self._head = b""
        self._digest.update(data)
        self.count += len(data)
        self._on_read(len(data))
        return data

    def read_up_to(self, count: int) -> None:
        """Read on until `count` bytes are read."""
        while self.count < count and self.read(_READ):
            pass

    def drain(self) -> None:
        """Read what is left, so that hash and count are those of the whole."""
        while self.read(_READ):
            pass


class _Sips(io.RawIOBase):
    """A packed stream in small parts."""

    def __init__(self, stream: Counted) -> None:
        self._stream, self._held = stream, io.BytesIO()
        self.count = stream.count

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:  # noqa: ARG002  a part of the stream's choice
        data = self._held.read(_SIP)
        if not data:
            self._held = io.BytesIO(self._stream.read(_PACKED))
            data = self._held.read(_SIP)
        self.count += len(data)
        return data


def lines(stream: Counted, first: int = 1) -> Iterator[tuple[int, bytes | Bad]]:
    """Read lines with their numbers from `first`, decompressing gzip and zstd by their first bytes.

    Blank lines are left out. A line that is too long, or the place where a damaged stream breaks off, gives a Bad; of
    the text before that place at most 4 KiB are lost with it.
    """
    codec = next((name for magic, name in CODECS if stream.head.startswith(magic)), None)
    packed = _Sips(stream)
    source = pa.CompressedInputStream(pa.PythonFile(packed, "r"), codec) if codec else stream
    size = _SIP if codec else _READ
    number, parts, length, too_long = first, [b""], 0, False
    while True:
        try:
            block = source.read(size)
        except OSError:
            what, at = (f"{codec} stream", packed.count) if codec else ("file", stream.count)
            yield number, Bad(f"The {what} {BROKEN} here, near its byte {at:,}: what follows is lost.")
            return
        pieces = block.split(b"\n") if block else [b"", b""]  # the end of the file ends its last line
        for piece in pieces[:-1]:
            line = b"".join((*parts, piece)).strip()
            if too_long or len(line) > LONGEST_LINE:
                yield number, Bad(f"The line is longer than {LONGEST_LINE // 2**20} MiB.")
            elif line := line.removeprefix(BOM) if number == 1 else line:
                yield number, line
            number, parts, length, too_long = number + 1, [], 0, False
        if not block:
            return
        length += len(pieces[-1])
        too_long = too_long or length > LONGEST_LINE
        parts = [] if too_long else [*parts, pieces[-1]]
