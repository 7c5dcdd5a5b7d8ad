"""What a model server in Python reads is read here, too; what is not read follows the settings."""

import asyncio
import codecs
import json

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from gateway.model_server import model_server
from gateway.place import account
from gateway.running import serving
from gateway.test_asgi import CHAT, post
from stillhunt.gateway.asgi import StillhuntMiddleware
from stillhunt.gateway.bodies import is_longer
from stillhunt.gateway.calls import Call, exchange_from, exchange_of
from stillhunt.gateway.guard import Guard
from stillhunt.gateway.settings import GatewaySettings
from stillhunt.live.verdict import Action

SAID = "Name a river in Bavaria."
PLAIN = f'"model": "m", "messages": [{{"role": "user", "content": "{SAID}"}}]'


def body(more: str = '"x": 1') -> str:
    return f"{{{PLAIN}, {more}}}"


ODD = {
    "NaN": body('"x": NaN').encode(),
    "Infinity": body('"temperature": -Infinity').encode(),
    "1e999": body('"temperature": 1e999').encode(),
    "more than 64 bits": body(f'"seed": {2**70}, "max_tokens": {10**30}').encode(),
    "400 digits": body(f'"temperature": {"9" * 400}, "n": {"9" * 400}, "user": {"9" * 400}').encode(),
    "UTF-16": body().encode("utf-16"),
    "UTF-16-BE": body().encode("utf-16-be"),
    "UTF-32": body().encode("utf-32"),
    "mark": codecs.BOM_UTF8 + body().encode(),
    "deep": body(f'"x": {"[" * 900}{"]" * 900}').encode(),
    "half a pair": body(r'"user": "cut \ud83d", "tools": [{"name": "\ude00"}]').encode(),
    "half a pair and NaN": body(r'"x": NaN, "user": "cut \ud83d"').encode(),
    "half a pair, bare": body('"x": "\ud83d"').encode("utf-8", "surrogatepass"),
}
UNREADABLE = [b"{", b"\xff", b'{"messages": "a\tb"}', b"[" * 100_000, body().encode("utf-16")[:-1], b"\x1f\x8b\x08"]


@pytest.fixture
def begin(place):
    guards = []

    def start(**changed):
        guards.append(Guard(place.settings(**changed), strict=True))
        return guards[-1]

    yield start
    for guard in guards:
        guard.close()


def judged(guard, sent, who="stranger", **more):
    return asyncio.run(guard.judge(Call(CHAT, {"x-account-id": who}, None, sent, **more)))


@pytest.mark.parametrize("name", ODD)
def test_a_body_that_a_model_server_reads_is_read(name, begin):
    assert json.loads(ODD[name])["messages"][0]["content"] == SAID  # as Starlette's `request.json()` does
    row = exchange_of(Call(CHAT, {}, None, ODD[name]), GatewaySettings("w", "p"))
    assert row["prompt"] == SAID
    guard = begin()
    assert judged(guard, ODD[name]).failure is None
    assert not any(guard.health()["failures"].values())


def test_half_a_pair_in_what_is_said_is_read_around():
    sent = '{"messages": [{"role": "user", "content": "cut \\ud83d off"}], "x": NaN, "tools": [{"name": "a\\ude00"}]}'
    row = exchange_of(Call(CHAT, {}, None, sent.encode()), GatewaySettings("w", "p"))
    assert (row["prompt"], row["tools"]) == ("cut \ufffd off", ["a\ufffd"])


def test_a_body_that_somebody_else_has_parsed_is_read_like_any_other(begin):
    deep: list = []
    for _ in range(3000):
        deep = [deep]
    said = {"messages": [{"role": "user", "content": "cut \ud83d off"}], "temperature": 10**400, "tools": deep, 7: None}
    row = exchange_from(Call(CHAT, {}, None, None), said, GatewaySettings("w", "p"))
    assert row["prompt"] == "cut \ufffd off"
    assert row.get("temperature") is None  # a number beyond all use is unknown
    assert asyncio.run(begin().decide(lambda: row, None)).failure is None


@pytest.mark.parametrize("name", [name for name in ODD if name != "more than 64 bits"])  # the strict parser rounds
def test_an_odd_body_keeps_no_reasoning_and_nothing_else_is_changed(name, begin):
    with serving(StillhuntMiddleware(echo(), guard=begin())) as at:
        headers = {"x-account-id": account(Action.withhold_reasoning)}
        got = httpx.post(f"{at}{CHAT}", content=ODD[name], headers=headers, timeout=20).content
    sent = json.loads(ODD[name])
    assert repr(json.loads(got)) == repr({**sent, "include_reasoning": False})  # as text, for NaN equals nothing


def echo():
    """A model server that answers with what reached it, byte for byte: JSON itself has no NaN to answer with."""
    app = FastAPI()

    @app.post(CHAT)
    async def answer(request: Request):
        return Response(await request.body())

    return app


@pytest.mark.parametrize("sent", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_cannot_be_read_is_counted_and_follows_the_settings(sent, begin):
    opened, closed = begin(), begin(too_large="closed")
    assert judged(opened, sent).action is Action.allow
    assert judged(opened, sent, account(Action.suspend_account)).action is Action.suspend_account
    told = judged(closed, sent)
    assert (told.refused, told.failure) == (True, "unreadable")
    assert (opened.health()["failures"]["unreadable"], closed.health()["failures"]["unreadable"]) == (2, 1)


def test_what_cannot_be_read_is_refused_in_a_sentence(begin):
    with serving(StillhuntMiddleware(model_server(), guard=begin(too_large="closed"))) as at:
        refused = httpx.post(f"{at}{CHAT}", content=b"{", timeout=20)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "request_unreadable")
        assert httpx.post(f"{at}/v1/messages", content=b"{", timeout=20).json()["error"]["type"] == (
            "invalid_request_error"
        )
        assert post(at).status_code == 200


def test_of_a_body_that_may_have_been_cut_off_reading_tells(begin):
    guard = begin(too_large="closed")
    assert judged(guard, body().encode(), whole=False).action is Action.allow
    assert judged(guard, body().encode()[:-1], whole=False).failure == "too_large"


def test_the_length_of_a_parsed_body_is_told_by_its_text():
    assert is_longer({"messages": [{"content": "ü" * 50}]}, 100)
    assert not is_longer({"messages": [{"content": "u" * 50}]}, 100)
    assert is_longer([[]] * 200, 100)
    deep: list = []
    for _ in range(3000):
        deep = [deep]
    assert not is_longer(deep, 10_000)
    endless: dict = {"text": "\ud83d"}
    endless["self"] = endless
    assert is_longer(endless, 100)
