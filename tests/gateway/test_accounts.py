"""Whose request it is: nobody becomes somebody else by a header more."""

from hashlib import sha256

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request

from gateway.place import SECRET, bits, watch_list
from gateway.running import serving
from gateway.test_asgi import CALL, CHAT
from stillhunt.gateway.asgi import StillhuntMiddleware
from stillhunt.gateway.calls import Call, account_of, exchange_of, header_map
from stillhunt.gateway.guard import Guard
from stillhunt.gateway.settings import GatewaySettings
from stillhunt.live.verdict import Action

KEY, BANNED = "sk-of-somebody", "sk-of-a-suspended-account"


def hashed(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def who(*pairs, **named):
    read = header_map([(name.encode(), value.encode()) for name, value in pairs])
    return account_of(read, GatewaySettings("w", "p", headers=named))


def guarded_by_keys():
    """A model server that knows keys as vLLM does: by the first `Authorization` alone."""
    app = FastAPI()

    @app.post(CHAT)
    async def chat(request: Request):
        if request.headers.get("authorization") not in {f"Bearer {KEY}", f"Bearer {BANNED}"}:
            raise HTTPException(401)
        return await request.json()

    return app


@pytest.mark.parametrize("more", [[], [("x-api-key", "junk")], [("authorization", "Bearer junk")]], ids=str)
def test_a_suspended_key_stays_suspended_whatever_stands_beside_it(place, more):
    watch_list({hashed(BANNED): bits(Action.suspend_account) + 0.5}).write(place.watchlist, SECRET)
    guard = Guard(place.settings(headers={}), strict=True)
    with serving(StillhuntMiddleware(guarded_by_keys(), guard=guard)) as at:
        for key, status in ((KEY, 200), (BANNED, 403)):
            headers = [("authorization", f"Bearer {key}"), *more]
            assert httpx.post(f"{at}{CHAT}", json=CALL, headers=headers, timeout=20).status_code == status
    guard.close()


@pytest.mark.parametrize("written", ["Bearer ", "bearer ", "BEARER  ", "Bearer\t"])
def test_the_key_is_that_in_authorization(written):
    assert who(("Authorization", f"{written}{KEY}")) == hashed(KEY)
    assert who(("X-Api-Key", "junk"), ("Authorization", f"{written}{KEY}")) == hashed(KEY)


def test_x_api_key_counts_only_where_there_is_no_authorization():
    assert who(("x-api-key", KEY)) == hashed(KEY)
    assert who(("x-api-key", KEY), ("x-api-key", "junk")) == hashed(KEY)
    assert who(("authorization", "Basic c29tZWJvZHk="), ("x-api-key", "junk")) is None
    assert who() is None


@pytest.mark.parametrize("name", ["X-Api-Key", "api-key", "Authorization"])
def test_another_header_with_a_key_may_be_named_and_is_hashed_too(name):
    given = [("authorization", "Bearer junk"), ("x-api-key", "junk"), ("api-key", "junk")]
    given = [(n, f"Bearer {KEY}" if n == "authorization" else KEY) if n == name.lower() else (n, v) for n, v in given]
    assert who(*given, account_id=name) == hashed(KEY)
    read = header_map([(n.encode(), v.encode()) for n, v in given])
    row = exchange_of(Call(CHAT, read, None, b"{}"), GatewaySettings("w", "p", headers={"device_id": name}))
    assert row["device_id"] == hashed(KEY)


def test_a_header_that_a_proxy_added_to_a_clients_own_counts():
    assert who(("x-account-id", "forged"), ("X-Account-Id", "told by the proxy"), account_id="x-account-id") == (
        "told by the proxy"
    )
