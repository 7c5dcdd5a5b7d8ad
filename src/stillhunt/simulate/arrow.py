"""Arrow operations that everything here is made of: take rows, and glue texts."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Piece: TypeAlias = pa.StringArray | pa.StringScalar
NO_GAP = pa.scalar("")
"""Made once: Arrow looks for pandas each time that it makes a scalar."""


def take(values: pa.Array, rows: NDArray[Any], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return the values at some rows, null where `missing`."""
    return values.take(pa.array(rows, mask=missing))


def glue(pieces: Sequence[Piece], gap: pa.StringScalar = NO_GAP, *, skip_nulls: bool = False) -> pa.StringArray:
    """Join texts row by row; without `skip_nulls` a null piece makes a null text."""
    return pc.binary_join_element_wise(*pieces, gap, null_handling="skip" if skip_nulls else "emit_null")


def either(where: NDArray[np.bool_], yes: pa.Array, no: Any) -> pa.Array:
    """Return `yes` where true and `no` (values or one value) elsewhere."""
    return pc.if_else(pa.array(where), yes, no)


def scattered(parts: Sequence[tuple[NDArray[np.intp], pa.StringArray]], rows: int) -> pa.StringArray:
    """Return `rows` texts, each part's at its rows, null elsewhere."""
    parts = [(where, texts) for where, texts in parts if len(where)]
    if not parts:
        return pa.nulls(rows, pa.string())
    place = np.full(rows, -1)
    place[np.concatenate([where for where, _ in parts])] = np.arange(sum(len(where) for where, _ in parts))
    return take(pa.concat_arrays([texts for _, texts in parts]), place, place < 0)
