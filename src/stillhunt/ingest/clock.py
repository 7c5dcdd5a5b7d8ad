"""Times of any usual notation, as integer microseconds in UTC.

Text must be RFC 3339 with an offset. Numbers are told apart by size: between the years 2000 and 2100 counts of
seconds (10⁹), milliseconds (10¹²), microseconds (10¹⁵) and nanoseconds (10¹⁸) cannot be taken for one another.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillhunt.ingest.values import python_values

EARLIEST = 946_684_800_000_000
LATEST = 4_102_444_800_000_000
"""The years 2000 and 2100: no hosted model answered before, and numbers outside would be ambiguous."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PER_UNIT = ((1_000_000, 1), (1_000, 1), (1, 1), (1, 1_000))
"""What seconds, milliseconds, microseconds and nanoseconds are multiplied and divided by."""

KIND = "must be RFC 3339 text or a number of seconds, milliseconds, microseconds or nanoseconds"
RANGE = "must lie between the years 2000 and 2100"
OFFSET = "has no offset from UTC: end it in Z if it is UTC"


class BadTimeError(ValueError):
    """A value that is no time; its text goes on after the column's name."""


def micros(value: Any) -> int:
    """Return a time as microseconds since 1970 in UTC.

    Args:
        value: RFC 3339 text with an offset, or a number of seconds, milliseconds, microseconds or nanoseconds.

    Raises:
        BadTimeError: If it is neither, or outside the years 2000 to 2100.
    """
    if isinstance(value, str):
        return _in_range(_from_text(value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadTimeError(KIND)
    for times, over in _PER_UNIT:
        if EARLIEST * over <= value * times <= LATEST * over:
            return value * times // over if isinstance(value, int) else round(value * times / over)
    raise BadTimeError(RANGE)


def micros_or_none(value: Any) -> int | None:
    """Return a time as `micros` does, or None if it is no time."""
    try:
        return micros(value)
    except BadTimeError:
        return None


def micros_array(values: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    """Turn a column of times of any Arrow type into int64 microseconds.

    Returns:
        The column, null where no time could be read, and why not by index.
    """
    kind = values.type
    if pa.types.is_timestamp(kind):  # one without a zone is UTC: Parquet writers often have no other choice
        times, over = _PER_UNIT[("s", "ms", "us", "ns").index(kind.unit)]
        ticks = values.cast(pa.int64())  # compared before it is scaled, which could overflow
        outside = pc.or_(
            pc.less(ticks, pa.scalar(EARLIEST * over // times)), pc.greater(ticks, pa.scalar(LATEST * over // times))
        )
        kept = pc.if_else(outside, None, ticks)
        return pc.divide(pc.multiply(kept, times), over), dict.fromkeys(_true(outside), RANGE)
    if pa.types.is_int64(kind):
        inside = pc.and_(pc.greater_equal(values, pa.scalar(EARLIEST)), pc.less_equal(values, pa.scalar(LATEST)))
        if not _true(pc.invert(inside)):
            return values, {}
    elif pa.types.is_string(kind):
        try:
            parsed = values.cast(pa.timestamp("us", "UTC"))
        except pa.ArrowInvalid:  # one odd value; the others are read one by one too
            pass
        else:
            return micros_array(parsed)
    elif pa.types.is_decimal(kind):
        try:
            return micros_array(values.cast(pa.int64()))
        except pa.ArrowInvalid:  # one with a fraction, or too large
            pass
    return micros_list(python_values(values))


def micros_list(values: list[Any]) -> tuple[pa.Array, dict[int, str]]:
    """Do as `micros_array` for Python values, one by one; None stays null."""
    times: list[int | None] = []
    bad = {}
    for i, value in enumerate(values):
        try:
            times.append(None if value is None else micros(value))
        except BadTimeError as error:
            times.append(None)
            bad[i] = str(error)
    return pa.array(times, pa.int64()), bad


def _true(mask: pa.Array) -> list[int]:
    found: list[int] = np.flatnonzero(pc.fill_null(mask, pa.scalar(False)).to_numpy(zero_copy_only=False)).tolist()
    return found


def _from_text(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip().upper())
    except ValueError:
        raise BadTimeError(KIND) from None
    if moment.tzinfo is None:
        raise BadTimeError(OFFSET)
    return (moment - _EPOCH) // _MICROSECOND


def _in_range(time: int) -> int:
    if EARLIEST <= time <= LATEST:
        return time
    raise BadTimeError(RANGE)
