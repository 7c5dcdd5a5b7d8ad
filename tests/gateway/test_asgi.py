"""The middleware in front of a FastAPI model server, in a real uvicorn, and loaded as vLLM loads it."""

import importlib
import inspect
import json
import socket
import time

import httpx
import pytest

from gateway.model_server import CHUNKS, PAUSE, model_server
from gateway.place import STEPS, account
from gateway.running import serving, wait_until
from stillhunt.gateway.asgi import StillhuntMiddleware
from stillhunt.gateway.guard import Guard
from stillhunt.live.verdict import Action

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
CALL = {"model": "m", "messages": [{"role": "user", "content": "Name a river in Bavaria."}]}
THINKING = {**CALL, "max_tokens": 9, "thinking": {"type": "enabled", "budget_tokens": 8}}
FORGED = {"x-stillhunt-action": "allow", "X-Stillhunt-Bits": "0", "x_stillhunt_action": "allow"}
"""What a client may send to be taken for the gateway; some servers read `_` and `-` as the same."""
SEALED = {"model": "m", "input": "Name a river.", "include": ["reasoning.encrypted_content", "x"],
          "reasoning": {"effort": "low", "summary": "auto"}}  # fmt: skip


@pytest.fixture
def url(place):
    guard = Guard(place.settings(status_path="/-", max_body=50_000), strict=True)
    with serving(StillhuntMiddleware(model_server(), guard=guard)) as at:
        yield at
    guard.close()


def post(url, body=CALL, who="stranger", path=CHAT, **headers):
    return httpx.post(f"{url}{path}", json=body, headers={"x-account-id": who, **headers}, timeout=20)


def test_a_stranger_passes_and_the_application_may_read_the_verdict(url):
    answer = post(url).json()
    assert answer["got"] == CALL
    assert answer["told"]["enforced"] == "allow"


@pytest.mark.parametrize("action", STEPS, ids=lambda a: a.name)
def test_each_action_is_carried_out(url, action):
    begun = time.monotonic()
    answer = post(url, who=account(action))
    took = time.monotonic() - begun
    expected = {Action.step_up: 403, Action.block_request: 403, Action.suspend_account: 403,
                Action.act_on_organisation: 403}.get(action, 200)  # fmt: skip
    assert answer.status_code == expected
    assert took >= 0.2 or action is not Action.slow
    if expected == 403:
        error = answer.json()["error"]
        assert "appeals@provider.example" in error["message"]
        assert not any(word in answer.text for word in ("campaign", "bits", "c-made-up"))


def test_a_client_that_hangs_up_in_its_body_is_counted_and_not_judged(url):
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        head = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nx-account-id: a\r\nContent-Length: 900\r\n\r\n"
        client.sendall(head.encode() + b'{"model": "m", ')
        time.sleep(0.2)  # so that the middleware waits for the rest when it is told
    wait_until(lambda: httpx.get(f"{url}/-/health").json()["failures"].get("hung_up") == 1, 30)
    assert httpx.get(f"{url}/-/health").json()["decisions"] == {}


def test_a_refusal_speaks_the_language_of_the_api(url):
    told = post(url, path=MESSAGES, who=account(Action.block_request)).json()
    assert (told["type"], told["error"]["type"]) == ("error", "permission_error")
    assert post(url, who=account(Action.suspend_account)).json()["error"]["code"] == "account_suspended"


def test_reasoning_is_withheld_and_nothing_else_is_changed(url):
    who = account(Action.withhold_reasoning)
    assert post(url, CALL, who).json()["got"] == {**CALL, "include_reasoning": False}
    anthropic = post(url, THINKING, who, MESSAGES).json()["got"]
    assert anthropic == {name: value for name, value in THINKING.items() if name != "thinking"}
    sealed = post(url, SEALED, who, RESPONSES).json()["got"]
    assert sealed == {**SEALED, "include": ["x"], "reasoning": {"effort": "low"}}
    assert post(url, THINKING, path=MESSAGES).json()["got"] == THINKING


def test_streamed_answers_pass_as_they_come(url):
    came = []
    with httpx.stream("POST", f"{url}{CHAT}", json={**CALL, "stream": True}, timeout=20) as answer:
        came += ((line, time.monotonic()) for line in answer.iter_lines() if line)
    assert [line for line, _ in came] == [f"data: {n}" for n in range(CHUNKS)]
    assert came[-1][1] - came[0][1] > PAUSE * (CHUNKS - 1) * 0.5


def test_a_long_body_passes_whole_and_is_counted(url):
    long = {**CALL, "messages": [{"role": "user", "content": "x" * 200_000}]}
    answer = post(url, long).json()
    assert answer["got"] == long
    assert httpx.get(f"{url}/-/health").json()["failures"]["too_large"] == 1


def test_a_long_body_is_refused_if_the_settings_say_so(place):
    guard = Guard(place.settings(too_large="closed", max_body=1000), strict=True)
    with serving(StillhuntMiddleware(model_server(), guard=guard)) as at:
        assert post(at, {**CALL, "more": "x" * 2000}).status_code == 413
    guard.close()


@pytest.mark.parametrize("path", [CHAT, "/v1/no-call-of-a-model"])
def test_a_client_cannot_speak_for_the_gateway(url, path):
    headers = post(url, path=path, **FORGED, **{"x-stillhunter": "another"}).json()["headers"]
    assert [name for name in headers if "stillhunt" in name] == ["x-stillhunter"]


def test_a_client_cannot_speak_for_a_gateway_that_is_blind(place):
    place.watchlist.unlink()
    guard = Guard(place.settings())
    with serving(StillhuntMiddleware(model_server(), guard=guard)) as at:
        answer = post(at, **FORGED).json()
    guard.close()
    assert answer["told"]["failure"] == "blind"
    assert not [name for name in answer["headers"] if "stillhunt" in name]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"messages": 7}', b'{"messages": [{"role": []}]}', b"\xff"])
def test_odd_bodies_reach_the_model_server_which_refuses_them_itself(url, body):
    assert httpx.post(f"{url}{CHAT}", content=body, timeout=20).status_code in {200, 500}
    assert httpx.get(f"{url}/-/health").json()["failures"]["error"] == 0


def test_what_is_no_call_of_a_model_is_not_asked_about(url):
    assert httpx.get(f"{url}/v1/models").json() == {"data": []}
    assert httpx.get(f"{url}/-/health").json()["decisions"] == {}


def test_metrics_tell_of_decisions_and_of_nobody(url):
    post(url, who=account(Action.block_request))
    post(url)
    page = httpx.get(f"{url}/-/metrics").text
    assert 'stillhunt_decisions_total{action="block_request",simulated="false"} 1.0' in page
    assert 'stillhunt_state{state="ok"} 1.0' in page
    assert "member-" not in page
    assert "stranger" not in page


def test_vllm_loads_it_by_its_name(place, monkeypatch):
    """As vLLM's `build_app` does for each `--middleware`: import, tell a class from a coroutine function, add."""
    monkeypatch.setenv("STILLHUNT_GATEWAY", str(place.write_settings()))
    given = "stillhunt.gateway.asgi.StillhuntMiddleware"
    module, name = given.rsplit(".", 1)
    imported = getattr(importlib.import_module(module), name)
    assert inspect.isclass(imported)
    app = model_server()
    app.add_middleware(imported)
    with serving(app) as at:
        assert post(at).status_code == 200
        refused = post(at, who=account(Action.suspend_account))
        assert refused.status_code == 403
        assert json.loads(refused.content)["error"]["code"] == "account_suspended"
