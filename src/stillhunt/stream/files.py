"""Log files as they grow, in plain JSON Lines: rotated, truncated and new ones included.

A file is known by its device and inode, so one that is renamed by rotation is read to its end, and the new one of its
name from its beginning. How far each was read is kept in the state file that the user names, and how it begins as a
hash keyed with the secret, for logs may begin with a prompt.
"""

import hmac
import itertools
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from stillhunt.config import load_secret
from stillhunt.errors import UsageError, of_system
from stillhunt.ingest.sources import CODECS, LONGEST_LINE, PARQUET, STDIN, find
from stillhunt.live.signing import signing_key
from stillhunt.stream.source import Batch, Line
from stillhunt.writing import written_whole

MOST_LINES: Final = 500
"""Lines of one batch at the most."""
LOOK_SECONDS: Final = 0.25
"""How often files without news are looked at."""
LEFT_SECONDS: Final = 60.0
"""How long a file that was rotated away may stay as it is before it is let go: its writer often goes on for a while."""
HEAD_BYTES: Final = 64
"""Bytes at the beginning of a file that tell it from another that got its inode."""

Identity = tuple[int, int]
Kept = tuple[int, int, str]
"""What is kept of a file: its offset, and of how many bytes at its beginning which hash."""


@dataclass
class _Open:
    """One file that is being read."""

    path: str
    file: BinaryIO
    read: int
    """Bytes up to the end of the last whole line that was handed on."""
    rest: bytes = b""
    head: bytes = field(default=b"", repr=False)
    away: float | None = None
    """Since when it has been rotated away and had no news, on a clock that never goes back."""


