"""A store that dies and comes back: a real Redis server, killed while requests come."""

import asyncio
import shutil

import pytest

from gateway.place import account
from gateway.running import free_port, program, wait_until
from stillhunt.gateway.calls import Call
from stillhunt.gateway.guard import Guard
from stillhunt.live.verdict import Action

redis = pytest.importorskip("redis", reason="needs the extra 'gateway'")
SERVER = shutil.which("redis-server") or shutil.which("valkey-server")
pytestmark = pytest.mark.skipif(SERVER is None, reason="needs a redis-server or valkey-server on the PATH")
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
