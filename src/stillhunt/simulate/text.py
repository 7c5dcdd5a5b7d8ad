"""What the simulator says: a voice is a way of asking, a text source fills it with content."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillhunt.simulate.ids import Hashes, mix, pick

NO_GAP = pa.scalar("")
"""Made once: Arrow looks for pandas each time that it makes a scalar."""

Segments = tuple[tuple[str, ...], ...]
"""A template in pieces; each piece has one or several wordings."""


class TextSource(Protocol):
    """Gives the text of any item again and again: a pure function of pool, item and author."""

    def enlist(self, pool: str, authors: Hashes) -> None:
        """Hear, before any text is asked for, which authors will write from a pool."""
        ...

    def texts(self, pool: str, items: Hashes, authors: Hashes) -> pa.StringArray:
        """Return one text for each item of `pool`, as `authors` would write it; the same ids give the same text."""
        ...


@dataclass(frozen=True)
class Voice:
    """One way of asking: what stands around the changing slot, and what is drawn into the slot.

    Attributes:
        pool: What first turns are drawn from.
        follow: What later turns are drawn from; empty for the same pool.
        system: Fixed system prompt in segments.
        system_pool: Pool of system prompts, one for each author (a developer writes their own).
        before: Fixed text before the slot, in segments.
        after: Fixed text behind the slot, in segments.
        second: Second pool whose text follows the first (an answer to grade, a trace to clean).
        between: What stands between the two.
        tools: Names of the tools offered.
        answer: Pool of the answers.
        tag: Tag that the answer is wrapped in, when reasoning is forced into the open.
        wording: Who decides the wording of segments: nobody, each account, or each request.
        output_tokens: Median length of answers.
    """

    pool: str = "person"
    follow: str = ""
    system: Segments = ()
    system_pool: str = ""
    before: Segments = ()
    after: Segments = ()
    second: str = ""
    between: Segments = ()
    tools: tuple[str, ...] = ()
    answer: str = "answer"
    tag: str = ""
    wording: Literal["fixed", "account", "request"] = "fixed"
    output_tokens: float = 300.0
    operation: str = "chat"


def fixed(*pieces: str) -> Segments:
    """Segments of one wording each."""
    return tuple((piece,) for piece in pieces)


def write_segments(segments: Segments, choices: Hashes) -> list[pa.Array | pa.Scalar]:
    """Return the pieces of a template, each in the wording that `choices` picks."""
    pieces: list[pa.Array | pa.Scalar] = []
    for number, wordings in enumerate(segments):
        if len(wordings) == 1:
            pieces.append(pa.scalar(wordings[0]))
        else:
            chosen = pick(mix(choices, 300 + number), len(wordings))
            pieces.append(pa.array(wordings).take(pa.array(chosen)))
    return pieces


def join_texts(pieces: Sequence[pa.Array | pa.Scalar], rows: int) -> pa.StringArray:
    """Join pieces row by row without a separator."""
    if not pieces:
        return pa.array([""], pa.string()).take(pa.array(np.zeros(rows, dtype=np.int64)))
    if all(isinstance(piece, pa.Scalar) for piece in pieces):
        whole = "".join(str(piece.as_py()) for piece in pieces)
        return pa.array([whole]).take(pa.array(np.zeros(rows, dtype=np.int64)))
    return pc.binary_join_element_wise(*pieces, NO_GAP)
