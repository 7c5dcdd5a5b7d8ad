"""ASGI middleware: in front of any model server that speaks ASGI, vLLM, SGLang and FastAPI ones among them.

    vllm serve MODEL --middleware stillhunt.gateway.asgi.StillhuntMiddleware

vLLM gives a middleware no arguments, so the environment variable STILLHUNT_GATEWAY names the settings file. In an
application of your own: `app.add_middleware(StillhuntMiddleware, settings=GatewaySettings(...))`. Answers, streamed
ones too, pass untouched; of requests only those that `withhold_reasoning` meets are changed.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from stillhunt.gateway.answers import Refusal
from stillhunt.gateway.calls import Call, dialect_of, header_map
from stillhunt.gateway.carrying import carry_out
from stillhunt.gateway.guard import Guard
from stillhunt.gateway.own_headers import without_own
from stillhunt.gateway.settings import GatewaySettings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class StillhuntMiddleware:
    """Asks the scorer about each call of a model, and carries the action out.

    Args:
        app: The application behind it.
        settings: What it is told; read from the file that STILLHUNT_GATEWAY names when not given.
        guard: A guard to use, which several middlewares may share; made from the settings when not given.
    """

    def __init__(
        self, app: Application, *, settings: GatewaySettings | None = None, guard: Guard | None = None
    ) -> None:
        """Load what the scorer needs; if it cannot be loaded, requests pass as `blind` says until it can.

        Raises:
            UsageError: There are no settings, or they hold what they cannot have.
        """
        self._app = app
        self._guard = guard or Guard(settings or GatewaySettings.from_environment(), registry=_default_registry())
        self._settings = self._guard.settings

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._closing(send))
            return
        # A client's own header of that name would tell the application what was never decided.
        scope = {**scope, "headers": without_own(scope["headers"])}
        path = str(scope.get("path", ""))
        base = self._settings.status_path
        if scope["type"] == "http" and base and path in {f"{base}/health", f"{base}/metrics"}:
            await self._show(path.removeprefix(base), send)
        elif scope["type"] == "http" and scope["method"] == "POST" and dialect_of(path) is not None:
            await self._guarded(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _guarded(self, scope: Message, receive: Receive, send: Send) -> None:
        taken, body = await _read(receive, self._settings.max_body)
        if taken[-1]["type"] != "http.request":  # nobody waits for an answer, and half a body says nothing
            self._guard.counting.failed("hung_up")
            return
        peer = scope["client"][0] if scope.get("client") else None
        call = Call(str(scope["path"]), header_map(scope["headers"]), peer, body)
        decision = await self._guard.judge(call)
        body, refused = await carry_out(decision, call, self._guard)
        if refused is not None:
            await _refuse(send, refused)
            return
        headers = scope["headers"]
        if body is not None:
            headers = [(n, v) for n, v in headers if n.lower() not in {b"content-length", b"transfer-encoding"}]
            headers.append((b"content-length", str(len(body)).encode()))
            taken = [{"type": "http.request", "body": body, "more_body": False}]
        scope = {**scope, "headers": headers, "stillhunt": decision.to_dict()}
        await self._app(scope, _replay(taken, receive), send)

    async def _show(self, what: str, send: Send) -> None:
        kind, status = "application/json", 200
        if what == "/health":
            health = self._guard.health()
            body, status = json.dumps(health).encode(), 503 if health["status"] == "blind" else 200
        else:
            kind, body = self._guard.metrics()
        await _refuse(send, Refusal(status, {"content-type": kind}, body, "", ""))

    def _closing(self, send: Send) -> Send:
        async def told(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                self._guard.close()
            await send(message)

        return told


async def _read(receive: Receive, most: int) -> tuple[list[Message], bytes | None]:
    """Read a body up to a length; return the messages that it came in, and the body, None if there is more."""
    taken: list[Message] = []
    size = 0
    while True:
        message = await receive()
        taken.append(message)
        if message["type"] != "http.request":
            return taken, None
        size += len(message.get("body", b""))
        if size > most:
            return taken, None
        if not message.get("more_body", False):
            return taken, b"".join(one.get("body", b"") for one in taken)


def _replay(taken: list[Message], receive: Receive) -> Receive:
    waiting = iter(taken)

    async def again() -> Message:
        message = next(waiting, None)
        return message if message is not None else await receive()

    return again


async def _refuse(send: Send, told: Refusal) -> None:
    headers = {**told.headers, "content-length": str(len(told.body))}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": told.status, "headers": raw})
    await send({"type": "http.response.body", "body": told.body})


def _default_registry() -> Any:
    """Return the registry that the model server itself shows, so that its `/metrics` holds these metrics too."""
    try:
        from prometheus_client import REGISTRY  # noqa: PLC0415  an optional dependency
    except ImportError:
        return None
    return REGISTRY
