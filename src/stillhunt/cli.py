"""The command line: each command is one library call, data on stdout, everything else on stderr."""

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Group
from typer.core import TyperGroup

from stillhunt import __version__
from stillhunt.cli_gateway import serve, watch
from stillhunt.cli_live import decisions, policy, watchlist
from stillhunt.cli_output import AsJson, progress_bars, say, show
from stillhunt.config import Settings
from stillhunt.errors import ExitCode, StillhuntError, unexpected

_defaults = Settings()


class _Program(TyperGroup):
    """The commands; what ends one early is told in a sentence on stderr and by an exit code that names the cause."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except StillhuntError as error:
            _leave(str(error), error.exit_code)
        except KeyboardInterrupt:
            _leave("Interrupted: what was written so far is incomplete.", ExitCode.INTERRUPTED)
        except BrokenPipeError:  # whoever reads stdout has seen enough, and nothing may be flushed to it at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return None
        except OSError as error:
            told = unexpected(error)
            _leave(str(told), told.exit_code)


def _leave(sentence: str, code: ExitCode) -> NoReturn:
    say(f"stillhunt: {sentence}", style="red")
    raise typer.Exit(code)


app = typer.Typer(
    name="stillhunt",
    cls=_Program,
    help="Finds networks of accounts that harvest a hosted language model to train another one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"stillhunt {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Find networks of accounts that harvest a hosted language model to train another one."""


