"""A call of a model is known by its path, however the client writes it."""

import asyncio

import pytest

from gateway.place import account
from stillhunt.gateway.answers import without_reasoning
from stillhunt.gateway.calls import Call, dialect_of
from stillhunt.gateway.envoy_authz import authorize
from stillhunt.gateway.guard import Guard
from stillhunt.live.verdict import Action

CALLS = {
    "/v1/chat/completions": "openai",
    "/v1/chat/completions/": "openai",
    "/v1/chat/completions?a=/b": "openai",
    "/v1/chat/completions#a": "openai",
    "/v1/chat/completion%73": "openai",
    "/v1/chat%2fcompletions": "openai",
    "/v1/chat/completions%2F": "openai",
    "/v1/chat/completions/.": "openai",
    "/v1/chat/x/../completions": "openai",
    "/v1/chat/%2e/completions/y/%2E%2E": "openai",
    "/v1//chat//completions//": "openai",
    "/v1/%6dessages": "anthropic",
    "/v1/messages/..": None,
    "/v1/messages/../models": None,
    "/v1/models?next=/v1/messages": None,
    "/v1/models%3f/v1/messages/x": None,
    "/%ff%00": None,
    "..": None,
    "": None,
}
CHATS = [path for path, dialect in CALLS.items() if dialect == "openai"]


@pytest.mark.parametrize("path", CALLS)
def test_a_path_is_read_as_servers_read_it(path):
    assert dialect_of(path) == CALLS[path]


@pytest.mark.parametrize("path", CHATS)
def test_reasoning_is_withheld_however_the_path_is_written(path):
    assert (
        without_reasoning(Call(path, {}, None, b'{"messages": []}')) == b'{"messages": [], "include_reasoning": false}'
    )


def test_external_authorization_asks_about_it(place):
    guard, headers = Guard(place.settings(), strict=True), {"x-account-id": account(Action.suspend_account)}
    assert {asyncio.run(authorize(guard, path, headers, b"{}")).status for path in CHATS} == {403}
    guard.close()
