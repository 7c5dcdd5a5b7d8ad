"""The compiled hash is hashlib's, and addresses are those of the standard library."""

import ipaddress
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillhunt.features.blake import hash_values, packed_ipv4
from stillhunt.features.keyed import Hasher, address_keys, keyed


def laid_out(values):
    data = b"".join(values)
    return np.frombuffer(data, np.uint8), np.cumsum([0, *map(len, values)]).astype(np.int64)


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.binary(min_size=1, max_size=400), max_size=9), st.binary(min_size=1, max_size=64))
def test_it_is_hashlibs(values, key):
    person = np.frombuffer(b"a purpose".ljust(16, b"\0"), np.uint64)
    found = hash_values(*laid_out(values), np.frombuffer(key, np.uint8), person)
    said = [blake2b(v, digest_size=8, key=key, person=b"a purpose").digest() for v in values]
    assert found.tolist() == [int.from_bytes(d, "little") for d in said]


@pytest.mark.parametrize("size", [1, 127, 128, 129, 256, 257])
def test_the_ends_of_blocks(size):
    value = bytes(range(256))[:size] * (1 + size // 256)
    assert keyed(pa.array([value.hex()]), "edge", b"k" * 70)[0].as_py() == Hasher("edge", b"k" * 70)(value.hex())


def test_white_space_is_unknown_and_slices_are_whole_columns():
    column = pa.array(["x", None, "", " \t", "\x1c", "é", "\u2003", " y"]).slice(1)
    hasher = Hasher("device", b"s")
    expected = [None, None, None, None, hasher("é"), None, hasher(" y")]
    assert keyed(column, "device", b"s").to_pylist() == expected


ODD = ["1.2.3.4", "0.0.0.9", "255.255.255.255", "256.1.1.1", "01.2.3.4", "1.2.3", "1.2.3.4.", "1.2.3.4.5", " 1.2.3.4 ",
       "1..2.3", "", "::ffff:1.2.3.4", "2001:db8::1%eth0", "a.b.c.d", "1.2.3.4444", "00.1.1.1", None]  # fmt: skip


def test_addresses_are_those_of_the_standard_library():
    strings = [t or "" for t in ODD]
    packed, usual = packed_ipv4(*laid_out([t.encode() for t in strings]))
    for text, four, known in zip(strings, packed, usual, strict=True):
        try:
            right = ipaddress.IPv4Address(text).packed
        except ValueError:
            right = None
        assert (four.tobytes() if known else None) == right
    hasher = Hasher("address", b"s")
    same = hasher(bytes([1, 2, 3, 4]))
    keys = dict(zip(ODD, address_keys(pa.array(ODD), b"s")[0].to_pylist(), strict=True))
    assert keys["1.2.3.4"] == keys[" 1.2.3.4 "] == keys["::ffff:1.2.3.4"] == same
    assert [keys[t] for t in ("256.1.1.1", "01.2.3.4", "1.2.3", "", None)] == [None] * 5
