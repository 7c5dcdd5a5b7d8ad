"""Redis Streams and NATS JetStream with real servers: what was not committed comes again, and counts once."""

import asyncio
import contextlib
import shutil
import sys
import time
from pathlib import Path

import pytest
from gateway.place import account
from gateway.running import free_port, program, wait_until

from stillhunt.live.scorer import Scorer
from stillhunt.live.verdict import Action
from stillhunt.stream.jetstream import JetStream
from stillhunt.stream.redis_streams import RedisStream
from stillhunt.stream.watch import Watch

redis = pytest.importorskip("redis", reason="needs what streams need: pip install -r requirements-live.lock")
nats = pytest.importorskip("nats", reason="needs what streams need: pip install -r requirements-live.lock")
REDIS = shutil.which("redis-server") or shutil.which("valkey-server")
NATS = shutil.which("nats-server", path=f"{Path(sys.executable).parent}:/usr/sbin") or shutil.which("nats-server")


class OverRedis:
    """A Redis server, and readers of one stream on it."""

    def __init__(self, port):
        self.url = f"redis://127.0.0.1:{port}/0"
        self.client = redis.Redis(port=port)

    def put(self, lines):
        for line in lines:
            self.client.xadd("calls", {"data": line})

    def reader(self, name):
        return RedisStream(self.url, "calls", consumer=name, idle_ms=300)

    def waiting(self):
        return self.client.xpending("calls", "stillhunt")["pending"]


class OverNats:
    """A NATS server, and readers of one subject on it."""

    def __init__(self, port):
        self.url = f"nats://127.0.0.1:{port}"
        asyncio.run(self._do(lambda js: js.add_stream(name="CALLS", subjects=["calls"])))

    async def _do(self, work):
        client = await nats.connect(self.url)
        try:
            return await work(client.jetstream())
        finally:
            await client.close()

    def put(self, lines):
        async def publish(stream):
            for line in lines:
                await stream.publish("calls", line)

        asyncio.run(self._do(publish))

    def reader(self, name):
        return JetStream(self.url, "calls", ack_seconds=1.0)

    def waiting(self):
        told = asyncio.run(self._do(lambda js: js.consumer_info("CALLS", "stillhunt")))
        return told.num_ack_pending


@contextlib.contextmanager
def redis_server(folder):
    if REDIS is None:
        pytest.skip("needs a redis-server or valkey-server: apt-get install redis-server")
    port = free_port()
    arguments = [REDIS, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with program(arguments, folder / "log"):
        wait_until(lambda: _answers(lambda: redis.Redis(port=port).ping()))
        over = OverRedis(port)
        yield over
        over.client.close()


@contextlib.contextmanager
def nats_server(folder):
    if NATS is None:
        pytest.skip("needs nats-server: pip install -r requirements-live.lock")
    port = free_port()
    arguments = [NATS, "-js", "-a", "127.0.0.1", "-p", str(port), "-sd", str(folder)]
    with program(arguments, folder / "log"):
        wait_until(lambda: b"Server is ready" in (folder / "log").read_bytes())
        yield OverNats(port)


def _answers(ask):
    try:
        return ask()
    except redis.RedisError:
        return False


@pytest.fixture(params=[redis_server, nats_server], ids=["redis", "nats"])
def server(request, tmp_path):
    (tmp_path / "server").mkdir()
    with request.param(tmp_path / "server") as over:
        yield over


def take(source, wanted, seconds=30):
    """Read without a commit until so many lines came."""
    got, batches, end = [], [], time.monotonic() + seconds
    for batch in source.batches():
        got += [one.data for one in batch.lines]
        batches.append(batch)
        if len(got) >= wanted or time.monotonic() > end:
            return got, batches
    return got, batches


def test_what_a_reader_did_not_commit_is_read_by_the_next(server):
    lines = [b"line %d" % n for n in range(20)]
    server.put(lines)
    first = server.reader("first")
    got, batches = take(first, 20)
    assert got == lines
    first.close()  # as if it had died: nothing was committed
    second = server.reader("second")
    again, batches = take(second, 20)
    assert sorted(again) == sorted(lines)
    for batch in batches:
        second.commit(batch)
    wait_until(lambda: server.waiting() == 0)
    server.put([b"new"])
    got, batches = take(second, 1)
    assert got == [b"new"]
    for batch in batches:
        second.commit(batch)
    second.close()


def test_messages_go_on_to_come_though_those_of_several_seconds_wait(tmp_path, monkeypatch):
    monkeypatch.setattr("stillhunt.stream.jetstream.COUNT", 5)
    lines = [b"line %d" % n for n in range(60)]
    (tmp_path / "server").mkdir()
    with nats_server(tmp_path / "server") as server:
        server.put(lines)
        reader = JetStream(server.url, "calls")
        assert take(reader, 60, seconds=10)[0] == lines
        reader.close()


def test_exchanges_that_come_again_count_once(server, place, line):
    scorer = Scorer.load(place.watchlist)
    watch = Watch(scorer, members=True)
    lines = [line(n) for n in range(9)] + [line(9, account(Action.suspend_account))]
    server.put(lines)
    reader = server.reader("first")
    _, batches = take(reader, 10)
    alarms = [alarm for batch in batches for alarm in watch.take(batch)]
    reader.close()  # died after the effects and before the commit
    server.put([lines[0]])  # and the sender repeats one, too
    reader = server.reader("second")
    _, batches = take(reader, 11)
    alarms += [alarm for batch in batches for alarm in watch.take(batch)]
    for batch in batches:
        reader.commit(batch)
    reader.close()
    assert [alarm.account_id for alarm in alarms] == [account(Action.suspend_account)]
    # What waits too long for its commit is handed on once more: at least once, and counted once.
    assert watch.counts.exchanges == 10
    assert watch.counts.repeated >= 11
    assert scorer.budget.requests == 10
