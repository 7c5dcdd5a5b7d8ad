"""NATS JetStream, read by a durable pull consumer: messages are acknowledged after their effects."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any, Final

from stillhunt.errors import ServiceError
from stillhunt.stream.source import Batch, Line

COUNT: Final = 500
WAIT_SECONDS: Final = 0.5
ACK_SECONDS: Final = 30.0
"""How long a message may go unacknowledged before the server hands it on again."""
MOST_WAITING: Final = 100_000
"""Messages that may wait to be acknowledged: more than are scored between two commits, or readers would stand still."""


class JetStream:
    """Reads one subject of a JetStream.

    Args:
        url: The server.
        subject: Subject of the messages, each a log line; a stream on the server must take it up.
        durable: Name of the consumer; several readers of one name share the work.
        ack_seconds: How long a message may go unacknowledged before it is handed on again.
    """

    def __init__(self, url: str, subject: str, *, durable: str = "stillhunt", ack_seconds: float = ACK_SECONDS) -> None:
        """Connect, and make the consumer if there is none.

        Raises:
            ServiceError: The server cannot be reached, or no stream takes up the subject.
        """
        self._subject, self._durable, self._ack = subject, durable, ack_seconds
        self._loop = asyncio.new_event_loop()
        self._client: Any = None
        try:
            self._pull = self._run(self._connect(url))
        except Exception as error:  # noqa: BLE001  the client raises its own, the system's, and time-outs
            self.close()
            raise self._failed(error) from None

    def batches(self) -> Iterator[Batch]:
        """Yield messages as they come; those not acknowledged in time come again."""
        while True:
            try:
                messages = self._run(self._fetch())
            except Exception as error:  # noqa: BLE001  as above
                raise self._failed(error) from None
            lines = [Line(m.data, f"{self._subject}, message {m.metadata.sequence.stream}") for m in messages]
            yield Batch(lines, messages)

    def commit(self, batch: Batch) -> None:
        """Acknowledge the messages, and wait until the server says that it knows."""

        async def acknowledge(messages: list[Any]) -> None:
            await asyncio.gather(*(m.ack_sync() for m in messages))

        if isinstance(batch.mark, list) and batch.mark:
            try:
                self._run(acknowledge(batch.mark))
            except Exception as error:  # noqa: BLE001  as above
                raise self._failed(error) from None

    def close(self) -> None:
        """Leave; what was not acknowledged is handed on again."""
        if self._loop.is_closed():
            return
        if self._client is not None:
            self._run(self._client.close())
        self._loop.close()

    async def _connect(self, url: str) -> Any:
        import nats  # noqa: PLC0415  an optional dependency
        from nats.js.api import ConsumerConfig  # noqa: PLC0415

        async def quiet(_: Exception) -> None:
            """What goes wrong is told by the call that meets it."""

        self._client = await nats.connect(url, connect_timeout=5, max_reconnect_attempts=3, error_cb=quiet)
        config = ConsumerConfig(ack_wait=self._ack, max_ack_pending=MOST_WAITING)
        return await self._client.jetstream().pull_subscribe(self._subject, self._durable, config=config)

    async def _fetch(self) -> list[Any]:
        try:
            return list(await self._pull.fetch(COUNT, timeout=WAIT_SECONDS))
        except TimeoutError:
            return []

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(work)

    def _failed(self, error: Exception) -> ServiceError:
        return ServiceError(
            f"The subject '{self._subject}' cannot be read ({type(error).__name__}): is the server up, and does a "
            "stream take the subject up?"
        )
