"""Keyed hashes of what is personal, and plain hashes of what is not.

A keyed hash is BLAKE2b (RFC 7693) with the provider's secret as its key, the column's purpose as its personalisation,
and 8 bytes of digest read as a signed integer. Without the secret nobody can try addresses or card numbers until one
fits. Hashes are computed once per distinct value, so the cost grows with values, not rows.
"""

import ipaddress
import re
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillhunt.errors import UsageError
from stillhunt.features.arrays import lengths, validity
from stillhunt.features.blake import hash_values, packed_ipv4
from stillhunt.schema import INT64

KEY_BYTES: Final = 64
"""Longest key that BLAKE2b takes; a longer secret is hashed first."""
_IPV4: Final = re.compile(r"(?:(?:0|[1-9][0-9]{0,2})(?:\.|$)){4}(?<!\.)")
"""The usual form of an address: read ten times as fast as by the module that reads all forms."""
NETWORK_BYTES: Final = {4: 3, 16: 6}
"""Bytes of an address that name its network, by the bytes of an address: /24 and /48."""


class Hasher:
    """Hashes text for one purpose; values of different purposes never share a hash.

    Raises:
        UsageError: The secret is empty.
    """

    def __init__(self, purpose: str, secret: bytes) -> None:
        """Make a hasher for one purpose (at most 16 ASCII letters) and one secret."""
        if not secret:
            raise UsageError("The secret for keyed hashes is empty; give the run a secret of at least 16 random bytes.")
        key = secret if len(secret) <= KEY_BYTES else blake2b(secret, digest_size=KEY_BYTES).digest()
        self._start = blake2b(digest_size=8, key=key, person=purpose.encode())
        self._key = np.frombuffer(key, np.uint8)
        self._person = np.frombuffer(purpose.encode().ljust(16, b"\0"), "<u8").astype(np.uint64)

    def __call__(self, value: str | bytes) -> int:
        """Hash one value."""
        state = self._start.copy()
        state.update(value.encode() if isinstance(value, str) else value)
        return int.from_bytes(state.digest(), "little", signed=True)

    def of_values(self, data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Hash many values, which lie one after another; what an empty one gives means nothing."""
        return hash_values(data, offsets, self._key, self._person)


def plain_hash(value: str, purpose: str) -> int:
    """Hash without a secret, for what is not personal and has to match between providers."""
    digest = blake2b(value.encode(), digest_size=8, person=purpose.encode()).digest()
    return int.from_bytes(digest, "little", signed=True)


def per_value(
    column: pa.Array, function: Callable[[str], int | str | bool | None], to: pa.DataType = INT64
) -> pa.Array:
    """Apply a function of text to a column of strings once per distinct value; null stays null."""
    encoded = pc.dictionary_encode(column)
    values = [None if value is None else function(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(values, to).take(encoded.indices)


def keyed(column: pa.Array, purpose: str, secret: bytes) -> pa.Array:
    """Keyed hashes of a column of strings; an empty string is unknown, so null."""
    hasher = Hasher(purpose, secret)
    encoded = pc.dictionary_encode(column)
    values = encoded.dictionary
    data, offsets = _bytes_of(values)
    hashes = hasher.of_values(data, offsets)
    # Few values are nothing but white space; all that begin otherwise are told apart at once.
    blank = _maybe_blank(values, data, offsets)
    mask = np.zeros(len(values), np.bool_)
    mask[blank] = [not (values[int(place)].as_py() or "").strip() for place in blank]
    return pa.array(hashes.view(np.int64), INT64, mask=mask).take(encoded.indices)


def id_keys(column: pa.Array, purpose: str, secret: bytes) -> pa.Array:
    """Keyed hashes of a column of ids, nearly all of which differ: each is hashed as it is, white space included."""
    data, offsets = _bytes_of(column)
    hashes = Hasher(purpose, secret).of_values(data, offsets).view(np.int64)
    return pa.array(hashes, INT64, mask=~validity(column) if column.null_count else None)


def _bytes_of(values: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Look at the bytes of strings, and at where each begins and the last ends."""
    values = values.cast(pa.large_string())
    _, places, data = values.buffers()
    first = values.offset
    offsets = np.frombuffer(places, np.int64)[first : first + len(values) + 1] if len(values) else np.zeros(1, np.int64)
    return np.frombuffer(data if data is not None else b"", np.uint8), offsets


def _maybe_blank(values: pa.Array, data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.intp]:
    """Places of values that are null, empty, or begin with what may be white space."""
    begins = np.zeros(len(values), np.uint8)
    filled = offsets[1:] > offsets[:-1]
    begins[filled] = data[offsets[:-1][filled]]
    return np.flatnonzero((begins <= 0x20) | (begins >= 0x7F))


def keyed_lists(column: pa.Array, purpose: str, secret: bytes) -> pa.Array:
    """Keyed hashes of the items of a column of lists; a null list stays null, an empty one empty."""
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths(column))]), pa.int32())
    hashes = keyed(pc.list_flatten(column), purpose, secret)
    return pa.ListArray.from_arrays(offsets, hashes, mask=column.is_null())


def packed_address(text: str) -> bytes | None:
    """Bytes of an address, 4 or 16; an IPv4 address written as IPv6 becomes IPv4; None if it is no address."""
    try:
        if _IPV4.fullmatch(text):
            return bytes(map(int, text.split(".")))
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).packed


def address_keys(column: pa.Array, secret: bytes) -> tuple[pa.Array, pa.Array]:
    """Keyed hashes of the addresses in a column and of their networks (/24 or /48); what is no address is unknown."""
    encoded = pc.dictionary_encode(column)
    texts = encoded.dictionary
    packed, known = packed_ipv4(*_bytes_of(texts))
    others = {int(row): packed_address(texts[int(row)].as_py() or "") for row in np.flatnonzero(~known)}
    found = []
    for purpose, whole in (("address", True), ("network", False)):
        hasher = Hasher(purpose, secret)
        size = 4 if whole else NETWORK_BYTES[4]
        data = np.ascontiguousarray(packed[:, :size]).ravel()
        hashes = hasher.of_values(data, np.arange(len(texts) + 1, dtype=np.int64) * size).view(np.int64)
        valid = known.copy()
        for row, address in others.items():
            if address is not None:
                hashes[row] = hasher(address if whole else address[: NETWORK_BYTES[len(address)]])
                valid[row] = True
        found.append(pa.array(hashes, INT64, mask=~valid).take(encoded.indices))
    return found[0], found[1]
