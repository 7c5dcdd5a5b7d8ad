"""What is committed of a topic; brokers cannot be had here, so a client that does as the real one says stands in."""

import pytest
from gateway.place import Place

from stillhunt.live.scorer import Scorer
from stillhunt.stream.watch import Watch

kafka = pytest.importorskip("kafka", reason="needs what streams need: pip install -r requirements-live.lock")
PER_POLL = 4


class Broker:
    """Two partitions of one topic, and what is committed of them."""

    def __init__(self, partitions):
        self.partitions = [kafka.TopicPartition("calls", number) for number in range(len(partitions))]
        self.lines = dict(zip(self.partitions, partitions, strict=True))
        self.committed = dict.fromkeys(self.partitions, 0)

    def consumer(self, *_, **__):
        return Consumer(self)


class Consumer:
    """The calls that are made of the client: `poll` moves on, and `commit` without offsets takes where it stands."""

    def __init__(self, broker):
        self.broker, self.at = broker, dict(broker.committed)

    def poll(self, timeout_ms):
        polled = {}
        for part, lines in self.broker.lines.items():
            start = self.at[part]
            self.at[part] = min(start + PER_POLL, len(lines))
            polled[part] = [
                kafka.consumer.fetcher.ConsumerRecord(  # the client's own
                    "calls", part.partition, None, offset, 0, 0, None, lines[offset], [], None, -1, len(lines[offset]),
                    -1,
                )
                for offset in range(start, self.at[part])
            ]  # fmt: skip
        if not any(polled.values()):
            raise KeyboardInterrupt  # somebody ends a watch that has nothing left to do
        return {part: records for part, records in polled.items() if records}

    def commit(self, offsets=None, timeout_ms=None):
        self.broker.committed |= {p: o.offset for p, o in offsets.items()} if offsets is not None else self.at

    def close(self, autocommit):
        assert not autocommit


@pytest.fixture
def broker(line, monkeypatch):
    made = Broker([[line(n) for n in range(10)], [line(n) for n in range(20, 23)]])
    monkeypatch.setattr(kafka, "KafkaConsumer", made.consumer)
    return made


def watched(place: Place, dies_after: int) -> list[str]:
    """Watch until the program is ended, at the latest after so many exchanges; return which were scored."""
    from stillhunt.stream.kafka import KafkaTopic  # noqa: PLC0415  the package may not be there

    scorer, scored = Scorer.load(place.watchlist), []
    score = scorer.score

    def until_it_dies(exchange):
        if len(scored) >= dies_after:
            raise KeyboardInterrupt
        scored.append(exchange["exchange_id"])
        return score(exchange)

    scorer.score = until_it_dies
    with pytest.raises(KeyboardInterrupt):
        list(Watch(scorer).run(KafkaTopic("h:1", "calls")))
    return scored


@pytest.mark.parametrize("dies_after", range(14))
def test_a_message_that_was_not_scored_is_read_by_the_next(broker, place, dies_after):
    before = watched(place, dies_after)
    after = watched(place, 99)
    assert set(before + after) == {f"x-{n}" for n in (*range(10), *range(20, 23))}
    assert list(broker.committed.values()) == [10, 3]
    assert watched(place, 99) == []
