"""The decision log: JSON Lines that are only ever added to, each signed together with the one before.

Whoever changes, removes or reorders a line without the provider's secret breaks the chain from there on; whoever cuts
off the end is found out by the file `<log>.head`, which holds the signature of the last line. The log keeps the
provider's own account and exchange ids, for an analyst must act on them; it holds no text, address or card.

Several processes may write one log. Each takes a lock, follows what others have added, and adds what waits; so a line
is signed when it is written, and a write that fails leaves the chain as it was.
"""

import contextlib
import fcntl
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, Final

from stillhunt.errors import InputError, ServiceError, StillhuntError, of_system, reason
from stillhunt.live.chain import BEGIN, Chain, Place
from stillhunt.live.verdict import Verdict

LOG: Final = logging.getLogger("stillhunt.live")
AT_ONCE: Final = 64
"""Decisions after which they are written without waiting for a flush; a process that is killed loses no more."""
MOST_WAITING: Final = 10_000
"""Decisions kept while the log cannot be written, some 7 MB; further ones are lost, and counted."""


@dataclass(frozen=True)
class Verified:
    """What a check found: all is as it was written.

    Attributes:
        lines: Decisions.
        first_ts: Time of the first, µs UTC; None if there is none.
        last_ts: Time of the last.
        head: Signature of the last.
        unfinished: Bytes after it of a line that was never ended, as a process leaves it that is killed in a write.
    """

    lines: int
    first_ts: int | None
    last_ts: int | None
    head: str
    unfinished: int = 0


class DecisionLog:
    """Adds decisions to a log.

    Attributes:
        lost: Decisions that could not be kept until the log could be written.
    """

    def __init__(self, path: str | Path, secret: bytes) -> None:
        """Go on at the end of a log, or begin one; a last line that was never ended is cut off, with a warning.

        Raises:
            UsageError: The file may not be written, or not there.
            ServiceError: The disk is full, or fails.
            InputError: What stands there was changed, or the log is gone and its head is not.
        """
        self._path, self._chain = Path(path), Chain(secret)
        self._waiting: list[bytes] = []
        self._added, self.lost = 0, 0
        self._told = True  # whether the head names the last line written here, or one after it
        try:
            if not self._path.exists() and _head(self._path) != BEGIN:
                raise InputError(
                    f"The decision log '{path}' is gone and '{_head_file(self._path).name}' is not: find out who could "
                    "remove it, and log to a new file."
                )
            self._path.open("ab").close()
            # Without a lock: of a long log that takes seconds, for which nobody else shall wait.
            self._place = _follow_all(self._path, self._chain)[0]
        except OSError as error:
            msg = f"The decision log '{path}' cannot be written ({reason(error)}): give another."
            raise of_system(error, msg) from None
        self._write()

    def add(self, exchange: Mapping[str, Any], verdict: Verdict, moment: int) -> bool:
        """Add one decision, with the ids of the request and of its account; waits for no other process.

        Returns:
            Whether it is kept; not if the log cannot be written and too much waits for it already.
        """
        self._added += 1
        if self._added % AT_ONCE == 0:
            with contextlib.suppress(StillhuntError):  # whoever flushes is told
                self._write(wait=False)
        if len(self._waiting) >= MOST_WAITING:
            self.lost += 1
            return False
        told = {
            "ts": moment,
            "exchange_id": exchange.get("exchange_id"),
            "account_id": exchange.get("account_id"),
            **verdict.to_dict(),
        }
        self._waiting.append(json.dumps(told, sort_keys=True, default=str).encode())
        return True

    def flush(self) -> None:
        """Hand what was added to the disk, and then its head, so that a crash between the two loses no line.

        Raises:
            ServiceError: It cannot be written; what waits is kept and is written by the next flush that can.
            UsageError: It may not be written any more; what waits is kept as well.
            InputError: Somebody else than a process with this secret has changed the log meanwhile.
        """
        self._write(to_disk=True)

    def close(self) -> None:
        """Hand everything to the disk; raises as `flush` does."""
        self.flush()

    def _write(self, *, wait: bool = True, to_disk: bool = False) -> None:
        try:
            with self._path.open("rb+", buffering=0) as file:
                # Closing lets it go, and so does the end of the process, however it ends.
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
                self._follow_others(file)
                self._append(file)
                if to_disk and not self._told:
                    os.fsync(file.fileno())
                    self._tell_head()
        except OSError as error:
            msg = (
                f"The decision log '{self._path}' cannot be written ({reason(error)}): mend that, and what waits is "
                "written."
            )
            raise of_system(error, msg, otherwise=ServiceError) from None

    def _follow_others(self, file: FileIO) -> None:
        size = file.seek(0, os.SEEK_END)
        if size < self._place.bytes:
            raise _cut(self._path)
        for place, _ in self._chain.follow(self._path, self._place, size):
            self._place = place
        if self._place.bytes < size:
            file.truncate(self._place.bytes)
            LOG.warning(
                "The decision log '%s' ended in a part of a line, as a process leaves it that is killed while it "
                "writes: the part was cut off.",
                self._path.name,
            )

    def _append(self, file: FileIO) -> None:
        while self._waiting:  # some at a time: while the disk is full, each try costs little
            place, lines = self._place, b""
            for body in self._waiting[:AT_ONCE]:
                place, line = self._chain.add(place, body)
                lines += line
            try:
                _write_whole(file, self._place.bytes, lines)
            except OSError:
                file.truncate(self._place.bytes)
                raise
            self._place, self._told = place, False
            del self._waiting[:AT_ONCE]

    def _tell_head(self) -> None:
        partial = self._path.with_name(self._path.name + ".head.partial")
        with partial.open("w", encoding="ascii") as file:
            file.write(self._place.last + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, _head_file(self._path))  # noqa: PTH105  atomic on every platform, unlike rename
        self._told = True


