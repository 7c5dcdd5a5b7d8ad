"""What every command does with its result: data on stdout, as text for people or as JSON for programs."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from stillhunt.report.words import visible

ERRORS = Console(stderr=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def show(data: dict[str, Any], text: object, *, as_json: bool) -> None:
    """Print a result: `data` as JSON, or else `text`."""
    if as_json:
        import orjson  # noqa: PLC0415

        sys.stdout.buffer.write(orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    elif isinstance(text, str):
        sys.stdout.write(f"{visible(text)}\n")  # not by the console, which would read names in it as markup
    else:
        Console().print(text)
    sys.stdout.flush()


def say(sentence: str, style: str | None = None) -> None:
    """Print a sentence on stderr, on one line; names in it are shown as they are, and neither read nor obeyed."""
    line = visible(sentence).replace("\n", "\\n")
    ERRORS.print(line, style=style, markup=False, highlight=False, emoji=False, soft_wrap=True)


@contextmanager
def progress_bars() -> Iterator[Callable[[str, float], None]]:
    """Show one bar a step on stderr as steps begin; where that is no terminal they are written once, at the end."""
    columns = (TextColumn("{task.description:<12}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=ERRORS, transient=False) as bars:
        tasks: dict[str, Any] = {}

        def tell(step: str, share: float) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=1.0)
            bars.update(tasks[step], completed=share)

        yield tell
