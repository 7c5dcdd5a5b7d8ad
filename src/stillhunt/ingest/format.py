"""What a log format is: one small value that knows its records and turns each into rows of EXCHANGE."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

Record: TypeAlias = Mapping[str, Any]
"""One line of a log, parsed: a JSON object."""

Row: TypeAlias = dict[str, Any]
"""EXCHANGE columns by name; a column that is absent or None is unknown."""


BROKEN: Final = "is damaged or breaks off"
"""Stands in the reason of one row behind which an unknown number of others is lost."""


@dataclass(frozen=True)
class Bad:
    """A part of a record that cannot become a row; `reason` is one sentence that quotes nothing of the record."""

    reason: str


@dataclass(frozen=True)
class Skip:
    """A part of a record that is sound but is no call of a model, such as a database span."""


Parsed: TypeAlias = Sequence[Row | Bad | Skip]


@dataclass(frozen=True)
class Format:
    """A log format.

    A request body was written by the client, so nothing in it may make a call unreadable: what is odd there is
    unknown (None), or else a harvester could hide by sending odd values. Only what the provider's own logger writes
    (id, time, account) can make a record bad. `native` is all the provider's own, so there every field is checked.

    Attributes:
        name: What `--format` takes.
        says: One sentence: where such logs come from.
        recognise: Whether a record is of this format; must not raise.
        parse: The calls that a record tells of; must not raise, whatever the record holds.
        sample: A small record of the format.
        expected: The rows that the sample must give.
        flat: Whether records bear the table's own column names, so that Parquet can be cast as it is.
    """

    name: str
    says: str
    recognise: Callable[[Record], bool]
    parse: Callable[[Record], Parsed]
    sample: Record = field(repr=False)
    expected: Sequence[Row] = field(repr=False)
    flat: bool = False
