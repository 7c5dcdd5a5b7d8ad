"""Servers that are not there, or say nothing: a watch ends in time, with a sentence and the exit code for it."""

import os
import socket
import subprocess
import sys
import threading

import pytest
from gateway.running import DEADLINE, free_port
from live.dripping_server import dripping_server

from stillhunt.errors import ExitCode, ServiceError
from stillhunt.stream.opening import open_source

ADDRESSES = {"redis": "redis://{}/0?stream=calls", "nats": "nats://{}?subject=calls", "kafka": "kafka://{}?topic=calls"}
NO_NAME = "nowhere.invalid:4222"
"""A name that is reserved for being none (RFC 6761)."""


@pytest.fixture(params=ADDRESSES)
def address(request):
    """Makes the address of a stream on a server, for each kind of server."""
    pytest.importorskip(request.param, reason="needs what streams need: pip install -r requirements-live.lock")
    return ADDRESSES[request.param].format


@pytest.fixture
def closed():
    """Host and port at which nobody listens."""
    return f"127.0.0.1:{free_port()}"


def watch(place, source) -> subprocess.CompletedProcess[bytes]:
    files = ["--watchlist", str(place.watchlist), "--policy", str(place.policy)]
    command = [sys.executable, "-m", "stillhunt", "watch", source, *files]
    return subprocess.run(command, capture_output=True, check=False, timeout=DEADLINE, env=os.environ)


def refused(source, within=DEADLINE) -> str:
    """Try to open a source; return what was said instead."""
    with pytest.raises(ServiceError) as told:
        open_source([source], group="g", within=within)
    return str(told.value)


def given_up(source, within: float) -> str:
    """The same in a process of its own, for a client that is given up in the middle of its work keeps its sockets."""
    script = (
        "import sys; from stillhunt.errors import ServiceError; from stillhunt.stream.opening import open_source\n"
        f"try: open_source([{source!r}], group='g', within={within})\n"
        "except ServiceError as error: sys.exit(str(error))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=DEADLINE)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr.removesuffix("\n")


def test_the_program_ends_with_one_line_and_the_exit_code_of_a_service(place, address, closed):
    done = watch(place, address(closed))
    assert (done.returncode, done.stdout) == (ExitCode.SERVICE, b"")
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith(f"stillhunt: The server at '{closed}' cannot be reached (")
    assert line.endswith("): start it, or mend the stream's address.")


def test_a_name_that_is_none_is_told_in_a_sentence(address):
    assert f"The server at '{NO_NAME}' cannot be reached (" in refused(address(NO_NAME))


@pytest.mark.parametrize("host", ["a..b", "a" * 70])
def test_a_host_that_no_name_can_be_is_told_in_a_sentence(address, host):
    assert f"The server at '{host}:1' cannot be reached (no such name)" in refused(address(f"{host}:1"))


def test_a_server_that_takes_a_connection_and_says_nothing_is_given_up(address):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = given_up(address(f"127.0.0.1:{silent.getsockname()[1]}"), within=1.0)
    assert "cannot be reached (no answer within 1 seconds)" in said
    assert "\n" not in said


def test_a_server_that_never_comes_to_the_end_of_an_answer_is_given_up(address):
    with dripping_server() as port:
        assert "cannot be reached (no answer within 1 seconds)" in given_up(address(f"127.0.0.1:{port}"), within=1.0)


def test_a_look_up_that_stalls_is_not_waited_for(address, monkeypatch):
    """No resolver that stalls can be had here, so the system's own is made to."""
    over = threading.Event()

    def stalls(*_, **__):
        over.wait(DEADLINE)
        raise socket.gaierror(socket.EAI_NONAME, "it came to an end")

    monkeypatch.setattr(socket, "getaddrinfo", stalls)
    assert "cannot be reached (no answer within 0.2 seconds)" in refused(address(NO_NAME), within=0.2)
    over.set()


def test_one_broker_of_several_is_enough_to_go_on(closed):
    """The others may be away: whether the one is a broker is then the client's to say."""
    pytest.importorskip("kafka", reason="needs what streams need: pip install -r requirements-live.lock")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        here = f"127.0.0.1:{silent.getsockname()[1]}"
        said = given_up(f"kafka://{NO_NAME},{closed},{here}?topic=calls", within=2.0)
    assert "no answer within 2 seconds" in said
    said = refused(f"kafka://{closed},{closed}?topic=calls")
    assert said.startswith(f"The server at '{closed}' or '{closed}' cannot be reached (")


def test_the_parts_that_stand_in_traffic_bring_no_engine_along():
    """A watch and a gateway need none, start sooner without it, and end without its words on what it left behind."""
    script = "import sys, stillhunt.stream.following, stillhunt.gateway.service; sys.exit('duckdb' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
