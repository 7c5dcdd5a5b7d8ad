"""A source by its address: a path, or the URL of a server with the stream's name."""

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit, urlunsplit

from stillhunt.errors import UsageError, did_you_mean
from stillhunt.stream.files import GrowingFiles
from stillhunt.stream.source import Source

_NEEDS: Final = {"redis": ("redis", "stream"), "nats": ("nats", "stream"), "kafka": ("kafka", "kafka")}
"""By kind of server, the package that talks to it, and the extra that has it."""
_KINDS: Final = {"redis": "redis", "rediss": "redis", "valkey": "redis", "nats": "nats", "tls": "nats",
                 "kafka": "kafka"}  # fmt: skip


def open_source(sources: Sequence[str], *, group: str, state: str | Path | None = None, end: bool = False) -> Source:
    """Open what addresses name.

    Args:
        sources: Files, folders and patterns; or one of `redis://host:port/db?stream=NAME`, `valkey://…` alike,
            `nats://host:port?subject=NAME`, `kafka://host:port,host:port?topic=NAME`.
        group: Name under which servers remember how far was read.
        state: File in which the same is remembered for files.
        end: Of files, whether to stop once all is read.

    Raises:
        UsageError: An address is none, a file is missing, or a package.
        ServiceError: A server cannot be reached.
    """
    if not any("://" in source for source in sources):
        return GrowingFiles(sources, state=state, end=end)
    if len(sources) > 1:
        raise UsageError("Name either files or one stream of a server, not several: start one watch for each.")
    if end or state is not None:
        raise UsageError("The option --end is for files: a stream of a server has no end.")
    parts = urlsplit(sources[0])
    _check_port(parts)
    kind = _KINDS.get(parts.scheme)
    if kind is None:
        near = did_you_mean(parts.scheme, _KINDS)
        raise UsageError(f"No stream is read from '{parts.scheme}'.{near} There are: {', '.join(_KINDS)}.")
    package, extra = _NEEDS[kind]
    if find_spec(package) is None:
        raise UsageError(f"To read from {parts.scheme}, more is needed: pip install 'stillhunt[{extra}]'.")
    query = parse_qs(parts.query)
    scheme = "redis" if parts.scheme == "valkey" else parts.scheme
    return _OPEN[kind](urlunsplit((scheme, parts.netloc, parts.path, "", "")), parts.netloc, query, group)


Query = Mapping[str, list[str]]


def _check_port(parts: SplitResult) -> None:
    if "," in parts.netloc:  # several brokers, whose client checks them
        return
    try:
        _ = parts.port
    except ValueError:  # the address may hold a password, so it is not repeated
        raise UsageError(
            "The port in the stream's address is none: give a number up to 65535 after the host."
        ) from None


def _redis(url: str, _: str, query: Query, group: str) -> Source:
    from stillhunt.stream.redis_streams import RedisStream  # noqa: PLC0415  an optional dependency

    return RedisStream(url, _named(query, "stream"), group=group)


def _nats(url: str, _: str, query: Query, group: str) -> Source:
    from stillhunt.stream.jetstream import JetStream  # noqa: PLC0415  an optional dependency

    return JetStream(url, _named(query, "subject"), durable=group)


def _kafka(_: str, servers: str, query: Query, group: str) -> Source:
    from stillhunt.stream.kafka import KafkaTopic  # noqa: PLC0415  an optional dependency

    return KafkaTopic(servers, _named(query, "topic"), group=group)


_OPEN: Final[Mapping[str, Callable[[str, str, Query, str], Source]]] = {
    "redis": _redis, "nats": _nats, "kafka": _kafka,
}  # fmt: skip


def _named(query: Query, name: str) -> str:
    for given in query:
        if given != name:
            raise UsageError(f"A stream's address has no '{given}'.{did_you_mean(given, [name])} Write '?{name}=NAME'.")
    if name not in query:
        raise UsageError(f"The address names no {name}: end it in '?{name}=NAME'.")
    return query[name][-1]
