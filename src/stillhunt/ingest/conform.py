"""Values of any type become columns of exactly the schema's; what does not fit is named row by row.

The common case is done by Arrow on whole columns. Only a column in which something is odd is walked in Python.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillhunt.errors import nearest
from stillhunt.ingest.clock import micros_array, micros_list
from stillhunt.ingest.fields import flag, ident, number, small, whole
from stillhunt.ingest.values import python_values
from stillhunt.schema import BOOL, DOUBLE, INT32, INT64, STRING, STRINGS, Column, Table

Part: TypeAlias = tuple[pa.Array, dict[int, str]]
"""A column, null where a value does not fit, and for those why, as words that go on after the column's name."""

TEXTS = frozenset({"system", "opening", "prompt", "response"})
"""Columns in which empty text is a value. Elsewhere it is unknown, or else it would be an id that many share."""

_IDS = frozenset({"exchange_id", "account_id", "org_id", "api_key_id", "conversation_id", "device_id", "payment_id"})
"""Columns in which a whole number is taken as text, since many providers number their accounts."""

NEARLY = "a field is called nearly so: mend its name"
"""Goes on after what is said of a column that is nowhere. The field is not named, for reasons quote nothing."""

_MISSPELT = 0.8
"""Likeness of names from which one is taken for the other, misspelt: `acct_id` for `account_id`, but not `updated_at`
for `created_at`."""

_HEADERS = pa.map_(pa.string(), pa.string())


def from_values(column: Column, values: Sequence[Any]) -> Part:
    """Make a column of what JSON gave."""
    if column.type == _HEADERS and not all(value is None or isinstance(value, dict) for value in values):
        return _one_by_one(column, values)
    strict = column.type in (STRING, BOOL, _HEADERS)  # Arrow itself refuses other values for these, only
    try:
        array = pa.array(values, column.type if strict else None)
    except (ValueError, TypeError, OverflowError):  # mixed kinds, or a number beyond 64 bits
        return micros_list(list(values)) if _is_time(column) else _one_by_one(column, values)
    return from_arrow(column, array)


