"""What a request is like, as numbers: what it asks and in which shape, never who sent it or with which key.

Cards, addresses and client programs are left out, for an operator's innocent customers share them; so are models and
decoding settings, which a relay may set for everybody. Content keys are left out as well: they are evidence of their
own, and a contrast that knew them could say nothing of a wording that it has not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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


def _columns(rows: pa.Table, capabilities: Sequence[str], scripts: Sequence[str]) -> Floats:
    """Return the traits as they are, a one at the end of each line. Filled in place: there are millions of lines."""
    certainty = _numbers(rows, "capability_p")
    columns = (
        *(np.log1p(np.maximum(_numbers(rows, name), 0.0)) for name in COUNTED),  # a log may tell of -1 turns
        *(rows[name].is_valid().to_numpy() for name in PRESENT),
        *(_numbers(rows, name) for name in ELICITATION),
        *(_is(rows, "capability", label) * certainty for label in capabilities),
        *(_is(rows, "script", label) for label in scripts),
    )
    lines = np.ones((len(rows), len(columns) + SKETCH + 1))
    for place, column in enumerate(columns):
        lines[:, place] = column
    lines[:, len(columns) : -1] = _sketches(rows["semantic"])
    return lines


def _numbers(rows: pa.Table, name: str) -> Floats:
    numbers: Floats = pc.fill_null(rows[name].cast(pa.float64()), 0.0).to_numpy()
    return numbers


def _is(rows: pa.Table, name: str, label: str) -> Floats:
    same: Floats = pc.fill_null(pc.equal(rows[name], label), False).to_numpy().astype(np.float64)
    return same


def _sketches(column: pa.ChunkedArray) -> Floats:
    """Return the sketches as unit vectors; a prompt without one has the zero vector."""
    filled = pc.fill_null(column.cast(pa.binary()), bytes(SKETCH)).cast(pa.binary(SKETCH)).combine_chunks()
    values = np.frombuffer(filled.buffers()[1], np.int8)[filled.offset * SKETCH :][: len(filled) * SKETCH]
    return values.reshape(-1, SKETCH) / 127.0
