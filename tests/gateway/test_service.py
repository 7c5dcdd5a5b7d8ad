"""The HTTP service as `stillhunt serve` starts it."""

import json
import os
import re
import signal
import socket
import struct
import time

import httpx
import pytest

from gateway.place import account
from gateway.running import DEADLINE, PYTHON, answers, free_port, program, wait_until
from stillhunt.errors import ServiceError, StillhuntError
from stillhunt.gateway.service import serve
from stillhunt.live.verdict import Action


def command(place, *more, port):
    files = ["--watchlist", str(place.watchlist), "--policy", str(place.policy)]
    return [PYTHON, "-m", "stillhunt", "serve", *files, "--port", str(port), *more]


@pytest.fixture
def served(place):
    port = free_port()
    with program(command(place, port=port), place.folder / "out") as process:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/health") or process.poll() is not None)
        assert process.poll() is None, (place.folder / "out").read_text()
        yield f"http://127.0.0.1:{port}", process


def test_the_service_decides_and_tells_how_it_is(served, place):
    url, process = served

    def score(body):
        return httpx.post(f"{url}/v1/score", content=body, timeout=20)

    told = score(json.dumps({"account_id": account(Action.suspend_account), "prompt": "Name a river."})).json()
    assert (told["action"], told["enforced"], told["failure"]) == ("suspend_account", "suspend_account", None)
    assert score(json.dumps({"account_id": 7, "prompt": ["odd"], "ts": "odd"})).json()["action"] == "allow"
    for wrong in (b"", b"[]", b"{", b"\xff", b"[" * 100_000):
        assert score(wrong).status_code == 422
    health = httpx.get(f"{url}/health").json()
    assert (health["status"], health["decisions"]) == ("ok", {"suspend_account": 1, "allow": 1})
    page = httpx.get(f"{url}/metrics").text
    assert "stillhunt_decision_seconds_count 2.0" in page
    assert "member-" not in page
    schema = httpx.get(f"{url}/openapi.json").json()
    assert {"/v1/score", "/health", "/metrics"} == set(schema["paths"])
    body = schema["paths"]["/v1/score"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert {"prompt", "payment_id"} <= set(body["properties"])
    process.send_signal(signal.SIGINT)
    assert process.wait(DEADLINE) in {0, 130}


@pytest.mark.parametrize("path", ["/v1/score", "/ext_authz/v1/chat/completions"])
def test_a_client_that_hangs_up_is_counted_and_leaves_no_traceback(served, place, path):
    """Half a body and a closed connection, one that is reset, and a chunk whose length is no number."""
    url, _ = served
    head = f"POST {path} HTTP/1.1\r\nHost: stillhunt\r\n"
    half = f'{head}Content-Length: 1000\r\n\r\n{{"account_id":'
    broken = f'{head}Transfer-Encoding: chunked\r\n\r\n5\r\n{{"acc\r\nzz\r\nount'
    for sent, lingers in ((half, None), (half, struct.pack("ii", 1, 0)), (broken, None)):
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as client:
            client.sendall(sent.encode())
            time.sleep(0.2)  # so that the service waits for the rest when it is told
            if lingers:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingers)
    wait_until(lambda: httpx.get(f"{url}/health").json()["failures"]["hung_up"] == 3, 60)
    health = httpx.get(f"{url}/health").json()
    assert (health["status"], health["decisions"]) == ("ok", {})
    assert "Traceback" not in (place.folder / "out").read_text()
    assert httpx.post(f"{url}/v1/score", json={"account_id": "a"}, timeout=20).json()["action"] == "allow"


@pytest.mark.parametrize(("damage", "code", "said"), [("missing", 2, "cannot be read"), ("damaged", 3, "is refused")])
def test_it_does_not_start_without_a_watch_list_that_can_be_believed(place, damage, code, said):
    place.watchlist.unlink()
    if damage == "damaged":
        place.watchlist.write_bytes(b"garbage" * 100)
    with program(command(place, port=0), place.folder / "out", env={**os.environ, "COLUMNS": "400"}) as process:
        assert process.wait(DEADLINE) == code
    assert said in (place.folder / "out").read_text()


@pytest.mark.parametrize("option", ["port", "grpc_port"])
def test_a_port_that_nothing_can_listen_at_is_told_in_a_sentence(place, option):
    """Also that of gRPC: a service that answered at one port alone would leave Envoy failing open."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for port in (taken.getsockname()[1], 99_999):
            with pytest.raises(StillhuntError, match=f"{port}.*give") as told:
                serve(place.settings(), **({"port": 0} | {option: port}))
            assert "\n" not in str(told.value)


@pytest.mark.parametrize("host", ["nobody.invalid", "a..b", "a" * 70])
def test_a_host_that_is_none_is_told_in_a_sentence(place, host):
    with pytest.raises(ServiceError, match=rf"cannot listen at {re.escape(host)}:0 .*give another --host") as told:
        serve(place.settings(), host=host, port=0)
    assert "(while" not in str(told.value)


def test_a_port_of_grpc_that_is_taken_is_told_in_one_line(place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with program(command(place, "--grpc-port", str(port), port=0), place.folder / "out") as process:
            assert process.wait(DEADLINE) == 3
    (line,) = (place.folder / "out").read_text().splitlines()
    assert line.endswith(
        f"cannot listen at 127.0.0.1:{port} (Address already in use): give another --host or --grpc-port."
    )
