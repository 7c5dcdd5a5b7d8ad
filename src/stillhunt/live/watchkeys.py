"""Watched keys: which facts of a request are compared with the watch list, each as one 64-bit number.

A request has a fixed number of places, one a fact. The number in a place is a hash of the fact and of its kind, or of
two facts of different families: what an operator's accounts have in common is often rare only together. Compiling and
scoring go through the same function, on columns of many requests or of one.
"""

from collections.abc import Mapping, Sequence
from struct import Struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]

TEMPLATE, BAND, ITEM, TRACE, INFRASTRUCTURE = range(5)
"""Classes of facts: fixed text; near-duplicates; the same text word for word; thinking signatures; who from where."""
SINGLE: Final = (
    ("system_key", TEMPLATE), ("head_key", TEMPLATE), ("tail_key", TEMPLATE), ("prompt_key", ITEM), ("opening", ITEM),
    ("payment", INFRASTRUCTURE), ("device", INFRASTRUCTURE), ("mail_domain", INFRASTRUCTURE),
    ("mail_pattern", INFRASTRUCTURE), ("address", INFRASTRUCTURE), ("network", INFRASTRUCTURE),
    ("tls", INFRASTRUCTURE), ("header_tuple", INFRASTRUCTURE),
)  # fmt: skip
"""Columns of FEATURES and ACCOUNT_KEYS that hold one key, and their classes."""
LISTS: Final = (("anchors", TEMPLATE, 4), ("bands", BAND, 8), ("reasoning_in", TRACE, 4))
"""Columns that hold several, and how many are looked at."""
PAIRS: Final = (
    ("header_tuple", "network"), ("header_tuple", "asn"), ("header_tuple", "mail_pattern"), ("tls", "network"),
    ("tls", "asn"), ("device", "network"),
)  # fmt: skip
"""Pairs of facts of different families, all of them of infrastructure."""
COLUMNS: Final = (*(name for name, _ in SINGLE), *(name for name, _, _ in LISTS), "asn")
"""Columns that are read."""
CLASSES: Final = np.array(
    [c for _, c in SINGLE] + [c for _, c, size in LISTS for _ in range(size)] + [INFRASTRUCTURE] * len(PAIRS), np.int64
)
"""Class of each place."""
NAMES: Final = (
    *(name for name, _ in SINGLE), *(name for name, _, size in LISTS for _ in range(size)),
    *(f"{one} and {other}" for one, other in PAIRS),
)  # fmt: skip
"""Name of the fact in each place."""
_KIND_OF_NAME: Final = {name: number for number, name in enumerate(dict.fromkeys(NAMES))}
KINDS: Final = np.array([_KIND_OF_NAME[name] for name in NAMES], np.uint8)
"""Kind of each place; places of one list share one."""
KIND_NAMES: Final = tuple(_KIND_OF_NAME)

SALTS: Final = (KINDS.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
_SINGLES: Final = [name for name, _ in SINGLE]
_SIDES: Final = [name for pair in PAIRS for name in pair]
_PACKED: Final = Struct(f"{len(NAMES) + len(PAIRS)}q")


def mixed(keys: Keys) -> Keys:
    """Spread every bit over all 64: the kernel's finaliser, on arrays."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def placed(facts: Keys, known: NDArray[np.bool_]) -> Keys:
    """Return the watched keys of requests, 0 where the fact is unknown.

    Args:
        facts: One line a request: keys of SINGLE, of LISTS padded to their size, then both sides of each of PAIRS.
        known: Which of them are known.
    """
    single = len(NAMES) - len(PAIRS)
    shape = (len(facts), len(PAIRS), 2)
    sides, there = facts[:, single:].reshape(shape), known[:, single:].reshape(shape)
    pairs = mixed(sides[:, :, 0]) * np.uint64(0xD6E8FEB86659FD93) ^ sides[:, :, 1]
    keys = mixed(np.hstack([facts[:, :single], pairs]) ^ SALTS)
    sure: Keys = np.where(np.hstack([known[:, :single], there.all(axis=2)]), np.maximum(keys, np.uint64(1)), 0)
    return sure.astype(np.uint64)


def facts_of_one(row: Mapping[str, Any]) -> tuple[Keys, NDArray[np.bool_]]:
    """Return the facts of one request as `placed` takes them, given its FEATURES and what is known of its account."""
    values: list[int | None] = [*map(row.get, _SINGLES)]
    for name, _, size in LISTS:
        given: Sequence[int | None] = (row.get(name) or ())[:size]
        values += [*given, *[None] * (size - len(given))]
    values += map(row.get, _SIDES)
    # Packed as bytes, for NumPy takes twice as long to look at each number of a list.
    known = np.frombuffer(bytes([value is not None for value in values]), np.bool_)
    return np.frombuffer(_PACKED.pack(*[value or 0 for value in values]), np.uint64), known
