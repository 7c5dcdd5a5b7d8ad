"""The watch list: one signed file of sorted arrays, mapped into memory, that says what a hunt has learned.

Its layout: a mark of 16 bytes; the header's length; the header as JSON, with the place of each array; the arrays, each
at a multiple of 64 bytes; and an HMAC-SHA256 of all that, keyed with the provider's secret. Keys are 64-bit hashes, so
the file holds no prompt, address, card or account id. One row of `watch_*` is 12 bytes, one of `members_*` 18.
"""

import hmac
import json
import mmap
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stillhunt.errors import ServiceError, UsageError

MARK: Final = b"STILLHUNT WATCH1"
VERSION: Final = 1
ALIGN: Final = 64
SIGNATURE: Final = 32
ARRAYS: Final = {
    "members_key": "<u8", "members_group": "<u2", "members_bits": "<f4", "members_share": "<f4",
    "watch_key": "<u8", "watch_group": "<u2", "watch_kind": "<u1", "watch_tier": "<u1",
    "innocent": "<f8", "campaign": "<f8", "weights": "<f8", "caps": "<f8", "centre": "<f8", "spread": "<f8",
}  # fmt: skip
"""Every array and its type. `innocent` and `campaign` are rates by group, channel, state and outcome (rates.py);
`weights` and `caps` the contrast of each group, `centre` and `spread` its scale (separation/)."""

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class WatchList:
    """What a hunt has learned, in the form in which requests are compared with it.

    Attributes:
        header: `version`, `run`, `created`, `expires` (µs UTC), `groups` (one a campaign: id, kind, bits, what it
            takes, operators), and the labels that the scale knows.
        arrays: The arrays of ARRAYS, by name.
    """

    header: Mapping[str, Any]
    arrays: Arrays

    @property
    def version(self) -> str:
        """What tells this list from others: the time it was made, and the run that it was made of."""
        return f"{self.header['run']}@{datetime.fromtimestamp(self.header['created'] / 1e6, UTC):%Y-%m-%dT%H:%M:%SZ}"

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The campaigns watched."""
        groups: list[dict[str, Any]] = self.header["groups"]
        return groups

    def expired(self, now: int) -> bool:
        """Whether it is too old to act on, at a moment in µs UTC."""
        return now >= int(self.header["expires"])

    def pack(self, secret: bytes) -> bytes:
        """Return the file's bytes, signed."""
        parts, places, at = [], {}, 0
        for name, kind in ARRAYS.items():
            values = np.ascontiguousarray(self.arrays[name], kind)
            places[name] = {"at": at, "shape": values.shape}
            body = values.tobytes()
            parts.append(body + bytes(-len(body) % ALIGN))
            at += len(parts[-1])
        header = json.dumps({**self.header, "format": VERSION, "arrays": places}, sort_keys=True).encode()
        head = MARK + len(header).to_bytes(8, "little") + header
        whole = b"".join([head, bytes(-len(head) % ALIGN), *parts])
        return whole + _signature(whole, secret)

    def write(self, path: str | Path, secret: bytes) -> Path:
        """Write the file whole or not at all, so that who reads it meanwhile reads the old or the new one."""
        target = Path(path)
        partial = target.with_name(target.name + ".partial")
        try:
            partial.write_bytes(self.pack(secret))
            os.replace(partial, target)  # noqa: PTH105  atomic on every platform, unlike rename
        except OSError as error:
            raise UsageError(f"The watch list '{target}' cannot be written ({error.strerror}): give another.") from None
        return target

    @classmethod
    def read(cls, path: str | Path, secret: bytes) -> "WatchList":
        """Map a file into memory and check it.

        Raises:
            UsageError: There is no such file.
            ServiceError: It is damaged, or was not signed with this secret.
        """
        try:
            with Path(path).open("rb") as file:
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # an empty file cannot be mapped
            raise _damaged(path) from None
        except OSError as error:
            raise UsageError(
                f"The watch list '{path}' cannot be read ({error.strerror}): make one with `stillhunt watchlist`."
            ) from None
        return cls.unpack(data, secret, path)

    @classmethod
    def unpack(cls, data: bytes | mmap.mmap, secret: bytes, path: str | Path = "in memory") -> "WatchList":
        """Check the bytes of a file and look at them as arrays, without a copy.

        Raises:
            ServiceError: They are damaged, or were not signed with this secret.
        """
        view = memoryview(data)
        end = len(view) - SIGNATURE
        if end < len(MARK) + 8 or bytes(view[: len(MARK)]) != MARK:
            raise _damaged(path)
        # Nothing in the file is believed before this.
        if not hmac.compare_digest(_signature(view[:end], secret), bytes(view[end:])):
            raise _damaged(path)
        length = int.from_bytes(view[len(MARK) : len(MARK) + 8], "little")
        header = json.loads(bytes(view[len(MARK) + 8 : len(MARK) + 8 + length]))
        if header["format"] != VERSION:
            raise ServiceError(
                f"The watch list '{path}' is of format {header['format']}, and this version reads {VERSION}: "
                "make it anew with `stillhunt watchlist`."
            )
        start = -(-(len(MARK) + 8 + length) // ALIGN) * ALIGN
        arrays = {}
        for name, place in header.pop("arrays").items():
            count = int(np.prod(place["shape"]))
            arrays[name] = np.frombuffer(data, ARRAYS[name], count, start + place["at"]).reshape(place["shape"])
        return cls(header, arrays)


def _signature(data: bytes | memoryview, secret: bytes) -> bytes:
    key = blake2b(secret, digest_size=32, person=b"watch list").digest()
    return hmac.digest(key, data, sha256)


def _damaged(path: str | Path) -> ServiceError:
    return ServiceError(
        f"The watch list '{path}' is damaged or was signed with another secret: it is refused, make it anew with "
        "`stillhunt watchlist`."
    )
