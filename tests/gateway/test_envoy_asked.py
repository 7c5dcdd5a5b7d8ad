"""What Envoy is answered, in both of its ways, over real connections but without an Envoy."""

import asyncio
import json
from importlib.util import find_spec

import pytest
from httpx import ASGITransport, AsyncClient

from gateway.place import SECRET, account, bits, watch_list
from gateway.test_accounts import hashed
from gateway.test_asgi import CALL, CHAT, THINKING
from stillhunt.gateway.envoy_authz import PARTIAL
from stillhunt.gateway.guard import Guard
from stillhunt.gateway.service import application
from stillhunt.live.verdict import Action

BODY, LONG = json.dumps(CALL).encode(), json.dumps({**CALL, "more": "x" * 2000}).encode()
SUSPENDED, WITHHELD = (
    ("x-account-id", account(action)) for action in (Action.suspend_account, Action.withhold_reasoning)
)
needs_grpc = pytest.mark.skipif(find_spec("grpc") is None, reason="needs grpcio: pip install -r requirements-live.lock")


@pytest.fixture
def begin(place):
    guards = []

    def start(**changed):
        guards.append(Guard(place.settings(max_body=1000, **changed), strict=True))
        return guards[-1]

    yield start
    for guard in guards:
        guard.close()


def authorized(guard, body=BODY, *headers):
    """The answer of external authorization, as Envoy would get it."""

    async def ask():
        async with AsyncClient(transport=ASGITransport(application(guard)), base_url="http://stillhunt") as client:
            return await client.post(f"/ext_authz{CHAT}", content=body, headers=list(headers))

    return asyncio.run(ask())


def processed(guard, body=BODY, *headers, path=CHAT, ends=True, between=()):
    """The answers of external processing to headers and body, as Envoy would get them.

    Messages `between` the two are given as the bytes that come over the wire.
    """
    import grpc  # noqa: PLC0415  an optional dependency
    from envoy.config.core.v3 import base_pb2  # noqa: PLC0415
    from envoy.service.ext_proc.v3 import external_processor_pb2 as messages  # noqa: PLC0415
    from envoy.service.ext_proc.v3 import external_processor_pb2_grpc as service  # noqa: PLC0415

    from stillhunt.gateway.envoy_proc import start  # noqa: PLC0415

    first, second = messages.ProcessingRequest(), messages.ProcessingRequest()
    for name, value in ((":path", path), (":method", "POST"), *headers):
        first.request_headers.headers.headers.append(base_pb2.HeaderValue(key=name, raw_value=value.encode()))
    second.request_body.body, second.request_body.end_of_stream = body, ends
    others = [messages.ProcessingRequest.FromString(sent) for sent in between]

    async def ask():
        server, port = await start(guard, "127.0.0.1:0")
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            asked = service.ExternalProcessorStub(channel).Process(iter((first, *others, second)))
            answers = [answer async for answer in asked]
        await server.stop(None)
        return answers

    return asyncio.run(ask())


def refused_with(answers) -> int | None:
    """The status of the refusal, None if the request passes."""
    return answers[-1].immediate_response.status.code if answers[-1].HasField("immediate_response") else None


@needs_grpc
def test_messages_of_no_known_kind_are_passed_over_and_counted(begin):
    guard = begin()
    later = b"\xfa\x7d\x03\x0a\x01x"  # field 2015, which no version has yet
    known = processed(guard, BODY, SUSPENDED)
    assert processed(guard, BODY, SUSPENDED, between=[b"", later]) == known
    assert refused_with(known) is not None
    assert guard.health()["failures"]["unknown_message"] == 2


def test_external_authorization_refuses_long_bodies_if_the_settings_say_so(begin):
    closed, opened = begin(too_large="closed"), begin()
    for body, cut in ((LONG, "false"), (BODY[:-3], "true")):
        refused = authorized(closed, body, (PARTIAL, cut))
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "request_too_large")
        assert authorized(opened, body, (PARTIAL, cut)).status_code == 200
    assert [guard.health()["failures"]["too_large"] for guard in (closed, opened)] == [2, 2]
    assert authorized(closed).status_code == 200
    assert authorized(closed, b"{").status_code == 400


def test_of_repeated_keys_the_first_counts_in_external_authorization(begin, place):
    watch_list({hashed("banned"): bits(Action.suspend_account) + 0.5}).write(place.watchlist, SECRET)
    guard = begin(headers={})
    banned, other = ("authorization", "Bearer banned"), ("authorization", "Bearer other")
    assert authorized(guard, BODY, banned, other, ("x-api-key", "another")).status_code == 403
    assert authorized(guard, BODY, other, banned).status_code == 200


@needs_grpc
@pytest.mark.parametrize(
    "path", [CHAT, "/v1/chat/completion%73", "/v1/chat/completions/.", f"{CHAT}%2f?x=/", f"{CHAT}#x"]
)
def test_external_processing_asks_however_the_path_is_written(begin, path):
    assert refused_with(processed(begin(), BODY, SUSPENDED, path=path)) == 403


@needs_grpc
def test_external_processing_reads_a_body_that_trailers_follow(begin):
    closed = begin(too_large="closed")
    assert refused_with(processed(closed, ends=False)) is None
    (_, answer) = processed(closed, json.dumps(THINKING).encode(), WITHHELD, path="/v1/messages", ends=False)
    assert "thinking" not in json.loads(answer.request_body.response.body_mutation.body)
    assert not any(closed.health()["failures"].values())


@needs_grpc
def test_external_processing_refuses_long_bodies_if_the_settings_say_so(begin):
    closed, opened = begin(too_large="closed"), begin()
    for body, ends in ((LONG, True), (BODY[:-3], False)):
        assert refused_with(processed(closed, body, ends=ends)) == 413
        assert refused_with(processed(opened, body, ends=ends)) is None
    assert [guard.health()["failures"]["too_large"] for guard in (closed, opened)] == [2, 2]
    assert refused_with(processed(closed, BODY[:-3])) == 400


@needs_grpc
def test_of_repeated_headers_the_proxys_counts_in_external_processing(begin):
    assert refused_with(processed(begin(), BODY, ("x-account-id", "forged"), SUSPENDED)) == 403
