"""Watched keys of many requests at once, from columns of FEATURES."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillhunt.live.watchkeys import LISTS, PAIRS, SINGLE, Keys, placed


def of_many(rows: pa.Table, *, issued: bool = False) -> Keys:
    """Return the watched keys of requests, one line each.

    Args:
        rows: Has the columns of `watchkeys.COLUMNS`.
        issued: Whether the thinking signatures that requests got are taken instead of those that they sent: what a
            campaign was given is what somebody may send again.
    """
    facts: list[NDArray[np.uint64]] = []
    known: list[NDArray[np.bool_]] = []
    for name, _ in SINGLE:
        _add(rows[name], facts, known)
    for name, _, size in LISTS:
        lists = rows["reasoning_out" if issued and name == "reasoning_in" else name].combine_chunks()
        for place in range(size):
            _add(_element(lists, place), facts, known)
    for one, other in PAIRS:
        _add(rows[one], facts, known)
        _add(rows[other], facts, known)
    return placed(np.column_stack(facts), np.column_stack(known))


def _element(lists: pa.ListArray, place: int) -> pa.Array:
    """The element at one place of every list; null where the list is shorter."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    starts = np.concatenate([[0], np.cumsum(lengths)])[:-1]
    there = lengths > place
    flat = pc.list_flatten(lists)
    return flat.take(pa.array(np.where(there, starts + place, 0), mask=~there))


def _add(column: Any, facts: list[NDArray[np.uint64]], known: list[NDArray[np.bool_]]) -> None:
    known.append(np.asarray(pc.is_valid(column)))
    facts.append(np.asarray(pc.fill_null(column, 0)).astype(np.int64).view(np.uint64))
