"""Watched keys of one request, and where the list holds them: the part of every request that grows with the list.

Compiled, and complete in this file, for the compiler's cache knows of no other. It makes the keys that
`watchkeys.placed` makes of columns; a property test holds the two equal.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stillhunt.features.compiled import compiled

U: Final = np.uint64
MIX_1, MIX_2, PAIR = U(0xBF58476D1CE4E5B9), U(0x94D049BB133111EB), U(0xD6E8FEB86659FD93)
S27, S30, S31, ZERO, ONE = U(27), U(30), U(31), U(0), U(1)


@compiled
def find(  # noqa: PLR0913, PLR0917  arrays of one request and of the list
    facts: NDArray[np.uint64],
    known: NDArray[np.bool_],
    salts: NDArray[np.uint64],
    pairs: int,
    watched: NDArray[np.uint64],
    hits: NDArray[np.int64],
) -> Any:
    """Write the places of the first entries with a key of the request to `hits`, and return how many there are."""
    single, found = len(salts) - pairs, 0
    for place in range(len(salts)):
        at = place if place < single else single + 2 * (place - single)
        if not known[at] or (place >= single and not known[at + 1]):
            continue
        key = facts[at]
        if place >= single:
            key = (key ^ (key >> S30)) * MIX_1
            key = (key ^ (key >> S27)) * MIX_2
            key = ((key ^ (key >> S31)) * PAIR) ^ facts[at + 1]
        key ^= salts[place]
        key = (key ^ (key >> S30)) * MIX_1
        key = (key ^ (key >> S27)) * MIX_2
        key ^= key >> S31
        key = max(key, ONE)
        low, high = 0, len(watched)
        while low < high:
            middle = (low + high) // 2
            if watched[middle] < key:
                low = middle + 1
            else:
                high = middle
        if low < len(watched) and watched[low] == key:
            hits[found] = low
            found += 1
    return found
