"""Deals lots to processes of this program, and collects what became of them."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stillhunt.errors import InputError, ServiceError, StillhuntError, UsageError
from stillhunt.ingest.sources import STDIN, Input
from stillhunt.reading.lot import read_lot
from stillhunt.reading.lots import Done, Work

WORTH_IT = 48 * 2**20
"""Bytes of logs from which processes are started: each takes a second or two before it reads its first line."""
_ERRORS = {kind.__name__: kind for kind in (InputError, ServiceError, UsageError)}


def read_lots(
    lots: Sequence[Sequence[str]], folder: Path, work: Work, processes: int, on_read: Callable[[int], None]
) -> list[Done]:
    """Read every lot and return what became of each, in order.

    Args:
        lots: Files that are read together.
        folder: Gets the feature files.
        work: How to read.
        processes: How many may read at a time.
        on_read: Called with the bytes read since it was last called.

    Raises:
        StillhuntError: What stopped a reading process.
    """
    size = sum(Path(file).stat().st_size for lot in lots for file in lot if file != STDIN)
    if min(processes, len(lots)) < 2 or size < WORTH_IT or any(STDIN in lot for lot in lots):
        return [read_lot(lot, folder, work, on_read) for lot in lots]
    return _Deal(lots, folder, work, on_read).through(min(processes, len(lots)))


class _Deal:
    """Lots that wait, and those that are done; a thread of this process talks to each reading process."""

    def __init__(self, lots: Sequence[Sequence[str]], folder: Path, work: Work, on_read: Callable[[int], None]) -> None:
        self._waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in range(len(lots)):
            self._waiting.put(number)
        self._lots, self._folder, self._on_read = lots, folder, on_read
        self._start = {
            "folder": str(folder.absolute()), "secret": work.secret.hex(), "format": work.format,
            "known": [asdict(i) for i in work.known],
        }  # fmt: skip
        self._done: dict[int, Done] = {}
        self._error: BaseException | None = None
        self._lock = threading.Lock()

    def through(self, processes: int) -> list[Done]:
        """Read all lots with so many processes."""
        readers = [_start_reader() for _ in range(processes)]
        threads = [threading.Thread(target=self._feed, args=(reader,), daemon=True) for reader in readers]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            for reader in readers:
                reader.kill()
                reader.wait()
                for pipe in filter(None, (reader.stdin, reader.stdout)):
                    pipe.close()
        if self._error is not None:
            raise self._error
        return [self._done[number] for number in range(len(self._lots))]

    def _feed(self, reader: "subprocess.Popen[str]") -> None:
        try:
            _say(reader, self._start)
            while self._error is None and not self._waiting.empty():
                try:
                    number = self._waiting.get_nowait()
                except queue.Empty:
                    return
                _say(reader, {"files": list(self._lots[number])})
                self._done[number] = self._hear(reader)
        except (StillhuntError, OSError, ValueError) as error:
            with self._lock:
                self._error = self._error or error

    def _hear(self, reader: "subprocess.Popen[str]") -> Done:
        """Listen until a lot is done."""
        assert reader.stdout is not None  # noqa: S101  for the type checker
        for line in reader.stdout:
            said = json.loads(line)
            if "read" in said:
                with self._lock:
                    self._on_read(said["read"])
            elif "error" in said:
                raise _ERRORS.get(said["error"], ServiceError)(said["says"])
            else:
                said["inputs"] = [Input(**i) for i in said["inputs"]]
                return Done(**said)
        code = reader.wait()
        raise ServiceError(f"A process that read logs ended early (code {code}): free memory or disk, and run again.")


def _start_reader() -> "subprocess.Popen[str]":
    above = str(Path(__file__).parents[2])  # where the package lies
    paths = os.pathsep.join(filter(None, [above, os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-m", "stillhunt.reading"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip


def _say(reader: "subprocess.Popen[str]", what: dict[str, Any]) -> None:
    assert reader.stdin is not None  # noqa: S101  for the type checker
    reader.stdin.write(json.dumps(what) + "\n")
    reader.stdin.flush()
