"""Workers that count together, with a real server."""

import shutil
import socket
import subprocess
import threading
import time

import pytest

from live.dripping_server import dripping_server
from live.test_betting import watchlist
from stillhunt.errors import UsageError
from stillhunt.live.betting import Bets
from stillhunt.live.budget import Budget
from stillhunt.live.regrowth import Regrowth
from stillhunt.live.round import LONGEST_ROUND
from stillhunt.live.shared import MOST_SENT, Alone, Together, connect
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


def count_together(sharing, regrowth, budget):
    told = sharing.share(regrowth, budget)
    reached = told.exchange()
    if reached:
        sharing.take(told, regrowth, budget)
    return reached


def test_two_workers_see_what_one_would_have_seen(url):
    (one, first), (other, second), (alone, _) = worker(), worker(), worker()
    a, b, all_of = Together(connect(url), "t1"), Together(connect(url), "t1"), Alone()
    for n in range(60):
        shown, day = (SHOWN if n % 3 else {}), 1 + n // 20
        (a if n % 2 else b).arrived(n, day, shown, one if n % 2 else other)
        all_of.arrived(n, day, shown, alone)
    for _ in range(2):
        assert count_together(a, one, first)
        assert count_together(b, other, second)
    assert count_together(a, one, first)
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
        count_together(a, one, first)
        count_together(b, other, second)
    assert one.bits("c-0") == pytest.approx(alone.bits("c-0"), abs=1e-6)


def test_the_harm_budget_is_one(url):
    (one, first), (other, second) = worker(), worker()
    a, b = Together(connect(url), "t3"), Together(connect(url), "t3")
    for _ in range(3):
        first.count(Action.slow, 0.6)
        second.count(Action.slow, 0.8)
        count_together(a, one, first)
        count_together(b, other, second)
    count_together(a, one, first)
    assert (first.requests, first.touched) == (6, 6)
    assert first.innocent == pytest.approx(3 * 0.4 + 3 * 0.2)
    assert first.spent
    assert second.spent


def test_without_the_server_each_goes_on_alone_and_catches_up_later(url):
    (one, budget), (other, theirs) = worker(), worker()
    gone = Together(connect("redis://127.0.0.1:1/0"), "t4")
    for n in range(40):
        gone.arrived(n, 1, SHOWN, one)
    assert not count_together(gone, one, budget)
    assert one.bits("c-0") > 5
    gone._server = connect(url)  # it is back
    assert count_together(gone, one, budget)
    late = Together(connect(url), "t4")
    other.add(1, other.nothing(0))
    assert count_together(late, other, theirs)
    assert other.bits("c-0") == pytest.approx(one.bits("c-0"), abs=1e-6)


def test_what_comes_while_a_round_is_under_way_is_kept(url):
    (one, budget), (alone, _) = worker(), worker()
    a, day = Together(connect(url), "t5"), 1
    for n in range(40):
        if n == 20:
            told = a.share(one, budget)
            assert told.exchange()
        a.arrived(n, day, SHOWN, one)
        Alone().arrived(n, day, SHOWN, alone)
        budget.count(Action.slow, 0.6)
    a.take(told, one, budget)
    assert (budget.requests, budget.touched) == (40, 40)
    assert budget.innocent == pytest.approx(40 * 0.4)
    assert one.bits("c-0") == pytest.approx(alone.bits("c-0"), abs=1e-6)
    count_together(a, one, budget)
    assert one.bits("c-0") == pytest.approx(alone.bits("c-0"), abs=1e-6)


def test_what_is_told_twice_since_its_answer_was_lost_counts_once(url):
    (one, budget), (other, theirs) = worker(), worker()
    a, b = Together(connect(url), "t6"), Together(connect(url), "t6")
    a.arrived(1, 1, SHOWN, one)
    budget.count(Action.slow, 0.6)
    assert a.share(one, budget).exchange()  # told, but nobody learns the answer
    count_together(a, one, budget)
    other.add(1, other.nothing(0))
    count_together(b, other, theirs)
    assert (theirs.requests, theirs.touched, theirs.innocent) == (1, 1, pytest.approx(0.4))
    assert other.bits("c-0") == pytest.approx(one.bits("c-0"), abs=1e-6)


def test_a_server_that_lost_its_memory_forgives_nothing(url):
    _, budget = regrowth_and_budget = worker()
    a = Together(connect(url), "t7")
    for _ in range(5):
        budget.count(Action.slow, 0.6)
    count_together(a, *regrowth_and_budget)
    a._server.delete(*a._server.keys("t7:*"))
    count_together(a, *regrowth_and_budget)
    assert (budget.requests, budget.innocent) == (5, pytest.approx(5 * 0.4))


def test_after_a_long_absence_rounds_stay_short_until_all_is_told(url):
    (one, budget), (other, theirs) = worker(), worker()
    a, b = Together(connect(url), "t8"), Together(connect(url), "t8")
    for n in range(3 * MOST_SENT):
        a.arrived(n, 1, SHOWN if n % 2 else {}, one)
    alone = one.bits("c-0")
    for _ in range(3):
        told = a.share(one, budget)
        assert len(told.sent) == MOST_SENT
        assert told.exchange()
        a.take(told, one, budget)
        assert one.bits("c-0") == pytest.approx(alone, abs=1e-6)
    other.add(1, other.nothing(0))
    count_together(b, other, theirs)
    assert other.bits("c-0") == pytest.approx(alone, abs=1e-6)


def test_accounts_of_an_old_watch_list_are_no_evidence_by_the_new_one(url):
    (old, budget), (_, _) = worker(), worker()
    a = Together(connect(url), "t9")
    a.arrived(1, 1, SHOWN, old)
    new = Regrowth(Bets(watchlist(0.9, 0.9)), ["c-0", "c-1"], "w")
    assert a.share(new, budget).sent == {}


def test_a_round_ends_in_time_however_the_server_answers():
    begun = time.monotonic()
    with dripping_server() as port:
        assert not count_together(Together(connect(f"redis://127.0.0.1:{port}/0"), "t10"), *worker())
    assert LONGEST_ROUND * 0.9 < time.monotonic() - begun < LONGEST_ROUND + 10


@pytest.mark.parametrize("answer", [b"+OK\r\n", b"*1\r\n$1\r\nx\r\n", b"HTTP/1.1 400\r\n\r\n", b"-ERR no\r\n", b""])
def test_a_server_that_is_none_counts_as_away(answer):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(5)

        def speak():
            with listening.accept()[0] as one:
                one.sendall(answer * 50)
                time.sleep(0.5)

        thread = threading.Thread(target=speak, daemon=True)
        thread.start()
        url = f"redis://127.0.0.1:{listening.getsockname()[1]}/0"
        assert not count_together(Together(connect(url), "t11"), *worker())
        thread.join()


def test_an_address_that_is_none_is_told_in_a_sentence_without_its_password():
    with pytest.raises(UsageError, match="no URL") as told:
        connect("secret@host:6379")
    assert "secret" not in str(told.value)
