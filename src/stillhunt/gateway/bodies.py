"""Bodies of requests, read as model servers read them: those in Python take more than the grammar of JSON allows.

They take NaN and Infinity, numbers beyond 64 bits, half a surrogate pair, UTF-16 and UTF-32, and a byte order mark.
Whoever adds one of these to a request must not become somebody of whom no word can be read.
"""

import json
from collections.abc import Mapping
from typing import Any

import orjson

_LEAST, _MOST = -(2**63), 2**64 - 1


def parse_body(body: bytes) -> Any:
    """Return what a body holds; one that the quick and strict parser refuses is read as servers in Python read it.

    Raises:
        ValueError: It is no JSON in that sense either, or nested deeper than Python reads.
    """
    try:
        return orjson.loads(body)
    except ValueError:
        pass
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError from None


def bounded(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request whose own whole numbers beyond 64 bits are floating ones, as the strict parser makes them."""
    return {
        # Of text, for a number that no floating one can hold becomes infinite then and raises nothing.
        name: float(str(value)) if isinstance(value, int) and not _LEAST <= value <= _MOST else value
        for name, value in request.items()
    }


def mended(value: Any) -> Any:
    """Return what a row holds with half surrogate pairs as U+FFFD, for such text can be neither hashed nor kept."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, Mapping):
        return {mended(name): mended(inner) for name, inner in value.items()}
    return [mended(inner) for inner in value] if isinstance(value, list) else value


def is_longer(value: Any, most: int) -> bool:
    """Tell whether a parsed body is longer than a number of bytes, by its text and one byte for every other value."""
    size, waiting = 0, [value]
    while waiting and size <= most:
        one = waiting.pop()
        size += len(one.encode("utf-8", "surrogatepass")) if isinstance(one, str) else 1
        if isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
    return size > most
