"""The HTTP service: a verdict for whoever asks, Envoy's external authorization, health and metrics.

It holds no login of its own: let it listen where only your gateways reach it.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response
from starlette.requests import ClientDisconnect

from stillhunt import __version__
from stillhunt.errors import ServiceError, UsageError
from stillhunt.gateway.answers import Refusal
from stillhunt.gateway.calls import header_map
from stillhunt.gateway.envoy_authz import PREFIX, authorize
from stillhunt.gateway.guard import Guard
from stillhunt.gateway.settings import GatewaySettings
from stillhunt.ingest.fields import ident, parse_json
from stillhunt.schema import ACCOUNT, EXCHANGE

LAST_PORT: Final = 65_535
METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_JSON_TYPES: Final = {"string": "string", "bool": "boolean", "double": "number", "int32": "integer", "int64": "integer"}


def application(guard: Guard) -> FastAPI:
    """Return the service as an ASGI application, which closes the guard when it ends."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        guard.close()

    # The pages that show an OpenAPI description fetch their program from elsewhere, so only the description is served.
    app = FastAPI(title="Stillhunt", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan)
    _score_route(app, guard)
    _state_routes(app, guard)

    @app.exception_handler(ClientDisconnect)
    async def hung_up(_: Request, __: Exception) -> Response:
        guard.counting.failed("hung_up")
        return Response(status_code=400)  # which nobody hears

    @app.api_route(PREFIX + "/{path:path}", methods=METHODS, include_in_schema=False)
    async def ext_authz(path: str, request: Request) -> Response:
        body = await _bounded(request, guard.settings.max_body)
        return _answer(await authorize(guard, f"/{path}", header_map(request.headers.raw), body))

    return app


def serve(
    settings: GatewaySettings,
    *,
    host: str = "127.0.0.1",
    port: int = 8686,
    grpc_port: int | None = None,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until interrupted.

    Args:
        settings: What the gateway is told.
        host: Address to listen at.
        port: Port of the HTTP service; 0 takes a free one.
        grpc_port: Port of Envoy's external processing; not offered when not given.
        ready: Called with the service's URL once it answers.

    Raises:
        StillhuntError: Watch list, policy or log cannot be loaded, or nothing can listen at a port.
    """
    for name, given in (("--port", port), ("--grpc-port", grpc_port)):
        if given is not None and not 0 <= given <= LAST_PORT:
            raise UsageError(f"The option {name} is {given}: give a number from 0 to {LAST_PORT}.")
    guard = Guard(settings, strict=True)
    server = uvicorn.Server(uvicorn.Config(application(guard), log_level="warning", access_log=False))

    async def run(listening: socket.socket) -> None:
        async with AsyncExitStack() as stack:
            if grpc_port is not None:
                stack.push_async_callback((await _processing(guard, f"{host}:{grpc_port}")).stop, 1.0)
            task = asyncio.create_task(server.serve([listening]))
            while not server.started and not task.done():  # noqa: ASYNC110  uvicorn offers no event
                await asyncio.sleep(0.01)
            if server.started:
                ready("http://{}:{}".format(*listening.getsockname()))
            await task

    try:
        if grpc_port:  # tried first, for gRPC says on its own, and in a line of its log, that it cannot
            _listen(host, grpc_port, "--grpc-port").close()
        with _listen(host, port) as listening:
            asyncio.run(run(listening))
    finally:
        guard.close()


def _listen(host: str, port: int, option: str = "--port") -> socket.socket:
    """Take the port before anything is started: uvicorn says on its own, and in a traceback, that it cannot."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server((str(address[0]), port), family=family, backlog=2048)
    except (OSError, UnicodeError) as error:  # a name that cannot be one fails in its encoding
        told = "no such name" if isinstance(error, UnicodeError) else error.strerror or type(error).__name__
        reason = told.partition(" (while")[0]  # where it happened follows, in the words of a program
        raise ServiceError(
            f"The service cannot listen at {host}:{port} ({reason}): give another --host or {option}."
        ) from None


def _score_route(app: FastAPI, guard: Guard) -> None:
    body = {"required": True, "content": {"application/json": {"schema": exchange_schema()}}}

    @app.post("/v1/score", summary="Decide on one request", openapi_extra={"requestBody": body})
    async def score(request: Request) -> dict[str, Any]:
        """Return the verdict on a request to a model, described by columns of EXCHANGE; unknown ones are left out.

        `enforced` is what is to be done. `failure` says why there is no verdict, if there is none; `enforced` then is
        what the settings say for that case.
        """
        raw = await _bounded(request, guard.settings.max_body)
        try:
            exchange = parse_json(raw) if len(raw) <= guard.settings.max_body else None
        except ValueError:
            exchange = None
        if not isinstance(exchange, dict):
            raise HTTPException(422, "The body must be one JSON object of columns of EXCHANGE, and not too long.")
        return (await guard.decide(lambda: exchange, ident(exchange.get("account_id")))).to_dict()


def _state_routes(app: FastAPI, guard: Guard) -> None:
    @app.get("/health", summary="How the service is")
    async def health(response: Response) -> dict[str, Any]:
        """Return `ok`, `degraded` or `blind`, why, and what was counted; the status is 503 while it is blind."""
        told = guard.health()
        response.status_code = 503 if told["status"] == "blind" else 200
        return told

    @app.get("/metrics", summary="Metrics for Prometheus")
    async def metrics() -> Response:
        """Return counters and gauges as Prometheus reads them."""
        kind, text = guard.metrics()
        return Response(text, headers={"content-type": kind})


def exchange_schema() -> dict[str, Any]:
    """Return the JSON schema of what `/v1/score` takes; anything odd in it is unknown, and refused is nothing."""
    columns = [*EXCHANGE.columns, *(c for c in ACCOUNT.columns if c.name in {"payment_id", "email_domain"})]
    return {
        "type": "object",
        "required": ["account_id"],
        "properties": {c.name: _json_type(str(c.type)) | {"description": c.meaning} for c in columns},
    }


def _json_type(kind: str) -> dict[str, Any]:
    if kind.startswith("list"):
        return {"type": "array", "items": {"type": "string"}}
    if kind.startswith("map"):
        return {"type": "object", "additionalProperties": {"type": "string"}}
    return {"type": _JSON_TYPES[kind]}


async def _bounded(request: Request, most: int) -> bytes:
    """Read a body, and one byte more than is allowed at the most."""
    parts, size = list[bytes](), 0
    async for part in request.stream():
        parts.append(part[: most + 1 - size])
        size += len(parts[-1])
        if size > most:
            break
    return b"".join(parts)


def _answer(told: Refusal) -> Response:
    return Response(told.body, told.status, dict(told.headers))


async def _processing(guard: Guard, address: str) -> Any:
    try:
        from stillhunt.gateway.envoy_proc import start  # noqa: PLC0415  an optional dependency
    except ImportError:
        raise ServiceError("Envoy's external processing needs more: pip install 'stillhunt[envoy]'.") from None
    return (await start(guard, address))[0]
