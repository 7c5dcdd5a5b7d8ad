"""NumPy results as Arrow arrays."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def keys(values: NDArray[np.uint64], valid: NDArray[np.bool_]) -> pa.Array:
    """Hashes as BIGINT (the same bits, read with a sign), null where not valid."""
    return pa.array(values.view(np.int64), pa.int64(), mask=~valid)


def key_lists(values: NDArray[np.uint64], counts: NDArray[np.int64]) -> pa.Array:
    """Rows of hashes, of which the first few count, as lists of BIGINT; null where there is none."""
    taken = np.arange(values.shape[1]) < counts[:, None]
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    hashes = pa.array(values[taken].view(np.int64), pa.int64())
    return pa.ListArray.from_arrays(offsets, hashes, mask=pa.array(counts == 0))


def vectors(values: NDArray[np.int8], valid: NDArray[np.bool_]) -> pa.Array:
    """Rows of signed bytes as fixed-size binary, null where not valid."""
    bits = pa.array(valid, pa.bool_()).buffers()[1]
    data = pa.py_buffer(values.tobytes())
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(values.shape[1]), len(values), [bits, data])


def names(choices: tuple[str, ...], places: NDArray[np.int64], valid: NDArray[np.bool_]) -> pa.Array:
    """The chosen name of each row, null where not valid."""
    return pa.array(choices, pa.string()).take(pa.array(places, mask=~valid))


def validity(column: pa.Array) -> NDArray[np.bool_]:
    """Return which rows of a column are not null."""
    valid: NDArray[np.bool_] = column.is_valid().to_numpy(zero_copy_only=False)
    return valid


def lengths(column: pa.Array) -> NDArray[np.int64]:
    """Return how many items the lists of a column have; a null list has none."""
    counts = pc.list_value_length(column)
    items: NDArray[np.int64] = counts.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return items
