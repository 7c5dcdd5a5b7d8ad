"""Which program made a call, as far as it says: User-Agent, SDK headers, TLS fingerprint, tools.

These hashes have no secret: they name software, not people, and two providers must be able to compare them.
"""

import re
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillhunt.features.arrays import keys, lengths, validity
from stillhunt.features.keyed import per_value, plain_hash
from stillhunt.schema import BOOL, STRING

_PRODUCT: Final = re.compile(
    r"([A-Za-z][\w.+-]{0,40}(?:/[A-Za-z][A-Za-z.+-]{0,20})?)(?:[/ ]v?(\d{1,5})(?:\.[\w.+-]*)?)?"
)
_TOKEN: Final = re.compile(r"([A-Za-z][\w.-]{0,40})/v?(\d{1,5})")
_BROWSERS: Final = (
    # token, family: the first that is there decides, for browsers also name those that they descend from.
    ("edg", "edge"), ("edga", "edge"), ("edgios", "edge"), ("opr", "opera"), ("samsungbrowser", "samsung"),
    ("fxios", "firefox"), ("firefox", "firefox"), ("crios", "chrome"), ("headlesschrome", "headless-chrome"),
    ("chrome", "chrome"), ("version", "safari"),
)  # fmt: skip
_ENGINES: Final = frozenset({"mozilla", "applewebkit", "chrome", "safari", "electron", "version", "mobile", "gecko"})

PER_REQUEST_NAMES: Final = re.compile(
    r"^(user-agent|authorization|proxy-authorization|cookie|date|host|age|via|forwarded|range|etag|expires|content-.*"
    r"|if-.*|last-modified|x-forwarded.*|x-real-ip|true-client-ip|cf-.*|x-amz-.*|x-amzn-.*|x-b3-.*|x-datadog.*"
    r"|traceparent|tracestate|baggage|sentry-trace|x-stainless-(retry-count|timeout|read-timeout)"
    r"|(anthropic|openai)-(organization|project)|.*(request|trace|span|session|conversation|correlation|client|account"
    r"|user|device|org|project|message|thread|turn|window)[-_]?id|.*-(key|token|secret|signature|nonce|timestamp|time)"
    r"|.*(idempotency|retry).*|api-key|session|signature|timestamp|nonce)$"
)
"""Headers that differ between two requests of one program, or say who calls instead of with what."""

PER_REQUEST_VALUES: Final = re.compile(
    r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}|[0-9a-f]{16,}|\d{6,}|\d{4}-\d\d-\d\d[T ]\d\d:.*",
    re.IGNORECASE,
)
"""Values that are ids or times, whatever their header is called."""


def client_name(user_agent: str) -> str | None:
    """Return the program and major version named by a User-Agent: `python-requests/2`, `openai-python/1`, `chrome/126`.

    A browser is its family; an application inside a browser shell is the application. None if nothing is named.
    """
    if user_agent.startswith("Mozilla/"):
        tokens = {name.lower(): version for name, version in _TOKEN.findall(user_agent)}
        own = [name for name in tokens if name not in _ENGINES]
        if "electron" in tokens and own:
            return f"{own[0]}/{tokens[own[0]]}"
        for token, family in _BROWSERS:
            if token in tokens:
                return f"{family}/{tokens[token]}"
        return f"{own[0]}/{tokens[own[0]]}" if own else "mozilla"
    found = _PRODUCT.match(user_agent.strip())
    if found is None:
        return None
    name = found[1].lower().replace("/", "-")
    return f"{name}/{found[2]}" if found[2] else name


def clients(user_agents: pa.Array) -> pa.Array:
    """Client names of a column of User-Agents."""
    return per_value(user_agents, client_name, STRING)


def tls_keys(ja4: pa.Array) -> pa.Array:
    """Hashes of TLS fingerprints; an empty one is unknown."""
    return per_value(ja4, lambda value: plain_hash(value.strip().lower(), "tls") if value.strip() else None)


def tools_keys(tools: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Hash of the set of tool names and their number; no hash where no tool is offered."""
    counts = pc.list_value_length(tools)
    names = per_value(pc.list_flatten(tools), partial(plain_hash, purpose="tool"))
    sums = _sum_by_row(names, lengths(tools))
    return keys(sums, validity(counts) & (lengths(tools) > 0)), counts.cast(pa.int32())


def header_tuples(headers: pa.Array, user_agents: pa.Array) -> pa.Array:
    """Hash of the header names and values that a program sends with every request, User-Agent included.

    Ids, dates, lengths, trace and retry headers, addresses and credentials are left out; order does not count. Null
    where neither headers nor a User-Agent are known.
    """
    lists = headers.cast(pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())])))
    entries = pc.list_flatten(lists)
    names = pc.utf8_lower(pc.struct_field(entries, "key"))
    values = pc.fill_null(pc.struct_field(entries, "value"), "")
    kept = pc.and_(
        per_value(names, lambda name: PER_REQUEST_NAMES.match(name) is None, BOOL),
        per_value(values, lambda value: PER_REQUEST_VALUES.fullmatch(value.strip()) is None, BOOL),
    )
    # What is left out must not cost a hash per row: request ids are distinct.
    pairs = pc.if_else(kept, pc.binary_join_element_wise(names, values, "\n"), None)
    hashes = per_value(pairs, partial(plain_hash, purpose="header"))
    sums = _sum_by_row(hashes, lengths(lists))
    agents = per_value(user_agents, partial(plain_hash, purpose="user-agent"))
    sums += pc.fill_null(agents, 0).to_numpy(zero_copy_only=False).view(np.uint64)
    return keys(sums, validity(headers) | validity(user_agents))


def _sum_by_row(hashes: pa.Array, items: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Sum the hashes of each row, modulo 2^64: a hash of the multiset, whatever its order; null adds nothing."""
    values = pc.fill_null(hashes, 0).to_numpy(zero_copy_only=False).view(np.uint64)
    totals: NDArray[np.uint64] = np.concatenate([np.zeros(1, np.uint64), np.cumsum(values, dtype=np.uint64)])
    ends = np.cumsum(items)
    sums: NDArray[np.uint64] = totals[ends] - totals[ends - items]
    return sums
