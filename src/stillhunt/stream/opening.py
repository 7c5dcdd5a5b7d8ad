"""A source by its address: a path, or the URL of a server with the stream's name."""

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit, urlunsplit

from stillhunt.errors import UsageError, did_you_mean
from stillhunt.stream.files import GrowingFiles
from stillhunt.stream.reaching import REACH_SECONDS, Server, open_in_time
from stillhunt.stream.source import Source

_NEEDS: Final = {"redis": ("redis", "stream"), "nats": ("nats", "stream"), "kafka": ("kafka", "kafka")}
"""By kind of server, the package that talks to it, and the extra that has it."""
_KINDS: Final = {"redis": "redis", "rediss": "redis", "valkey": "redis", "nats": "nats", "tls": "nats",
                 "kafka": "kafka"}  # fmt: skip
_PORTS: Final = {"redis": 6379, "nats": 4222, "kafka": 9092}
"""By kind of server, where it listens if the address names no port."""
_NAMES: Final = {"redis": "stream", "nats": "subject", "kafka": "topic"}
"""By kind of server, what it calls that which holds the messages."""


def open_source(
    sources: Sequence[str],
    *,
    group: str,
    state: str | Path | None = None,
    end: bool = False,
    within: float = REACH_SECONDS,
) -> Source:
    """Open what addresses name.

    Args:
        sources: Files, folders and patterns; or one of `redis://host:port/db?stream=NAME`, `valkey://…` alike,
            `nats://host:port?subject=NAME`, `kafka://host:port,host:port?topic=NAME`.
        group: Name under which servers remember how far was read.
        state: File in which the same is remembered for files.
        end: Of files, whether to stop once all is read.
        within: Seconds that a server may take until it has answered.

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
    try:
        parts = urlsplit(sources[0])
    except ValueError:  # a bracket of IPv6 without the other
        raise UsageError("The stream's address is no URL: write it as docs/stream.md shows.") from None
    kind = _KINDS.get(parts.scheme)
    if kind is None:
        near = did_you_mean(parts.scheme, _KINDS)
        raise UsageError(f"No stream is read from '{parts.scheme}'.{near} There are: {', '.join(_KINDS)}.")
    package, extra = _NEEDS[kind]
    if find_spec(package) is None:
        raise UsageError(f"To read from {parts.scheme}, more is needed: pip install 'stillhunt[{extra}]'.")
    query = parse_qs(parts.query)
    name = _named(query, _NAMES[kind])
    scheme = "redis" if parts.scheme == "valkey" else parts.scheme
    url = urlunsplit((scheme, parts.netloc, parts.path, "", ""))
    return open_in_time(_servers(parts.netloc, kind), lambda: _OPEN[kind](url, name, group), within)


def _servers(netloc: str, kind: str) -> list[Server]:
    """Return the servers of an address; it may hold a password, so no error repeats it."""
    named = netloc.rpartition("@")[2].split(",")
    if len(named) > 1 and kind != "kafka":
        raise UsageError("The stream's address names several servers: name one, for only Kafka takes more.")
    servers = []
    for one in named:
        try:
            at = urlsplit(f"//{one}")
            port = _PORTS[kind] if at.port is None else at.port
        except ValueError:
            raise UsageError(
                "The port in the stream's address is none: give a number up to 65535 after the host."
            ) from None
        if not at.hostname:
            raise UsageError("The stream's address names no server: give host and port after '://'.")
        servers.append(Server(at.hostname, port))
    return servers


def _redis(url: str, stream: str, group: str) -> Source:
    from stillhunt.stream.redis_streams import RedisStream  # noqa: PLC0415  an optional dependency

    return RedisStream(url, stream, group=group)


def _nats(url: str, subject: str, group: str) -> Source:
    from stillhunt.stream.jetstream import JetStream  # noqa: PLC0415  an optional dependency

    return JetStream(url, subject, durable=group)


def _kafka(url: str, topic: str, group: str) -> Source:
    from stillhunt.stream.kafka import KafkaTopic  # noqa: PLC0415  an optional dependency

    return KafkaTopic(urlsplit(url).netloc, topic, group=group)


_OPEN: Final[Mapping[str, Callable[[str, str, str], Source]]] = {"redis": _redis, "nats": _nats, "kafka": _kafka}


def _named(query: Mapping[str, list[str]], name: str) -> str:
    for given in query:
        if given != name:
            raise UsageError(f"A stream's address has no '{given}'.{did_you_mean(given, [name])} Write '?{name}=NAME'.")
    if name not in query:
        raise UsageError(f"The address names no {name}: end it in '?{name}=NAME'.")
    return query[name][-1]
