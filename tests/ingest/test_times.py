"""Times as logs write them, in every notation."""

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from stillhunt.ingest.clock import EARLIEST, LATEST, BadTimeError, micros, micros_array


@given(st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)), st.sampled_from(["Z", "+05:30", "-11:00", "+0000"]))  # noqa: DTZ001  the offset is drawn beside it
def test_times_are_the_same_in_every_notation_and_path(moment: datetime, offset: str) -> None:
    notation = moment.isoformat() + offset
    time = micros(notation)
    assert datetime.fromtimestamp(time // 1_000_000, UTC) == datetime.fromisoformat(notation).replace(microsecond=0)
    assert time % 1_000_000 == moment.microsecond
    assert micros(time) == micros(time * 1000) == micros(notation.lower()) == time
    assert micros(time // 1000 * 1000) == micros(time // 1000)
    assert micros(time // 1_000_000 * 1_000_000) == micros(time // 1_000_000)
    array, bad = micros_array(pa.array([notation, None]))
    assert (array.to_pylist(), bad) == ([time, None], {})


@given(st.integers() | st.floats() | st.text() | st.none() | st.booleans())
def test_no_value_is_taken_for_a_time_outside_the_years(value: Any) -> None:
    try:
        assert EARLIEST <= micros(value) <= LATEST
    except BadTimeError:
        return
