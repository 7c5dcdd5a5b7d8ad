"""A store that dies and comes back: a real Redis server, killed while requests come."""

import asyncio
import shutil
import time

import pytest
from live.dripping_server import dripping_server

from gateway.place import account
from gateway.running import free_port, program, wait_until
from stillhunt.errors import UsageError
from stillhunt.gateway.calls import Call
from stillhunt.gateway.guard import Guard
from stillhunt.live.round import LONGEST_ROUND
from stillhunt.live.verdict import Action

redis = pytest.importorskip("redis", reason="needs the extra 'gateway'")
SERVER = shutil.which("redis-server") or shutil.which("valkey-server")
needs_server = pytest.mark.skipif(SERVER is None, reason="needs a redis-server or valkey-server on the PATH")
BODY = b'{"messages": [{"role": "user", "content": "Name a river in Bavaria."}]}'


def ask(guard, who):
    return asyncio.run(guard.judge(Call("/v1/chat/completions", {"x-account-id": who}, None, BODY)))


def store(port, folder):
    folder.mkdir(exist_ok=True)
    arguments = [SERVER, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    return program(arguments, folder / "log")


def up(port):
    try:
        return redis.Redis(port=port).ping()
    except redis.RedisError:
        return False


@needs_server
def test_workers_count_together_and_each_goes_on_alone_while_the_store_is_dead(place):
    port = free_port()
    settings = place.settings(store=f"redis://127.0.0.1:{port}/0")
    with store(port, place.folder / "r") as server:
        wait_until(lambda: up(port))
        one, other = Guard(settings, strict=True), Guard(settings, strict=True)
        for n in range(3):
            assert ask(one, f"stranger-{n}").action is Action.allow
        wait_until(lambda: other.scorer.budget.requests == 3)
        assert one.health()["status"] == "ok"
        server.kill()
        server.wait()
        wait_until(lambda: one.health()["failures"]["store"] >= 1)
        assert one.health()["status"] == "degraded"
        assert "cannot be reached" in one.health()["why"][0]
        for _ in range(20):
            told = ask(one, account(Action.suspend_account))
            assert (told.action, told.failure) == (Action.suspend_account, None)
    with store(port, place.folder / "r"):
        wait_until(lambda: one.health()["status"] == "ok")
        one.close()
        other.close()


def test_no_request_waits_for_a_store_that_hangs_and_its_failure_is_counted(place):
    """Each round hangs for `LONGEST_ROUND`, several times what a request waits, and requests come all the while."""
    with dripping_server() as port:
        guard = Guard(place.settings(store=f"redis://127.0.0.1:{port}/0", budget_ms=LONGEST_ROUND * 250), strict=True)
        end = time.monotonic() + 2.5 * LONGEST_ROUND
        while time.monotonic() < end or not guard.health()["failures"]["store"]:
            told = ask(guard, account(Action.suspend_account))
            assert (told.action, told.failure) == (Action.suspend_account, None)
            time.sleep(0.02)
        assert guard.health()["status"] == "degraded"
        assert guard.health()["failures"]["timeout"] == 0
        begun = time.monotonic()
        guard.close()
        assert time.monotonic() - begun < LONGEST_ROUND


@needs_server
def test_what_was_counted_last_is_told_when_a_gateway_is_closed(place):
    port = free_port()
    with store(port, place.folder / "r"):
        wait_until(lambda: up(port))
        guard = Guard(place.settings(store=f"redis://127.0.0.1:{port}/0"), strict=True)
        for n in range(3):
            ask(guard, f"stranger-{n}")
        guard.close()
        with redis.Redis(port=port) as server:
            (name,) = server.keys("*:budget")
            assert float(server.hget(name, "requests")) == 3


def test_a_store_that_can_never_be_reached_is_told_at_the_start(place):
    settings = place.settings(store="secret@host:6379")
    with pytest.raises(UsageError, match="no URL"):
        Guard(settings, strict=True)
    guard = Guard(settings)
    assert "no URL" in guard.health()["why"][0]
    guard.close()