@app.command()
def hunt(  # noqa: PLR0913, PLR0917  one option a setting
    logs: Annotated[list[str], typer.Argument(help="Files, folders, globs, or - for standard input.")],
    accounts: Annotated[Path | None, typer.Option(help="Accounts file, JSON Lines or Parquet.")] = None,
    releases: Annotated[Path | None, typer.Option(help="Model releases, JSON Lines or Parquet.")] = None,
    actors: Annotated[Path | None, typer.Option(help="File of those who might profit, JSON Lines.")] = None,
    out: Annotated[  # text, for a path that is empty would be the current folder
        str, typer.Option(help="Run folder to write: new, empty, or with an unfinished run.", metavar="PATH")
    ] = "run",
    format: Annotated[  # noqa: A002  the option's name
        str | None, typer.Option(help="Log format; recognised when not given.")
    ] = None,
    level: Annotated[float, typer.Option(help="Share of false ones among the groups called, at most.")] = (
        _defaults.level
    ),
    max_rejected: Annotated[
        float, typer.Option(help="Share of input lines that may be rejected before the exit code is 1.")
    ] = _defaults.max_rejected,
    memory: Annotated[str, typer.Option(help="Memory the engine may hold before it spills.")] = _defaults.memory,
    threads: Annotated[int | None, typer.Option(help="Engine threads; all cores when not given.")] = None,
    reference: Annotated[str | None, typer.Option(help="Measures of benign groups; a default is shipped.")] = None,
    engine: Annotated[str, typer.Option(help="Where set work runs: duckdb or spark.")] = _defaults.engine,
    master: Annotated[str | None, typer.Option(help="Spark's master; this machine when not given.")] = None,
    max_ties: Annotated[
        int, typer.Option(help="Ties that the one process which groups may take.")
    ] = _defaults.max_ties,
    after: Annotated[
        Path | None, typer.Option(help="Earlier run to go on from: only what it did not read is read.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read logs, find campaigns, write a run folder with a report."""
    from stillhunt.pipeline import hunt as run_hunt  # noqa: PLC0415  keeps the start of other commands quick
    from stillhunt.report.summary import summary, summary_text  # noqa: PLC0415

    settings = Settings(
        level=level, max_rejected=max_rejected, memory=memory, threads=threads, reference=reference, engine=engine,
        master=master, max_ties=max_ties,
    )  # fmt: skip
    with progress_bars() as tell:
        run = run_hunt(
            logs, out=out, accounts=accounts, releases=releases, actors=actors, format=format, settings=settings,
            progress=tell, after=after,
        )  # fmt: skip
    show(summary(run), summary_text(run), as_json=as_json)


@app.command()
def evaluate(
    runs: Annotated[list[Path], typer.Argument(help="Run folders; the last one is compared.", metavar="RUN...")],
    truth: Annotated[Path, typer.Option(help="Folder with accounts.jsonl and exchanges.parquet.")],
    as_json: AsJson = False,
) -> None:
    """Compare a run with the truth: precision, recall, false alarms, all with intervals.

    Of several runs over the same logs, each up to a later moment, also what each campaign took before one found it.
    """
    from stillhunt.evaluate.losses import lost_before_detection  # noqa: PLC0415
    from stillhunt.evaluate.measure import evaluate as run_evaluate  # noqa: PLC0415
    from stillhunt.evaluate.result import plain  # noqa: PLC0415
    from stillhunt.evaluate.show import render, render_losses  # noqa: PLC0415
    from stillhunt.runs import Run  # noqa: PLC0415

    opened = [Run.open(run) for run in runs]
    result = run_evaluate(opened[-1], truth)
    if len(opened) == 1:
        show(result.to_dict(), render(result), as_json=as_json)
        return
    losses = lost_before_detection(opened, truth)
    data = {**result.to_dict(), "losses": plain(losses)}
    show(data, Group(render(result), render_losses(losses)), as_json=as_json)


@app.command()
def calibrate(  # noqa: PLR0913, PLR0917  one option a setting
    logs: Annotated[list[str], typer.Argument(help="Files, folders, globs, or - for standard input.")],
    out: Annotated[Path, typer.Option(help="Reference file to write.")] = Path("reference.json"),
    accounts: Annotated[Path | None, typer.Option(help="Accounts file, JSON Lines or Parquet.")] = None,
    releases: Annotated[Path | None, typer.Option(help="Model releases, JSON Lines or Parquet.")] = None,
    format: Annotated[  # noqa: A002  the option's name
        str | None, typer.Option(help="Log format; recognised when not given.")
    ] = None,
    max_rejected: Annotated[
        float, typer.Option(help="Share of input lines that may be rejected before nothing is made.")
    ] = _defaults.max_rejected,
    memory: Annotated[str, typer.Option(help="Memory the engine may hold before it spills.")] = _defaults.memory,
    threads: Annotated[int | None, typer.Option(help="Engine threads; all cores when not given.")] = None,
    engine: Annotated[str, typer.Option(help="Where set work runs: duckdb or spark.")] = _defaults.engine,
    master: Annotated[str | None, typer.Option(help="Spark's master; this machine when not given.")] = None,
    max_ties: Annotated[
        int, typer.Option(help="Ties that the one process which groups may take.")
    ] = _defaults.max_ties,
    as_json: AsJson = False,
) -> None:
    """Make a benign reference of your own traffic, for `hunt --reference`, and check how honest it is."""
    from stillhunt.calibrate import calibrate as run_calibrate  # noqa: PLC0415
    from stillhunt.report.calibration import calibration_text  # noqa: PLC0415

    settings = Settings(
        max_rejected=max_rejected, memory=memory, threads=threads, engine=engine, master=master, max_ties=max_ties
    )
    with progress_bars() as tell:
        result = run_calibrate(
            logs, out=out, accounts=accounts, releases=releases, format=format, settings=settings, progress=tell
        )
    show(result.to_dict(), calibration_text(result.to_dict(), out), as_json=as_json)


@app.command()
def simulate(  # noqa: PLR0913, PLR0917  one option a setting
    out: Annotated[str, typer.Argument(help="Folder to write logs, accounts and truth to: new or empty.")],
    accounts: Annotated[int | None, typer.Option(help="Accounts in all; the scenario's own number by default.")] = None,
    exchanges: Annotated[int | None, typer.Option(help="Exchanges in all, about.")] = None,
    days: Annotated[int | None, typer.Option(help="Days covered.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 1,
    corpus: Annotated[Path | None, typer.Option(help="Folder of real prompts; a grammar is used without it.")] = None,
    scenario: Annotated[str, typer.Option(help="What to mix; see docs/simulator.md.")] = "mixed",
    as_json: AsJson = False,
) -> None:
    """Write labelled traffic: innocent people, look-alikes and campaigns. Talks to nobody's service."""
    from stillhunt.simulate.simulator import simulate as run_simulate  # noqa: PLC0415

    with progress_bars() as tell:
        result = run_simulate(
            out, accounts=accounts, exchanges=exchanges, days=days, seed=seed, corpus=corpus, scenario=scenario,
            progress=lambda written, planned: tell("write", written / max(planned, 1)),
        )  # fmt: skip
    data = {name: str(v) if isinstance(v, Path) else v for name, v in asdict(result).items()}
    text = (
        f"{result.exchanges:,} exchanges of {result.accounts:,} accounts in {result.logs}, {result.harvested:,} of "
        f"them harvesting; the truth is in {result.truth}"
    )
    show(data, text, as_json=as_json)


app.command()(watchlist)
app.command()(serve)
app.command()(watch)
app.add_typer(policy, name="policy")
app.add_typer(decisions, name="decisions")


def main() -> None:
    """Run the command line."""
    app(prog_name="stillhunt")


if __name__ == "__main__":
    main()
