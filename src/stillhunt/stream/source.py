"""What a stream is: batches of log lines, each with a place, and a promise to hand on again what was not committed.

Reading is at least once. Whoever reads commits a batch after its effects (alarms printed, evidence kept), so a crash
between the two hands the batch on again, and `Once` leaves out what was counted already.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from stillhunt.live.container import Container

MOST_KEPT: Final = 1_000_000
"""Exchanges remembered: about 100 MB. What comes again after so many others is counted again."""
FILE: Final = Container(b"STILLHUNT ONCE01", "memory of what was counted", "remove it, and evidence begins anew")


@dataclass(frozen=True)
class Line:
    """One record of a stream.

    Attributes:
        data: A log line as it is written to files: JSON of any known format.
        where: Where it stands, for people: a file with a line, or a stream with an id.
    """

    data: bytes
    where: str


@dataclass(frozen=True)
class Batch:
    """Lines that are committed together; `mark` is the source's own word for them."""

    lines: Sequence[Line]
    mark: object = None


class Source(Protocol):
    """Where lines come from. One per service, `files.py` and its neighbours."""

    def batches(self) -> Iterator[Batch]:
        """Yield batches as lines come; an empty one, at least every second or so, says that there is nothing new.

        Batches go on to come though those of several seconds wait for their commit.

        Lines of an earlier reader that were never committed come first. Ends only if the source can have no more.
        """
        ...

    def commit(self, batch: Batch) -> None:
        """Take note that a batch and all before it have had their effects; they are not handed on again."""
        ...

    def close(self) -> None:
        """Let go of the source; what was not committed is handed on to the next reader."""
        ...


class Once:
    """Tells exchanges met before from new ones, within a bounded window, by 64 bits of a hash of their ids."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        """Remember at most so many, the latest ones."""
        self._most = most
        self._met: OrderedDict[int, None] = OrderedDict()

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._met)

    def is_new(self, account: str, exchange: str) -> bool:
        """Whether an account's exchange was not met before; from now on it was."""
        met = int.from_bytes(blake2b(f"{account}\n{exchange}".encode("utf-8", "replace"), digest_size=8).digest())
        if met in self._met:
            self._met.move_to_end(met)
            return False
        self._met[met] = None
        if len(self._met) > self._most:
            self._met.popitem(last=False)
        return True

    def write(self, path: Path, secret: bytes) -> None:
        """Write what is remembered, whole or not at all.

        Raises:
            UsageError: The file cannot be written.
        """
        FILE.write(path, {}, {"met": np.fromiter(self._met, np.uint64, len(self._met))}, secret)

    @classmethod
    def read(cls, path: Path, secret: bytes, most: int = MOST_KEPT) -> "Once":
        """Read what was remembered.

        Raises:
            UsageError: There is no such file.
            ServiceError: It is damaged, or was not signed with this secret.
        """
        once = cls(most)
        once._met = OrderedDict.fromkeys(FILE.read(path, secret)[1]["met"].tolist())
        return once
