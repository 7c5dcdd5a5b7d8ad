"""The commands that stand in the traffic: the service that gateways ask, and the watch over growing logs."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from stillhunt.cli_output import say

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
        ready=lambda url: say(f"Answering at {url}"),
    )


def watch(  # noqa: PLR0913, PLR0917  one option a setting
    sources: Annotated[
        list[str], typer.Argument(help="Files, folders, globs, or the address of a stream; see docs/stream.md.")
    ],
    watchlist: WatchListFile,
    policy: PolicyFile,
    format: Annotated[  # noqa: A002  the option's name
        str | None, typer.Option(help="Log format; recognised line by line when not given.")
    ] = None,
    level: Annotated[float, typer.Option(help="Evidence from which on an alarm is told, in bits.")] = 6.0,
    members: Annotated[bool, typer.Option("--members", help="Tell of members of the watch list too.")] = False,
    group: Annotated[str, typer.Option(help="Name under which a server remembers how far was read.")] = "stillhunt",
    memory: Annotated[Path | None, typer.Option(help="File in which evidence outlasts a restart.")] = None,
    log: Annotated[Path | None, typer.Option(help="Decision log to write.")] = None,
    end: Annotated[bool, typer.Option("--end", help="Of files: stop once all is read.")] = False,
) -> None:
    """Follow logs as they grow, and print an alarm, one JSON line, when an account or campaign crosses the level."""
    import orjson  # noqa: PLC0415

    from stillhunt.stream.following import Following  # noqa: PLC0415  keeps the start of other commands quick

    following = Following(
        sources, watchlist, policy, format=format, level=level, members=members, group=group, memory=memory, log=log,
        end=end,
    )  # fmt: skip
    try:
        for alarm in following:
            sys.stdout.buffer.write(orjson.dumps(alarm.to_dict(), option=orjson.OPT_APPEND_NEWLINE))
            sys.stdout.flush()
    finally:
        counts = ", ".join(f"{number:,} {name}" for name, number in asdict(following.watch.counts).items())
        say(counts)
        for reason, (number, first) in following.watch.reasons.items():
            say(f"{number:,} rejected, the first at {first}: {reason}")