def from_arrow(column: Column, array: pa.Array) -> Part:
    """Make a column of an Arrow array of any type."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_null(array.type):
        return _unknown(column, len(array)), {}
    try:
        if _is_time(column):
            return micros_array(_as_string(array) if _is_text(array.type) else array)
        fitted = _cast(column, array)
    except (
        pa.ArrowInvalid,
        pa.ArrowNotImplementedError,
    ):  # a fraction, an overflow, bytes that are not UTF-8
        fitted = None
    if fitted is not None:
        return _without_empty(column, fitted), {}
    values = python_values(array)
    return micros_list(values) if _is_time(column) else _one_by_one(column, values)


def assemble(
    table: Table, parts: Mapping[str, Part], rows: int, others: Collection[str] = ()
) -> tuple[pa.RecordBatch, dict[int, str]]:
    """Put columns together, and take out the rows that do not fit.

    Args:
        table: The table to make.
        parts: Columns by name; one that is missing is unknown in every row.
        rows: How many rows there are.
        others: Names that the rows bear beside those of `parts`, among which may be one that is misspelt.

    Returns:
        The sound rows, and for each other row a sentence that says why, by index.
    """
    bad: dict[int, str] = {}
    columns = []
    for column in table.columns:
        array, odd = parts.get(column.name) or (_unknown(column, rows), {})
        columns.append(array)
        for index, words in odd.items():
            bad.setdefault(index, f"`{column.name}` {words}.")
        if column.required and array.null_count:
            hint = f", but {NEARLY}" if column.name not in parts and nearly(column.name, others) else ""
            for index in np.flatnonzero(array.is_null().to_numpy(zero_copy_only=False)).tolist():
                bad.setdefault(index, f"`{column.name}` is missing{hint}.")
    if bad:
        sound = np.ones(rows, bool)
        sound[list(bad)] = False
        columns = [column.filter(pa.array(sound)) for column in columns]
    return pa.RecordBatch.from_arrays(columns, schema=table.arrow), bad


def nearly(name: str, others: Collection[str]) -> bool:
    """Tell whether one of `others` is so like the name of a column that it is likely the same, misspelt."""
    return any(nearest(other, [name], _MISSPELT) for other in others)


def _unknown(column: Column, rows: int) -> pa.Array:
    return pa.array([None] * rows, column.type)


def _cast(column: Column, array: pa.Array) -> pa.Array | None:
    """Cast when the kinds agree, which may still raise for a value; None when they do not."""
    given, wanted = array.type, column.type
    if wanted == STRING and (_is_text(given) or (_is_whole(given) and column.name in _IDS)):
        return _as_string(array)
    if wanted in (INT32, INT64, DOUBLE):
        if pa.types.is_floating(given):  # in Parquet written from dataframes a missing number is NaN
            finite = pc.is_finite(array)
            array = array if pc.all(finite).as_py() else pc.if_else(finite, array, None)
        if pa.types.is_integer(given) or pa.types.is_floating(given) or pa.types.is_decimal(given):
            return array.cast(wanted)
    if wanted == BOOL and pa.types.is_boolean(given):
        return array
    if wanted == STRINGS and (pa.types.is_list(given) or pa.types.is_large_list(given)):
        return _as_texts(array) if _is_text(given.value_type) or pa.types.is_null(given.value_type) else None
    if wanted == _HEADERS and pa.types.is_map(given):
        headers = array.cast(_HEADERS)
        headers.validate(full=True)
        return _lower_names(headers)
    return None


def _lower_names(headers: pa.Array) -> pa.Array:
    """Set header names in lower case, in a map that may be a slice of another."""
    starts = pa.concat_arrays([pc.if_else(headers.is_valid(), headers.offsets[:-1], None), headers.offsets[-1:]])
    return pa.MapArray.from_arrays(starts, pc.utf8_lower(headers.keys), headers.items)


def _as_string(array: pa.Array) -> pa.Array:
    strings = array.cast(STRING)
    strings.validate(full=True)  # Parquet readers do not look whether text is UTF-8
    return strings


def _as_texts(array: pa.Array) -> pa.Array | None:
    lists = array.cast(STRINGS)
    lists.validate(full=True)
    return None if lists.flatten().null_count else lists


def _without_empty(column: Column, array: pa.Array) -> pa.Array:
    if column.type != STRING or column.name in TEXTS:
        return array
    empty = pc.equal(array, pa.scalar(""))
    return pc.if_else(empty, None, array) if pc.any(empty).as_py() else array


def _one_by_one(column: Column, values: Sequence[Any]) -> Part:
    read, words = _READERS[str(column.type)]
    fitted: list[Any] = []
    bad: dict[int, str] = {}
    for index, value in enumerate(values):
        given = ident(value) if column.name in _IDS and isinstance(value, int) else value
        sound = None if given is None else read(given)
        if sound is None and value is not None:
            kind = _kind(value, 2**31 if column.type in (INT32, INT64, DOUBLE) else 2**53)
            bad[index] = f"must be {words}" if words.startswith(kind) else f"must be {words}, not {kind}"
        fitted.append(sound)
    return _without_empty(column, pa.array(fitted, column.type)), bad


def _read_text(value: Any) -> str | None:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return None
    return value if isinstance(value, str) else None


def _read_texts(value: Any) -> list[str] | None:
    texts = [_read_text(one) for one in value] if isinstance(value, list) else [None]
    return None if None in texts else [text for text in texts if text is not None]


def _read_headers(value: Any) -> list[tuple[str, str]] | None:
    pairs = list(value.items()) if isinstance(value, dict) else value
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
        return None
    if not all(isinstance(text, str) for pair in pairs for text in pair if text is not None):
        return None
    return [(name.lower(), text) for name, text in pairs]


_READERS: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    str(STRING): (_read_text, "text in UTF-8"),
    str(INT64): (whole, "a whole number of 64 bits"),
    str(INT32): (small, "a whole number of 32 bits"),
    str(DOUBLE): (number, "a number"),
    str(BOOL): (flag, "true or false"),
    str(STRINGS): (_read_texts, "a list of texts"),
    str(_HEADERS): (_read_headers, "an object of texts"),
}


def _kind(value: Any, large: int) -> str:
    """Say what was given; a number from `large` on was refused for its size."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, float) and not value.is_integer():
        return "a fraction"
    if isinstance(value, int | float) and abs(value) >= large:
        return "so large a number"
    if isinstance(value, int | float):
        return "a number" if isinstance(value, int) else "a number with a decimal point"
    if isinstance(value, bytes):
        return "bytes"
    return {"str": "text", "list": "a list", "dict": "an object"}.get(type(value).__name__, "another type")


def _is_time(column: Column) -> bool:
    return column.unit == "µs UTC"


def _is_whole(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale == 0))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
