"""Columns of text through the kernel: normalisation before it, Arrow arrays after it."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillhunt.features import alphabet, kernel, marks
from stillhunt.features.arrays import names, validity
from stillhunt.features.layout import Digest, Sketch, Tables, Texts, new_digest, new_scratch, new_sketch

HAN_WEIGHT: Final = 3
"""One Chinese character says as much as a few letters, so a Chinese prompt around some code is Chinese."""


def normalised(column: pa.Array) -> pa.Array:
    """Bring text to Unicode form NFKC in lower case; two spellings of one text become one.

    Marks beyond the first 30 in a row are left out before, so that time stays linear in the text.
    """
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        column = column.cast(pa.large_string())
    stacked = marks.long_runs(as_texts(column))
    if stacked.any():
        short = [marks.cut_short(text) for text in column.filter(pa.array(stacked)).to_pylist()]
        column = pc.replace_with_mask(column, pa.array(stacked), pa.array(short, column.type))
    # By name: the stubs of pyarrow do not know this function.
    return pc.utf8_lower(pc.call_function("utf8_normalize", [column], pc.Utf8NormalizeOptions("NFKC")))


def as_texts(column: pa.Array) -> Texts:
    """Look at the buffers of a column of `string` or `large_string`, sliced or not, without a copy of the text."""
    _, offsets, data = column.buffers()
    width = np.int64 if pa.types.is_large_string(column.type) else np.int32
    first, last = column.offset, column.offset + len(column) + 1
    places = np.zeros(1, width) if offsets is None or not offsets.size else np.frombuffer(offsets, width)[first:last]
    return Texts(
        np.frombuffer(data if data is not None else b"", np.uint8),
        places.astype(np.int64),
        validity(column),
    )


def read_column(column: pa.Array, tables: Tables, *, sketch: bool) -> tuple[Digest, Sketch]:
    """Normalise and read a column of text; without `sketch` the second part has no rows."""
    texts = as_texts(normalised(column))
    longest = int(np.diff(texts.offsets).max(initial=0))
    scratch = new_scratch(min(longest, kernel.READ_HEAD + kernel.READ_TAIL), len(tables.cue_weights))
    digest = new_digest(len(column), tables.cue_weights.shape[1])
    drawn = new_sketch(len(column) if sketch else 0)
    kernel.read_texts(texts, tables, scratch, digest, drawn)
    return digest, drawn


def read_repeating(column: pa.Array, tables: Tables) -> Digest:
    """Read a column in which texts repeat (system prompts, openings): each distinct text once."""
    encoded = pc.dictionary_encode(column)
    found, _ = read_column(encoded.dictionary, tables, sketch=False)
    place = pc.fill_null(encoded.indices, 0).to_numpy(zero_copy_only=False)
    if not len(encoded.dictionary):
        return new_digest(len(column), tables.cue_weights.shape[1])
    absent = ~validity(encoded.indices)
    digest = Digest(*(part[place] for part in found))
    for part in digest:
        part[absent] = 0
    return digest


def scripts(counts: NDArray[np.int64]) -> pa.Array:
    """Name the script with the most letters; null where there is no letter."""
    weighted = counts.copy()
    weighted[:, alphabet.HAN] *= HAN_WEIGHT
    return names(alphabet.SCRIPTS, weighted.argmax(axis=1), weighted.max(axis=1, initial=0) > 0)
