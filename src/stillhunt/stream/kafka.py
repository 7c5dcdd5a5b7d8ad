"""Apache Kafka, read by a consumer group: offsets are committed after their effects.

Written to the same interface as the others and to the client's documentation, but never run against a broker: none
could be had where it was written.
"""

from collections.abc import Iterator
from typing import Any, Final

from stillhunt.errors import ServiceError
from stillhunt.stream.source import Batch, Line

COUNT: Final = 500
WAIT_MS: Final = 500
COMMIT_MS: Final = 15_000
"""How long a commit may take: without a bound the client tries for ever while the brokers are away."""


class KafkaTopic:
    """Reads one topic.

    Args:
        servers: Brokers, `host:port` and commas between.
        topic: Name of the topic, each message a log line.
        group: Name of the consumer group; several readers of one group share the partitions.
    """

    def __init__(self, servers: str, topic: str, *, group: str = "stillhunt") -> None:
        """Join the group, at the earliest offset if it has none yet.

        Raises:
            ServiceError: The brokers cannot be reached.
        """
        from kafka import KafkaConsumer  # noqa: PLC0415  an optional dependency
        from kafka.errors import KafkaError  # noqa: PLC0415
        from kafka.structs import OffsetAndMetadata  # noqa: PLC0415

        self._position = OffsetAndMetadata
        self._error, self._topic = KafkaError, topic
        try:
            self._consumer: Any = KafkaConsumer(
                topic, bootstrap_servers=servers.split(","), group_id=group, enable_auto_commit=False,
                auto_offset_reset="earliest", max_poll_records=COUNT,
            )  # fmt: skip
        except KafkaError as error:
            raise self._failed(error) from None

    def batches(self) -> Iterator[Batch]:
        """Yield messages as they come."""
        while True:
            try:
                polled = self._consumer.poll(timeout_ms=WAIT_MS)
            except self._error as error:
                raise self._failed(error) from None
            messages = [message for part in polled.values() for message in part]
            lines = [
                Line(m.value, f"{self._topic}, partition {m.partition}, offset {m.offset}") for m in messages if m.value
            ]
            # Of each partition the offset after its last message here. Without offsets a commit would take those of the
            # last poll, and so of messages that nobody has scored yet.
            yield Batch(lines, {part: self._position(of[-1].offset + 1, "", -1) for part, of in polled.items() if of})

    def commit(self, batch: Batch) -> None:
        """Commit the offsets after the batch, and of no message that came later."""
        if isinstance(batch.mark, dict) and batch.mark:
            try:
                self._consumer.commit(batch.mark, timeout_ms=COMMIT_MS)
            except self._error as error:
                raise self._failed(error) from None

    def close(self) -> None:
        """Leave the group without a commit."""
        self._consumer.close(autocommit=False)

    def _failed(self, error: Exception) -> ServiceError:
        return ServiceError(f"The topic '{self._topic}' cannot be read ({type(error).__name__}): are the brokers up?")
