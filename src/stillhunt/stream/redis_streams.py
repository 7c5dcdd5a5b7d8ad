"""Valkey and Redis Streams, read by a consumer group: entries are acknowledged after their effects.

What a reader that died had taken and not acknowledged is claimed by the others once it has lain for a while.
"""

import os
import socket
from collections.abc import Iterator
from typing import Any, Final

from stillhunt.errors import ServiceError
from stillhunt.stream.source import Batch, Line

COUNT: Final = 500
WAIT_MS: Final = 500
IDLE_MS: Final = 30_000
"""How long an entry must lie with a reader before another claims it."""
FIELD: Final = b"data"
"""The field of an entry that holds the log line."""


class RedisStream:
    """Reads one stream.

    Args:
        url: The server.
        stream: Name of the stream.
        group: Name of the consumer group; several readers of one group share the work.
        consumer: This reader's own name; host and process when not given.
        idle_ms: How long an entry must lie with another reader before it is claimed.
    """

    def __init__(
        self, url: str, stream: str, *, group: str = "stillhunt", consumer: str | None = None, idle_ms: int = IDLE_MS
    ) -> None:
        """Make the group if there is none, at the stream's beginning.

        Raises:
            ServiceError: The server cannot be reached.
        """
        from redis import Redis, RedisError, ResponseError  # noqa: PLC0415  an optional dependency

        self._error = RedisError
        self._server: Redis = Redis.from_url(url, socket_timeout=10, socket_connect_timeout=5)
        self._stream, self._group, self._idle = stream, group, idle_ms
        self._name = consumer or f"{socket.gethostname()}-{os.getpid()}"
        try:
            self._server.xgroup_create(stream, group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise self._failed(error) from None
        except RedisError as error:
            raise self._failed(error) from None

    def batches(self) -> Iterator[Batch]:
        """Yield first what this reader took and never acknowledged, then what others left, then what is new."""
        own: str | None = "0"
        while True:
            try:
                if own is not None:
                    entries = self._read(own)
                    own = entries[-1][0].decode() if entries else None
                else:
                    entries = self._left_behind() or self._read(">", WAIT_MS)
            except self._error as error:
                raise self._failed(error) from None
            if entries or own is None:
                yield self._batch(entries)

    def commit(self, batch: Batch) -> None:
        """Acknowledge the entries."""
        if isinstance(batch.mark, list) and batch.mark:
            try:
                self._server.xack(self._stream, self._group, *batch.mark)
            except self._error as error:
                raise self._failed(error) from None

    def close(self) -> None:
        """Leave; entries that were not acknowledged stay for the next reader."""
        self._server.close()

    def _read(self, start: str, wait: int | None = None) -> list[Any]:
        got: Any = self._server.xreadgroup(self._group, self._name, {self._stream: start}, count=COUNT, block=wait)
        if isinstance(got, dict):
            return [entry for entries in got.values() for part in entries for entry in part]
        return got[0][1] if got else []

    def _left_behind(self) -> list[Any]:
        got: Any = self._server.xautoclaim(self._stream, self._group, self._name, self._idle, "0", count=COUNT)
        return [entry for entry in got[1] if entry[1]]

    def _batch(self, entries: list[Any]) -> Batch:
        lines = [
            Line(fields[FIELD], f"{self._stream}, entry {at.decode()}") for at, fields in entries if FIELD in fields
        ]
        # An entry without the field can never become a line: it is acknowledged with the others.
        return Batch(lines, [at for at, _ in entries])

    def _failed(self, error: Exception) -> ServiceError:
        return ServiceError(f"The stream '{self._stream}' cannot be read ({type(error).__name__}): is the server up?")