def verify(path: str | Path, secret: bytes) -> Verified:
    """Check a log from its first line to its last; others may write to it meanwhile.

    Lines after the head are those of a writer that had no time to say so; they are checked like the others.

    Raises:
        UsageError: There is no such log.
        InputError: A line was changed, removed, added or put elsewhere; the error says which.
    """
    try:
        place, size, ends = _follow_all(Path(path), Chain(secret))
    except OSError as error:
        msg = f"The decision log '{path}' cannot be read ({reason(error)}): give another."
        raise of_system(error, msg) from None
    first_ts, last_ts = (json.loads(body)["ts"] for body in ends) if ends else (None, None)
    return Verified(place.lines, first_ts, last_ts, place.last, size - place.bytes)


def _follow_all(path: Path, chain: Chain) -> tuple[Place, int, tuple[bytes, bytes] | None]:
    """Follow a log to its end: where the chain ends, how long the file is, and its first and last decision."""
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)  # so that nobody is in the middle of a line, or between log and head
        size, head = file.seek(0, os.SEEK_END), _head(path)
    place, met, ends = Place(), head == BEGIN, None
    for after, body in chain.follow(path, place, size):
        place, met = after, met or after.last == head
        ends = (ends[0] if ends else body, body)
    if not met:
        raise _cut(path)
    return place, size, ends


def _write_whole(file: FileIO, start: int, data: bytes) -> None:
    file.seek(start)
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _head_file(path: Path) -> Path:
    return path.with_name(path.name + ".head")


def _head(path: Path) -> str:
    """Return what the head says; one that is no text was not written here, and no line is the one that it names."""
    file = _head_file(path)
    return file.read_text(encoding="ascii", errors="replace").strip() if file.exists() else BEGIN


def _cut(path: Path) -> InputError:
    return InputError(
        f"The decision log '{path}' lacks lines at its end: find out who could cut it, and log to a new file."
    )
