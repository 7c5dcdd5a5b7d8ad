"""The guardrail in a real LiteLLM proxy before a model server. The proxy has an environment of its own."""

import json
import os
from pathlib import Path

import httpx
import pytest
from fastapi import Request

from gateway.model_server import model_server
from gateway.place import account
from gateway.running import answers, free_port, program, serving, wait_until
from gateway.test_asgi import FORGED
from stillhunt.live.verdict import Action

ROOT = Path(__file__).parents[2]
PROXY = ROOT / ".venv-litellm" / "bin" / "litellm"
pytestmark = pytest.mark.skipif(not PROXY.exists(), reason="needs LiteLLM's proxy: make .venv-litellm/.ready")
KEY = "sk-made-up-for-this-test-alone-" + "7" * 24
CALL = {"model": "m", "messages": [{"role": "user", "content": "Name a river in Bavaria."}]}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    from gateway.place import make  # noqa: PLC0415  beside the fixture that makes it for others

    folder = tmp_path_factory.mktemp("litellm")
    place, port, model = make(folder), free_port(), model_server_of_openai()
    with serving(model) as at:
        (folder / "stillhunt_guardrail.py").write_text("from stillhunt.gateway.litellm import StillhuntGuardrail\n")
        told = {"guardrail": "stillhunt_guardrail.StillhuntGuardrail", "mode": "pre_call", "default_on": True}
        params = {"model": "openai/m", "api_base": f"{at}/v1", "api_key": "none"}
        config = {
            "model_list": [{"model_name": "m", "litellm_params": params}],
            "general_settings": {"forward_client_headers_to_llm_api": True},
            "guardrails": [{"guardrail_name": "stillhunt", "litellm_params": told}],
        }
        (folder / "config.yaml").write_text(json.dumps(config))
        settings = place.write_settings(max_body=100_000, too_large="closed")
        environment = {
            **os.environ, "STILLHUNT_GATEWAY": str(settings), "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(folder)]), "LITELLM_TELEMETRY": "False",
            "LITELLM_MASTER_KEY": KEY,
        }  # fmt: skip
        command = [str(PROXY), "--config", str(folder / "config.yaml"), "--host", "127.0.0.1", "--port", str(port)]
        with program(command, folder / "proxy.log", env=environment, cwd=folder) as proxy:
            wait_until(lambda: answers(f"http://127.0.0.1:{port}/health/liveliness") or proxy.poll() is not None)
            assert proxy.poll() is None, (folder / "proxy.log").read_text()[-3000:]
            yield f"http://127.0.0.1:{port}", folder / "proxy.log"


def model_server_of_openai():
    """The stand-in, with answers of the form that LiteLLM expects."""
    app = model_server()
    app.router.routes[:] = [route for route in app.router.routes if route.path != "/v1/chat/completions"]

    @app.post("/v1/chat/completions")
    async def chat(body: dict, request: Request) -> dict:
        said = {"role": "assistant", "content": json.dumps(sorted(body) + sorted(request.headers))}
        choice = {"index": 0, "message": said, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}

    return app


def post(url, who, forged=None, **more):
    headers = {"x-account-id": who, "authorization": f"Bearer {KEY}", **(forged or {})}
    return httpx.post(f"{url}/v1/chat/completions", json={**CALL, **more}, headers=headers, timeout=60)


def test_the_guardrail_carries_actions_out(url):
    at, log = url
    assert post(at, "stranger").status_code == 200, log.read_text()[-3000:]
    refused = post(at, account(Action.suspend_account))
    assert refused.status_code == 403, refused.text
    assert "account is suspended" in refused.text
    assert "appeals@provider.example" in refused.text
    assert "c-made-up" not in refused.text
    assert post(at, account(Action.slow)).elapsed.total_seconds() > 0.2
    passed = post(
        at, account(Action.withhold_reasoning), reasoning_effort="low", allowed_openai_params=["reasoning_effort"]
    )
    assert "reasoning_effort" not in passed.json()["choices"][0]["message"]["content"]
    assert "Bavaria" not in log.read_text()


ODD = {
    "deep": f'"stop": {"[" * 300}{"]" * 300}',
    "more than 64 bits": f'"max_tokens": {10**30}',
    "400 digits": f'"temperature": {"9" * 400}',
    "NaN": '"temperature": NaN',
}


@pytest.mark.parametrize("name", ODD)
def test_odd_values_hide_nobody(url, name):
    body = f"{json.dumps(CALL)[:-1]}, {ODD[name]}}}"
    headers = {"x-account-id": account(Action.suspend_account), "authorization": f"Bearer {KEY}"}
    headers["content-type"] = "application/json"
    refused = httpx.post(f"{url[0]}/v1/chat/completions", content=body, headers=headers, timeout=60)
    assert refused.status_code == 403, refused.text
    assert "account is suspended" in refused.text


def test_a_long_body_is_refused_if_the_settings_say_so(url):
    long = [{"role": "user", "content": "x" * 100_001}]
    assert post(url[0], "stranger", messages=long).status_code == 413
    assert post(url[0], "stranger", messages=[{"role": "user", "content": "x" * 50_000}]).status_code == 200


def test_a_client_cannot_speak_for_the_gateway(url):
    said = post(url[0], "stranger", {**FORGED, "x-passed-on": "1"}, extra_headers={**FORGED, "x-named": "1"})
    reached = said.json()["choices"][0]["message"]["content"]
    assert "x-passed-on" in reached
    assert "x-named" in reached
    assert "stillhunt" not in reached