class GrowingFiles:
    """Follows files, and folders or patterns in which new ones may appear.

    Args:
        sources: Files, folders or patterns.
        state: Where offsets are kept; nowhere when not given, and every file is then read from its beginning.
        end: Whether to stop once everything is read, instead of waiting for more.
    """

    def __init__(self, sources: Sequence[str], *, state: str | Path | None = None, end: bool = False) -> None:
        """Find the files.

        Raises:
            UsageError: A source is missing, or the state file is none.
        """
        self._sources, self._state, self._end = list(sources), Path(state) if state else None, end
        self._open: dict[Identity, _Open] = {}
        self._known = _load(self._state) if self._state else {}
        self._key = signing_key(load_secret(), b"heads of logs") if self._state else b""
        self.packed: set[str] = set()
        """Files passed over because they are compressed or Parquet."""
        if STDIN in self._sources:
            raise UsageError("Standard input is not watched, for it cannot be read again: name files that grow.")
        self._look()
        if self.packed and not self._open:
            one = min(self.packed)
            raise UsageError(
                f"The log '{one}' is compressed or Parquet and does not grow by lines: name files of plain JSON Lines."
            )

    def batches(self) -> Iterator[Batch]:
        """Yield lines as they are written."""
        while True:
            self._look()
            came = False
            for batch in itertools.chain(*(self._lines(identity) for identity in list(self._open)), self._leave()):
                came = True
                yield batch
            if not came and self._end:
                yield from self._unfinished()
                return
            if not came:
                yield Batch(())
                time.sleep(LOOK_SECONDS)

    def commit(self, batch: Batch) -> None:
        """Write down how far the files are read."""
        if not isinstance(batch.mark, tuple):
            return
        identity, offset, head = batch.mark
        self._known[identity] = (offset, len(head), self._hash(head))
        if self._state is not None:
            _save(self._state, self._known)

    def _hash(self, head: bytes) -> str:
        return hmac.digest(self._key, head, "sha256").hex()

    def close(self) -> None:
        """Close the files."""
        for one in self._open.values():
            one.file.close()
        self._open.clear()

    def _look(self) -> None:
        """Open files that are new, also new under an old name, and begin anew with those that were cut short."""
        try:
            paths = find(self._sources)
        except UsageError:
            if not self._open:
                raise
            paths = []  # between the two steps of a rotation there may be none
        here = {path: self._take_up(path) for path in paths}
        for identity, one in self._open.items():
            size = os.fstat(one.file.fileno()).st_size
            if size < one.file.tell() or not _begins(one.file, one.head):
                self._begin_anew(one)
            # A path that is there and cannot be opened just now may still be this file's.
            if size != one.file.tell() or identity in here.values() or (one.path in here and here[one.path] is None):
                one.away = None
            elif one.away is None:
                one.away = time.monotonic()

    def _take_up(self, path: str) -> Identity | None:
        try:
            told = Path(path).stat()
            identity = (told.st_dev, told.st_ino)
            if identity in self._open:
                self._open[identity].path = path
                return identity
            file = Path(path).open("rb")  # noqa: SIM115  it stays open as long as it grows
        except OSError:
            return None
        offset, length, hashed = self._known.get(identity, (0, 0, self._hash(b"")))
        head = _head(file)[:length]
        if offset > told.st_size or self._hash(head) != hashed:
            offset, head = 0, b""
        if _head(file).startswith((PARQUET, *(magic for magic, _ in CODECS))):
            file.close()  # such a file does not grow by lines: rotation has packed it
            self.packed.add(path)
            return None
        file.seek(offset)
        self._open[identity] = _Open(path, file, offset, head=head)
        return identity

    def _leave(self) -> Iterator[Batch]:
        """Let go of files that were rotated away and are as they were; a last line that nobody ended is one, too."""
        now = time.monotonic()
        for identity, one in list(self._open.items()):
            if one.away is not None and now - one.away >= LEFT_SECONDS:
                end = one.read + len(one.rest)
                if one.rest.strip():
                    yield Batch([Line(one.rest, f"{one.path}, byte {end}")], (identity, end, one.head))
                one.file.close()
                del self._open[identity]

    @staticmethod
    def _begin_anew(one: _Open) -> None:
        one.file.seek(0)
        one.read, one.rest, one.head = 0, b"", b""

    def _lines(self, identity: Identity) -> Iterator[Batch]:
        """Yield what has come to a file; a line without its end waits for it."""
        one = self._open[identity]
        while block := one.file.read(2**20):
            if len(one.head) < HEAD_BYTES:
                one.head = _head(one.file)
            *whole, rest = (one.rest + block).split(b"\n")
            one.rest = rest
            lines: list[Line] = []
            for line in whole:
                one.read += len(line) + 1
                if line.strip():
                    lines.append(Line(line, f"{one.path}, byte {one.read}"))
                if len(lines) >= MOST_LINES:
                    yield Batch(lines, (identity, one.read, one.head))
                    lines = []
            if len(rest) > LONGEST_LINE:  # passed over; what is left of it is no JSON, and so it is counted
                one.read, one.rest = one.read + len(rest), b""
            if lines:
                yield Batch(lines, (identity, one.read, one.head))

    def _unfinished(self) -> Iterator[Batch]:
        """Yield last lines that nobody ended; committed up to their beginning, for one that goes on comes again."""
        for identity, one in self._open.items():
            if one.rest.strip():
                where = f"{one.path}, byte {one.read + len(one.rest)}"
                yield Batch([Line(one.rest, where)], (identity, one.read, one.head))


def _begins(file: BinaryIO, head: bytes) -> bool:
    """Whether a file still begins as it did."""
    return _head(file)[: len(head)] == head


def _head(file: BinaryIO) -> bytes:
    return os.pread(file.fileno(), HEAD_BYTES, 0)


def _load(path: Path) -> dict[Identity, Kept]:
    try:
        told: Any = json.loads(path.read_text(encoding="utf-8"))
        return {(d, i): (_offset(offset), _offset(length), str(head)) for d, i, offset, length, head in told["files"]}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"The state file '{path}' cannot be read: remove it, and the logs are read anew."
        raise of_system(error, msg) from None


def _offset(told: Any) -> int:
    if not isinstance(told, int) or told < 0:
        raise ValueError("no offset")
    return told


def _save(path: Path, known: dict[Identity, Kept]) -> None:
    told = {"files": [[*identity, *kept] for identity, kept in known.items()]}
    with written_whole(path, "The state file") as partial:
        partial.write_text(json.dumps(told), encoding="utf-8")
