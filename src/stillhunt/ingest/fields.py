"""Reads of loosely typed JSON that never fail: what is not of the kind asked for is None, which means unknown."""

import json
import math
import re
import sys
from collections.abc import Mapping
from typing import Any

import orjson

BOM = b"\xef\xbb\xbf"
TOO_DEEP = "depth"
"""Stands in the words of every error of JSON that is nested too deep."""

_INT32, _INT64, _LONGEST_INT = 2**31, 2**63, 20
_LARGEST = sys.float_info.max
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# What is harmless is passed over, runs of it in one piece: a call of a function for each escape would take seconds. No
# possessive quantifier around a group: Python before 3.11.5 (gh-106052) loses matches by it.
_ESCAPES = re.compile(
    rb"(?:\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})+|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def parse_json(text: bytes | str) -> Any:
    """Parse JSON, and what model servers and loggers take and write beside it, or a client could hide its calls by it.

    Half a surrogate pair in an escape becomes U+FFFD, a byte order mark is left out, and what is no number (`NaN`,
    `Infinity`, one too large) becomes None. All else reads as in the same text without that.

    Raises:
        ValueError: If it is not JSON in UTF-8, or nested over 1,024 levels deep.
    """
    try:
        return orjson.loads(text)
    except ValueError as error:
        if TOO_DEEP in str(error):
            raise
        raw = text.encode("utf-8", "replace") if isinstance(text, str) else text
        if _SURROGATE.search(raw):
            raw = _ESCAPES.sub(lambda found: b"\\ufffd" if found[1] else found[0], raw)
        return _tolerant(raw.removeprefix(BOM))


def _tolerant(raw: bytes) -> Any:
    """Parse what was mended, and at last as Python itself does, which is five times slower."""
    try:
        return orjson.loads(raw)
    except ValueError:
        pass
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_unknown, parse_float=_finite, parse_int=_integer)
    except RecursionError:
        raise ValueError(f"The JSON reaches the {TOO_DEEP} that is read.") from None


def _unknown(_: str) -> None:
    return None


def _finite(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


def _integer(digits: str) -> int | float | None:
    """A number of 64 bits with or without a sign is exact, and a larger one a fraction, as the fast parser has it."""
    if len(digits) <= _LONGEST_INT and -_INT64 <= (value := int(digits)) < 2 * _INT64:
        return value
    return _finite(digits)


def embedded(value: Any) -> Any:
    """Return what JSON text holds when `value` is such text, else `value`: loggers often write JSON inside JSON."""
    if not isinstance(value, str) or value[:1] not in {"{", "["}:
        return value
    try:
        return parse_json(value)
    except ValueError:
        return value


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a JSON object, also one written as text; empty if it is none."""
    value = embedded(value)
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """Return a JSON list, also one written as text; empty if it is none."""
    value = embedded(value)
    return value if isinstance(value, list) else []


def first(record: Mapping[str, Any], *names: str) -> Any:
    """Return the first value that is there and neither null nor empty text, looking at `names` in order."""
    for name in names:
        value = record.get(name)
        if value is not None and value != "":
            return value
    return None


def text(value: Any) -> str | None:
    """Return text."""
    return value if isinstance(value, str) else None


def ident(value: Any) -> str | None:
    """Return an id: text that is not empty, or a whole number of 64 bits as text."""
    if isinstance(value, str):
        return value or None
    exact = isinstance(value, int) and not isinstance(value, bool) and -_INT64 <= value < 2 * _INT64
    return str(value) if exact else None


def whole(value: Any) -> int | None:
    """Return a whole number of 64 bits; 12.0 is one."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and -_INT64 <= value < _INT64:
        return value
    return None


def small(value: Any) -> int | None:
    """Return a whole number of 32 bits."""
    number = whole(value)
    return number if number is not None and -_INT32 <= number < _INT32 else None


def number(value: Any) -> float | None:
    """Return a number; one that is not finite is none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if abs(value) <= _LARGEST else None


def flag(value: Any) -> bool | None:
    """Return true or false."""
    return value if isinstance(value, bool) else None


def status_code(value: Any) -> int | None:
    """Return an HTTP status, also one written as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:4])
    code = whole(value)
    return code if code is not None and 100 <= code <= 599 else None
