"""The commands of the live side: watch lists, policies and decision logs."""

from pathlib import Path
from typing import Annotated

import typer

from stillhunt.cli_output import AsJson, progress_bars, show

policy = typer.Typer(help="Check what a policy would do, and enable it.", no_args_is_help=True)
decisions = typer.Typer(help="Check a log of decisions.", no_args_is_help=True)

RunFolder = Annotated[Path, typer.Argument(help="Run folder.", metavar="RUN")]
PolicyFile = Annotated[Path, typer.Option("--policy", help="Policy, a TOML file; see docs/live.md.")]
Truth = Annotated[
    Path | None, typer.Option(help="Folder with exchanges.parquet; innocent requests are then counted exactly.")
]


def watchlist(
    run: RunFolder,
    out: Annotated[Path, typer.Option(help="Watch list file to write.")] = Path("watch.list"),
    days: Annotated[float, typer.Option(help="Days after which it is no longer acted on.")] = 14.0,
    as_json: AsJson = False,
) -> None:
    """Compile a run into the watch list that the scorer loads; scorers take a replaced file without a restart."""
    from stillhunt.config import load_secret  # noqa: PLC0415  keeps the start of other commands quick
    from stillhunt.live.compile import compile_watchlist  # noqa: PLC0415
    from stillhunt.runs import Run  # noqa: PLC0415

    secret = load_secret()
    made = compile_watchlist(Run.open(run), secret, lasts_days=days)
    made.write(out, secret)
    data = {
        "file": str(out),
        "version": made.version,
        "campaigns": len(made.groups),
        "members": len(made.arrays["members_key"]),
        "watched_keys": len(made.arrays["watch_key"]),
        "bytes": out.stat().st_size,
    }
    text = (
        f"{data['watched_keys']:,} keys and {data['members']:,} members of {data['campaigns']} campaigns in '{out}', "
        f"{data['bytes']:,} bytes"
    )
    show(data, text, as_json=as_json)


@policy.command("replay")
def replay_policy(run: RunFolder, file: PolicyFile, truth: Truth = None, as_json: AsJson = False) -> None:
    """Show what a policy would have done to a run's traffic, and how many innocents its harm budget would count."""
    from stillhunt.config import load_secret  # noqa: PLC0415
    from stillhunt.live.policy import Policy  # noqa: PLC0415
    from stillhunt.live.replay import replay  # noqa: PLC0415
    from stillhunt.report.replay import replay_text  # noqa: PLC0415
    from stillhunt.runs import Run  # noqa: PLC0415

    chosen = Policy.load(file)
    with progress_bars() as tell:
        result = replay(Run.open(run), chosen, load_secret(), truth=truth, progress=lambda share: tell("replay", share))
    show(result.to_dict(), replay_text(result.to_dict()), as_json=as_json)


@policy.command("enable")
def enable_policy(run: RunFolder, file: PolicyFile, truth: Truth = None, as_json: AsJson = False) -> None:
    """Replay a policy, and permit it to act if it stays within its harm budget; a changed policy needs this again."""
    from stillhunt.config import load_secret  # noqa: PLC0415
    from stillhunt.live.permit import enable  # noqa: PLC0415
    from stillhunt.live.policy import Policy  # noqa: PLC0415
    from stillhunt.live.replay import replay  # noqa: PLC0415
    from stillhunt.runs import Run  # noqa: PLC0415

    chosen, secret = Policy.load(file), load_secret()
    with progress_bars() as tell:
        result = replay(Run.open(run), chosen, secret, truth=truth, progress=lambda share: tell("replay", share))
    permit = enable(file, result, secret)
    still = " It stays dry, for it says `simulated = true`." if chosen.simulated else ""
    text = (
        f"'{permit}' permits it: {result.per_million:,.1f} innocents per million requests, {result.budget:g} allowed."
    )
    show({"permit": str(permit), **result.to_dict()}, text + still, as_json=as_json)


@decisions.command("verify")
def verify_decisions(
    log: Annotated[Path, typer.Argument(help="Decision log.", metavar="LOG")], as_json: AsJson = False
) -> None:
    """Check that nobody changed, removed or reordered a decision; exit code 1 if somebody did."""
    from dataclasses import asdict  # noqa: PLC0415

    from stillhunt.config import load_secret  # noqa: PLC0415
    from stillhunt.live.log import verify  # noqa: PLC0415

    found = verify(log, load_secret())
    rest = f"; {found.unfinished:,} bytes after them are of a line that was never ended" if found.unfinished else ""
    show(asdict(found), f"{found.lines:,} decisions in '{log}', all as they were written{rest}", as_json=as_json)
