"""The chain of a decision log: each line is signed together with the line before, so none can be changed alone.

Lines are bytes and end with a line feed alone. A client chooses some of what stands in them, and text has further
characters that end a line for some readers and not for others.
"""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from stillhunt.errors import InputError
from stillhunt.live.signing import signing_key

BEGIN: Final = "0" * 64
"""What stands for the signature before the first line."""
_OPEN, _MIDDLE, _CLOSE = b'{"signature": "', b'", "decision": ', b"}\n"
_BODY: Final = len(_OPEN) + len(BEGIN) + len(_MIDDLE)


@dataclass(frozen=True)
class Place:
    """How far a log was followed: lines, bytes, and the signature of the last line."""

    lines: int = 0
    bytes: int = 0
    last: str = BEGIN


class Chain:
    """Signs and follows lines with a key made of the provider's secret."""

    def __init__(self, secret: bytes) -> None:
        """Make the key."""
        self._key = signing_key(secret, b"decision log")

    def add(self, place: Place, body: bytes) -> tuple[Place, bytes]:
        """Return the line that holds a decision after a place, and the place after it."""
        signature = hmac.digest(self._key, place.last.encode() + b"\n" + body, sha256).hex()
        line = _OPEN + signature.encode() + _MIDDLE + body + _CLOSE
        return Place(place.lines + 1, place.bytes + len(line), signature), line

    def follow(self, path: Path, place: Place, size: int) -> Iterator[tuple[Place, bytes]]:
        """Yield the decisions of a log from a place on, each with the place after it.

        It ends before a last line that was begun and not ended, as a process leaves it that is killed while it writes.

        Args:
            path: The log.
            place: Where the chain is known.
            size: Bytes of the file that count; what comes after them was added meanwhile.

        Raises:
            OSError: The file cannot be read.
            InputError: A line does not go on from the one before.
        """
        with path.open("rb") as file:
            file.seek(place.bytes)
            for line in _lines(file, size - place.bytes):
                if not line.endswith(b"\n") and _is_begun(line):
                    return
                body = line[_BODY : -len(_CLOSE)]
                place, signed = self.add(place, body)
                if not hmac.compare_digest(signed, line):
                    raise InputError(
                        f"The decision log '{path}' was changed at line {place.lines}, or the secret is another: trust "
                        "nothing from there on, and log to a new file."
                    )
                yield place, body


def _lines(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0 and (line := file.readline(size)):
        size -= len(line)
        yield line


def _is_begun(line: bytes) -> bool:
    """Whether a part of a line is one of ours; where the power failed, zeros may stand for what was not written."""
    written = line.rstrip(b"\0")
    return written[: len(_OPEN)] == _OPEN[: len(written)]
