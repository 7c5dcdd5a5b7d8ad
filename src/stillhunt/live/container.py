"""Signed files of arrays: a header as JSON and the arrays behind it, read into memory and believed only if signed.

The layout: a mark of 16 bytes; the header's length; the header, with the place of each array; the arrays, each at a
multiple of 64 bytes; and an HMAC-SHA256 of all that, keyed with the provider's secret.
"""

import hmac
import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stillhunt.errors import ServiceError, of_system, reason
from stillhunt.live.signing import signing_key
from stillhunt.writing import written_whole

ALIGN: Final = 64
SIGNATURE: Final = 32
MARK_BYTES: Final = 16
Arrays = Mapping[str, NDArray[Any]]


class Container:
    """One kind of signed file.

    Args:
        mark: 16 bytes that files of this kind begin with, the version among them.
        what: What people call such a file.
        remedy: What to do if one is refused, as the end of a sentence.
    """

    def __init__(self, mark: bytes, what: str, remedy: str) -> None:
        """Keep what tells the kind from others."""
        self._mark, self._what, self._remedy = mark, what, remedy

    def pack(self, header: Mapping[str, Any], arrays: Arrays, secret: bytes) -> bytes:
        """Return the bytes of a file, signed."""
        parts: list[bytes] = []
        places, at = {}, 0
        for name, given in arrays.items():
            values = np.ascontiguousarray(given)
            places[name] = {"at": at, "shape": values.shape, "type": values.dtype.newbyteorder("<").str}
            body = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
            parts.append(body + bytes(-len(body) % ALIGN))
            at += len(parts[-1])
        encoded = json.dumps({"header": header, "arrays": places}, sort_keys=True).encode()
        head = self._mark + len(encoded).to_bytes(8, "little") + encoded
        whole = b"".join([head, bytes(-len(head) % ALIGN), *parts])
        return whole + self._signature(whole, secret)

    def write(self, path: Path, header: Mapping[str, Any], arrays: Arrays, secret: bytes) -> None:
        """Write a file whole or not at all, so that who reads meanwhile reads the old one or the new one.

        Raises:
            UsageError: It may not be written, or not there.
            ServiceError: The disk is full, or fails.
        """
        with written_whole(path, f"The {self._what}", f".{os.getpid()}") as partial:
            partial.write_bytes(self.pack(header, arrays, secret))

    def read(self, path: Path, secret: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Read a file into memory, check it, and return its header and its arrays, which are views of what was read.

        It is not mapped: who copies another file over it in place would change what was checked here already, or take
        it from under a process, which then dies.

        Raises:
            UsageError: There is no such file, or it may not be read.
            ServiceError: It is damaged, of another kind, or was not signed with this secret, or the disk fails.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            msg = f"The {self._what} '{path}' cannot be read ({reason(error)}): {self._remedy}."
            raise of_system(error, msg) from None
        return self._unpack(data, secret, path)

    def _unpack(self, data: bytes, secret: bytes, path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        view = memoryview(data)
        end, start = len(view) - SIGNATURE, MARK_BYTES + 8
        if end < start or bytes(view[:MARK_BYTES]) != self._mark:
            raise self._refused(path)
        # Nothing in the file is believed before this.
        if not hmac.compare_digest(self._signature(view[:end], secret), bytes(view[end:])):
            raise self._refused(path)
        length = int.from_bytes(view[MARK_BYTES:start], "little")
        told = json.loads(bytes(view[start : start + length]))
        first = -(-(start + length) // ALIGN) * ALIGN
        arrays = {}
        for name, place in told["arrays"].items():
            count = int(np.prod(place["shape"]))
            arrays[name] = np.frombuffer(data, place["type"], count, first + place["at"]).reshape(place["shape"])
        return told["header"], arrays

    def _signature(self, data: bytes | memoryview, secret: bytes) -> bytes:
        return hmac.digest(signing_key(secret, self._mark), data, sha256)

    def _refused(self, path: Path) -> ServiceError:
        return ServiceError(
            f"The {self._what} '{path}' is damaged, of another version, or signed with another secret, and is "
            f"refused: {self._remedy}."
        )
