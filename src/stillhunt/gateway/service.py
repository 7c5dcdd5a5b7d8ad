"""The HTTP service: a verdict for whoever asks, Envoy's external authorization, health and metrics.

It holds no login of its own: let it listen where only your gateways reach it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response

from stillhunt import __version__
from stillhunt.errors import ServiceError
from stillhunt.gateway.answers import Refusal
from stillhunt.gateway.envoy_authz import PREFIX, authorize
from stillhunt.gateway.guard import Guard
from stillhunt.gateway.settings import GatewaySettings
from stillhunt.ingest.fields import ident, parse_json
from stillhunt.schema import ACCOUNT, EXCHANGE

METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_JSON_TYPES: Final = {"string": "string", "bool": "boolean", "double": "number", "int32": "integer", "int64": "integer"}


def application(guard: Guard, address: str | None = None) -> FastAPI:
    """Return the service as an ASGI application; `address` is where Envoy's external processing is answered, if."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.callback(guard.close)
            if address is not None:
                stack.push_async_callback((await _processing(guard, address)).stop, 1.0)
            yield

    # The pages that show an OpenAPI description fetch their program from elsewhere, so only the description is served.
    app = FastAPI(title="Stillhunt", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan)
    _score_route(app, guard)
    _state_routes(app, guard)

    @app.api_route(PREFIX + "/{path:path}", methods=METHODS, include_in_schema=False)
    async def ext_authz(path: str, request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        return _answer(await authorize(guard, f"/{path}", headers, await _bounded(request, guard.settings.max_body)))

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
        StillhuntError: Watch list, policy or log cannot be loaded, or the port is taken.
    """
    guard = Guard(settings, strict=True)
    app = application(guard, None if grpc_port is None else f"{host}:{grpc_port}")
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=port, log_level="warning", access_log=False))

    async def run() -> None:
        task = asyncio.create_task(server.serve())
        while not server.started and not task.done():  # noqa: ASYNC110  uvicorn offers no event
            await asyncio.sleep(0.01)
        if server.started:
            listening = server.servers[0].sockets[0].getsockname()
            ready(f"http://{listening[0]}:{listening[1]}")
        await task

    try:
        asyncio.run(run())
    except SystemExit:  # uvicorn's way to say that the port is taken
        raise ServiceError(f"The service cannot listen at {host}:{port}: give another --port.") from None
    finally:
        guard.close()


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
