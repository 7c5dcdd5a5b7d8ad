"""Arrow's values as Python's, also those that Arrow refuses to give: one that is odd spoils nothing around it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa


def mended(raw: bytes) -> str:
    """Return text of which what is not UTF-8 has become U+FFFD, as half a surrogate pair does in JSON."""
    return raw.decode("utf-8", "replace")


def python_values(array: pa.Array, not_utf8: Callable[[bytes], Any] = bytes) -> list[Any]:
    """Turn an array into Python values.

    Args:
        array: Of any type.
        not_utf8: What to make of text that is not UTF-8, at any depth; it stays bytes when not given.

    Returns:
        The values; decimals, as warehouses keep numbers, are whole numbers or fractions as in JSON. One that Python
        has no value for, such as a moment after the year 9999, stays Arrow's own.
    """
    try:
        values: list[Any] = array.to_pylist()
    except (ValueError, OverflowError):
        return [_value(one, not_utf8) for one in array]
    return [_number(value) for value in values] if pa.types.is_decimal(array.type) else values


def _number(value: Decimal | None) -> int | float | None:
    return value if value is None else int(value) if value == int(value) else float(value)


def _value(one: "pa.Scalar[Any]", not_utf8: Callable[[bytes], Any]) -> Any:
    try:
        return one.as_py()
    except (ValueError, OverflowError):
        if isinstance(one, pa.StructScalar):  # by place, for names may come twice
            return {field.name: _value(one[place], not_utf8) for place, field in enumerate(one.type)}
        if isinstance(one, pa.MapScalar):
            return [(_value(pair["key"], not_utf8), _value(pair["value"], not_utf8)) for pair in one.values]
        if isinstance(one, pa.ListScalar):
            return [_value(inner, not_utf8) for inner in one.values]
        if isinstance(one, pa.DictionaryScalar):
            return _value(one.value, not_utf8)
        if isinstance(one, pa.StringScalar):
            return not_utf8(one.as_buffer().to_pybytes())
        return one
