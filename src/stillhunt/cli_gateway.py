"""The commands that stand in the traffic: the service that gateways ask, and the watch over growing logs."""

from pathlib import Path
from typing import Annotated

import typer

from stillhunt.cli_output import ERRORS

WatchListFile = Annotated[Path, typer.Option(help="Watch list; a replaced file is taken without a restart.")]
PolicyFile = Annotated[Path, typer.Option(help="Policy, a TOML file; its permit stands beside it.")]


def serve(  # noqa: PLR0913, PLR0917  one option a setting
    watchlist: WatchListFile,
    policy: PolicyFile,
    settings: Annotated[
        Path | None, typer.Option(help="Gateway settings, a TOML file; the other options go before it.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the HTTP service; 0 takes a free one.")] = 8686,
    grpc_port: Annotated[
        int | None, typer.Option(help="Port of Envoy's external processing; not offered when not given.")
    ] = None,
    log: Annotated[Path | None, typer.Option(help="Decision log to write.")] = None,
    store: Annotated[str | None, typer.Option(help="URL of the Valkey or Redis server that workers share.")] = None,
) -> None:
    """Answer gateways: POST /v1/score, Envoy's external authorization and processing, GET /health and /metrics."""
    from stillhunt.errors import ServiceError  # noqa: PLC0415  keeps the start of other commands quick
    from stillhunt.gateway.settings import GatewaySettings  # noqa: PLC0415

    try:
        from stillhunt.gateway.service import serve as run_service  # noqa: PLC0415
    except ImportError:
        raise ServiceError("The service needs more packages: pip install 'stillhunt[gateway]'.") from None
    told = {"watchlist": str(watchlist), "policy": str(policy), "log": str(log) if log else None, "store": store}
    chosen = GatewaySettings.of(settings, **{name: value for name, value in told.items() if value is not None})
    run_service(
        chosen,
        host=host,
        port=port,
        grpc_port=grpc_port,
        ready=lambda url: ERRORS.print(f"Answering at {url}", highlight=False, soft_wrap=True),
    )
