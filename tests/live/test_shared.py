"""Workers that count together, with a real server."""

import shutil
import socket
import subprocess
import time

import pytest

from live.test_betting import watchlist
from stillhunt.live.betting import Bets
from stillhunt.live.budget import Budget
from stillhunt.live.regrowth import Regrowth
from stillhunt.live.shared import Alone, Together, connect
from stillhunt.live.verdict import Action

SHOWN = {"c-0": (1, 1, 1)}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        pytest.skip("needs valkey-server or redis-server on the path, and there is none")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("server")
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()


def worker():
    return Regrowth(Bets(watchlist(0.9, 0.9)), ["c-0", "c-1"], "v"), Budget(per_million=10.0)


def test_two_workers_see_what_one_would_have_seen(url):
    (one, first), (other, second), (alone, _) = worker(), worker(), worker()
    a, b, all_of = Together(connect(url), "t1"), Together(connect(url), "t1"), Alone()
    for n in range(60):
        shown, day = (SHOWN if n % 3 else {}), 1 + n // 20
        (a if n % 2 else b).arrived(n, day, shown, one if n % 2 else other)
        all_of.arrived(n, day, shown, alone)
    for _ in range(2):
        assert a.synchronise(one, first)
        assert b.synchronise(other, second)
    assert a.synchronise(one, first)
    assert one.bits("c-0") == pytest.approx(alone.bits("c-0"), abs=1e-6)
    assert other.bits("c-0") == pytest.approx(alone.bits("c-0"), abs=1e-6)


def test_an_account_that_two_workers_meet_counts_once(url):
    (one, first), (other, second), (alone, _) = worker(), worker(), worker()
    a, b = Together(connect(url), "t2"), Together(connect(url), "t2")
    for n in range(30):
        a.arrived(n, 1, SHOWN, one)
        b.arrived(n, 1, SHOWN, other)
        Alone().arrived(n, 1, SHOWN, alone)
    for _ in range(2):
        a.synchronise(one, first)
        b.synchronise(other, second)
    assert one.bits("c-0") == pytest.approx(alone.bits("c-0"), abs=1e-6)


def test_the_harm_budget_is_one(url):
    (one, first), (other, second) = worker(), worker()
    a, b = Together(connect(url), "t3"), Together(connect(url), "t3")
    for _ in range(3):
        first.count(Action.slow, 0.6)
        second.count(Action.slow, 0.8)
        a.synchronise(one, first)
        b.synchronise(other, second)
    a.synchronise(one, first)
    assert (first.requests, first.touched) == (6, 6)
    assert first.innocent == pytest.approx(3 * 0.4 + 3 * 0.2)
    assert first.spent
    assert second.spent


def test_without_the_server_each_goes_on_alone_and_catches_up_later(url):
    (one, budget), (other, theirs) = worker(), worker()
    gone = Together(connect("redis://127.0.0.1:1/0"), "t4")
    for n in range(40):
        gone.arrived(n, 1, SHOWN, one)
    assert not gone.synchronise(one, budget)
    assert one.bits("c-0") > 5
    gone._server = connect(url)
    assert gone.synchronise(one, budget)
    late = Together(connect(url), "t4")
    other.add(1, other.nothing(0))
    assert late.synchronise(other, theirs)
    assert other.bits("c-0") == pytest.approx(one.bits("c-0"), abs=1e-6)
