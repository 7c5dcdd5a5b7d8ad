"""What a request is like, as numbers: what it asks and in which shape, never who sent it or with which key.

Cards, addresses and client programs are left out, for an operator's innocent customers share them; so are models and
decoding settings, which a relay may set for everybody. Content keys are left out as well: they are evidence of their
own, and a contrast that knew them could say nothing of a wording that it has not seen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ELICITATION = tuple(
    f"elicit_{name}" for name in ("reasoning", "grading", "rewriting", "generation", "cleaning", "bypass")
)
SKETCH = 64
"""Bytes of the semantic sketch."""
FULL = 127.0
"""What the greatest byte of a sketch stands for one of."""
BLOCK = 16_384
"""Sketches that are made floating numbers at a time: so many stay in the processor's cache."""
COUNTED = ("words", "turns", "tools_count", "images")
PRESENT = ("system_key", "tools_key", "opening", "head_key")
COLUMNS = (*COUNTED, *PRESENT, *ELICITATION, "capability", "capability_p", "script", "semantic")
"""Columns of FEATURES that are read."""
LEAST_SPREAD = 0.1
"""Least standard deviation: a trait that the background never shows is not infinitely rare."""


@dataclass(frozen=True)
class Scale:
    """How traits become comparable numbers: learned once, from the background.

    Attributes:
        capabilities: Labels that get a column each.
        scripts: Scripts that get a column each.
        centre: Mean of every column in the background.
        spread: Standard deviation of every column in the background.
    """

    capabilities: tuple[str, ...]
    scripts: tuple[str, ...]
    centre: Floats
    spread: Floats

    @classmethod
    def of(cls, background: pa.Table, others: pa.Table) -> "Scale":
        """Learn labels from both tables, and centre and spread from the background alone."""
        capabilities, scripts = (
            tuple(sorted({*background[name].unique().to_pylist(), *others[name].unique().to_pylist()} - {None}))
            for name in ("capability", "script")
        )
        raw = _columns(background, capabilities, scripts)[:, :-1]
        return cls(capabilities, scripts, raw.mean(axis=0), np.maximum(raw.std(axis=0), LEAST_SPREAD))

    def apply(self, rows: pa.Table) -> Floats:
        """Return one line a request; the last column is 1, for the constant. Unknown counts as zero before scaling."""
        lines = _columns(rows, self.capabilities, self.scripts)
        lines[:, :-1] -= self.centre
        lines[:, :-1] /= self.spread
        return lines

    def project(self, rows: pa.Table, weights: Floats) -> Floats:
        """Return `apply(rows) @ weights` without the lines, of which millions take a kilobyte each."""
        scaled = weights[:-1] / self.spread
        told = np.full(len(rows), weights[-1] - self.centre @ scaled)
        for weight, column in zip(scaled[:-SKETCH], _single(rows, self.capabilities, self.scripts), strict=True):
            told += weight * column
        sketches, one = _sketches(rows["semantic"]), scaled[-SKETCH:] / FULL
        for at in range(0, len(rows), BLOCK):
            told[at : at + BLOCK] += sketches[at : at + BLOCK] @ one
        return told


def _columns(rows: pa.Table, capabilities: Sequence[str], scripts: Sequence[str]) -> Floats:
    """Return the traits as they are, a one at the end of each line."""
    columns = list(_single(rows, capabilities, scripts))
    lines = np.ones((len(rows), len(columns) + SKETCH + 1))
    for place, column in enumerate(columns):
        lines[:, place] = column
    lines[:, len(columns) : -1] = _sketches(rows["semantic"]) / FULL
    return lines


def _single(rows: pa.Table, capabilities: Sequence[str], scripts: Sequence[str]) -> Iterator[NDArray[Any]]:
    """Yield the traits but for the sketch, a column at a time."""
    for name in COUNTED:
        yield np.log1p(np.maximum(_numbers(rows, name), 0.0))  # a log may tell of -1 turns
    for name in PRESENT:
        yield rows[name].is_valid().to_numpy()
    for name in ELICITATION:
        yield _numbers(rows, name)
    certainty = _numbers(rows, "capability_p")
    for label in capabilities:
        yield _is(rows, "capability", label) * certainty
    for label in scripts:
        yield _is(rows, "script", label)


def _numbers(rows: pa.Table, name: str) -> Floats:
    numbers: Floats = pc.fill_null(rows[name].cast(pa.float64()), 0.0).to_numpy()
    return numbers


def _is(rows: pa.Table, name: str, label: str) -> Floats:
    same: Floats = pc.fill_null(pc.equal(rows[name], label), False).to_numpy().astype(np.float64)
    return same


def _sketches(column: pa.ChunkedArray) -> NDArray[np.int8]:
    """Return the sketches, FULL times unit vectors; a prompt without one has the zero vector."""
    filled = pc.fill_null(column.cast(pa.binary()), bytes(SKETCH)).cast(pa.binary(SKETCH)).combine_chunks()
    values = np.frombuffer(filled.buffers()[1], np.int8)[filled.offset * SKETCH :][: len(filled) * SKETCH]
    return values.reshape(-1, SKETCH)
