"""Numbers that look random but are functions of other numbers, so that every text can be made again from its id."""

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Hashes: TypeAlias = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_HEX = np.array([list(f"{byte:02x}".encode()) for byte in range(256)], dtype=np.uint8)


def mix(values: Any, salt: int = 0) -> Hashes:
    """Return 64 well-mixed bits for each integer, different ones for each `salt`.

    The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
    """
    x = np.atleast_1d(np.asarray(values)).astype(np.uint64)
    x = x + np.array([salt + 1], dtype=np.uint64) * _GOLDEN
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def join(left: Any, right: Any) -> Hashes:
    """Return one id for each pair of ids."""
    return mix(mix(left, 17) ^ (mix(right, 91) << np.uint64(1)))


def pick(hashes: Hashes, size: int | Ints) -> Ints:
    """Return for each hash a number from 0 to `size` - 1 (one size, or one for each)."""
    return ((hashes >> np.uint64(32)).astype(np.int64) * size) >> 32


def chance(hashes: Hashes) -> NDArray[np.float64]:
    """Return for each hash a number in [0, 1)."""
    return (hashes >> np.uint64(11)).astype(np.float64) * 2.0**-53


def names(prefix: str, hashes: Hashes, digits: int = 16) -> pa.StringArray:
    """Return `prefix` and the first `digits` hexadecimal digits of each hash; a hash of 0 gives null."""
    head = np.frombuffer(prefix.encode(), dtype=np.uint8)
    width, rows = len(head) + digits, len(hashes)
    text = np.empty((rows, width), dtype=np.uint8)
    text[:, : len(head)] = head
    text[:, len(head) :] = _HEX[hashes.astype(">u8").view(np.uint8)].reshape(rows, 16)[:, :digits]
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    known = np.packbits(hashes != 0, bitorder="little")
    buffers = [pa.py_buffer(part.tobytes()) for part in (known, offsets, text)]
    return pa.Array.from_buffers(pa.string(), rows, buffers)
