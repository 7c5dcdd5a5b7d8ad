"""How the kernel's inputs and outputs lie in memory: tuples of NumPy arrays, one entry (or row) per text."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Texts(NamedTuple):
    """A column of normalised text as it lies in Arrow's buffers: row i is `data[offsets[i]:offsets[i + 1]]`, UTF-8."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    valid: NDArray[np.bool_]


class Tables(NamedTuple):
    """What the kernel looks up: characters, stop words, cues (open addressing behind a bitmap), bins to borrow from.

    Every last word of a cue is in the table too, with the length of the longest cue that ends in it as its reach.
    """

    kinds: NDArray[np.uint8]
    stops: NDArray[np.uint64]
    bitmap: NDArray[np.uint64]
    cue_keys: NDArray[np.uint64]
    cue_ids: NDArray[np.int64]
    cue_weights: NDArray[np.int32]
    cue_reach: NDArray[np.int64]
    probes: NDArray[np.int64]


class Scratch(NamedTuple):
    """Working memory for one text: its words, the same with numbers replaced, their weights, and the skeleton.

    `counts` holds the number of words, of skeleton words, of words in the skeleton that are no slot, and whether the
    skeleton ends in a slot. `seen` holds the last text in which each cue was found, and behind them all the number of
    texts read so far: a text's own number, so that nothing has to be cleared between two.
    """

    words: NDArray[np.uint64]
    cue_words: NDArray[np.uint64]
    weights: NDArray[np.int64]
    skeleton: NDArray[np.uint64]
    scripts: NDArray[np.int64]
    counts: NDArray[np.int64]
    bins: NDArray[np.uint64]
    sums: NDArray[np.int64]
    seen: NDArray[np.int64]


class Digest(NamedTuple):
    """What is read from every text. A key without its flag means nothing: no value of a key stands for null."""

    exact: NDArray[np.uint64]
    words: NDArray[np.int64]
    skeleton: NDArray[np.uint64]
    has_skeleton: NDArray[np.bool_]
    cues: NDArray[np.int32]


class Sketch(NamedTuple):
    """What is read from prompts only; with no rows, sketching is left out."""

    head: NDArray[np.uint64]
    tail: NDArray[np.uint64]
    has_ends: NDArray[np.bool_]
    anchors: NDArray[np.uint64]
    anchor_count: NDArray[np.int64]
    bands: NDArray[np.uint64]
    has_bands: NDArray[np.bool_]
    scripts: NDArray[np.int64]
    semantic: NDArray[np.int8]
    has_semantic: NDArray[np.bool_]


def new_scratch(longest: int, cues: int) -> Scratch:
    """Working memory for texts of which at most `longest` bytes are read."""
    size = longest + 8
    return Scratch(
        words=np.zeros(size, np.uint64), cue_words=np.zeros(size, np.uint64), weights=np.zeros(size, np.int64),
        skeleton=np.zeros(size, np.uint64), scripts=np.zeros(5, np.int64), counts=np.zeros(4, np.int64),
        bins=np.zeros(32, np.uint64), sums=np.zeros(64, np.int64), seen=np.zeros(cues + 1, np.int64),
    )  # fmt: skip


def new_digest(rows: int, labels: int) -> Digest:
    """An empty digest."""
    return Digest(
        exact=np.zeros(rows, np.uint64), words=np.zeros(rows, np.int64), skeleton=np.zeros(rows, np.uint64),
        has_skeleton=np.zeros(rows, np.bool_), cues=np.zeros((rows, labels), np.int32),
    )  # fmt: skip


def new_sketch(rows: int) -> Sketch:
    """An empty sketch."""
    return Sketch(
        head=np.zeros(rows, np.uint64), tail=np.zeros(rows, np.uint64), has_ends=np.zeros(rows, np.bool_),
        anchors=np.zeros((rows, 4), np.uint64), anchor_count=np.zeros(rows, np.int64),
        bands=np.zeros((rows, 8), np.uint64), has_bands=np.zeros(rows, np.bool_),
        scripts=np.zeros((rows, 5), np.int64), semantic=np.zeros((rows, 64), np.int8),
        has_semantic=np.zeros(rows, np.bool_),
    )  # fmt: skip
