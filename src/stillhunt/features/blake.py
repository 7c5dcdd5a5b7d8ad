"""BLAKE2b (RFC 7693) with a key, compiled: one call hashes a column of values, no Python object for any of them.

`hashlib` says the same value by value; a test holds the two equal. All of it is in this file, because numba's cache
knows only the file of the function that it stores.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stillhunt.features.compiled import compiled, inlined

Words = NDArray[np.uint64]
U: Final = np.uint64
BLOCK, LANES, ROUNDS = 128, 16, 12
FULL_WORD: Final = U(0xFFFFFFFFFFFFFFFF)
S8, S16, S24, S32, S40, S48, S63, ONE = (U(n) for n in (8, 16, 24, 32, 40, 48, 63, 1))
START: Final = np.array(
    [
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    ],
    np.uint64,
)  # fmt: skip
ORDER: Final = np.array(
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
        [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
        [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
        [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
        [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    ],
    np.int64,
)  # fmt: skip


@inlined
def _mix(  # noqa: PLR0913, PLR0917  four places and two words, as the standard has it
    v: Words, a: int, b: int, c: int, d: int, x: np.uint64, y: np.uint64
) -> None:
    v[a] += v[b] + x
    t = v[d] ^ v[a]
    v[d] = (t >> S32) | (t << S32)
    v[c] += v[d]
    t = v[b] ^ v[c]
    v[b] = (t >> S24) | (t << S40)
    v[a] += v[b] + y
    t = v[d] ^ v[a]
    v[d] = (t >> S16) | (t << S48)
    v[c] += v[d]
    t = v[b] ^ v[c]
    v[b] = (t >> S63) | (t << ONE)


@compiled
def _compress(h: Words, m: Words, v: Words, count: int, last: bool) -> None:
    for i in range(8):
        v[i] = h[i]
        v[i + 8] = START[i]
    v[12] ^= U(count)
    if last:
        v[14] ^= FULL_WORD
    for r in range(ROUNDS):
        s = ORDER[r]
        _mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]])
        _mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]])
        _mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]])
        _mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]])
        _mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]])
        _mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]])
        _mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]])
        _mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]])
    for i in range(8):
        h[i] ^= v[i] ^ v[i + 8]


@inlined
def _load(data: NDArray[np.uint8], start: int, end: int, m: Words) -> None:
    """Fill the block with bytes and zeros behind them."""
    m[:] = U(0)
    for i in range(end - start):
        m[i >> 3] |= U(data[start + i]) << (U(i & 7) * S8)


@compiled
def hash_values(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], key: NDArray[np.uint8], person: Words
) -> NDArray[np.uint64]:
    """Return 8-byte keyed hashes, as little-endian numbers, of `data[offsets[i]:offsets[i + 1]]`, none of them empty.

    Args:
        data: The values, one after another.
        offsets: Where they begin and end.
        key: 1 to 64 bytes.
        person: The personalisation, 16 bytes as two words.
    """
    first, h, m, v = (
        np.zeros(8, np.uint64),
        np.zeros(8, np.uint64),
        np.zeros(LANES, np.uint64),
        np.zeros(LANES, np.uint64),
    )
    first[:] = START
    first[0] ^= U(0x01010000) ^ (U(len(key)) << S8) ^ U(8)
    first[6] ^= person[0]
    first[7] ^= person[1]
    _load(key, 0, len(key), m)
    _compress(first, m, v, BLOCK, False)
    found = np.zeros(len(offsets) - 1, np.uint64)
    for row in range(len(found)):
        start, end = offsets[row], offsets[row + 1]
        h[:] = first
        at = start
        while at < end:
            stop = min(at + BLOCK, end)
            _load(data, at, stop, m)
            _compress(h, m, v, BLOCK + stop - start, stop == end)
            at = stop
        found[row] = h[0]
    return found


@compiled
def packed_ipv4(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Read addresses of the usual form: four numbers up to 255 without leading zeros, with points between them.

    Returns:
        Four bytes a row, and for which rows they are valid; all others are to be read by whoever reads all forms.
    """
    rows = len(offsets) - 1
    packed, usual = np.zeros((rows, 4), np.uint8), np.zeros(rows, np.bool_)
    for row in range(rows):
        part, digits, sound = 0, 0, True
        value = np.int64(0)
        for i in range(offsets[row], offsets[row + 1]):
            byte = np.int64(data[i])
            if 0x30 <= byte <= 0x39 and digits < 3 and not (digits > 0 and value == 0):
                value = value * 10 + byte - 0x30
                digits += 1
            elif byte == 0x2E and digits > 0 and part < 3 and value < 256:
                packed[row, part] = value
                part, value, digits = part + 1, np.int64(0), 0
            else:
                sound = False
                break
        if sound and part == 3 and digits > 0 and value < 256:
            packed[row, 3] = value
            usual[row] = True
    return packed, usual
