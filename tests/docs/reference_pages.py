"""The reference pages, written from the code: docs/settings.md and docs/run-folder.md.

`UPDATE_DOCS=1 make test` writes them anew; without it a test fails when they have drifted.
"""

import ast
import typing
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, fields
from itertools import pairwise
from pathlib import Path

import typer

from docs.repository import SOURCE
from stillhunt.cli import app
from stillhunt.config import SECRET_VARIABLE, Settings
from stillhunt.errors import ExitCode
from stillhunt.runs import RESULTS
from stillhunt.schema import ACCOUNT, ACCOUNT_KEYS, EXCHANGE, FEATURES, HOLDS, INCIDENCE, RELEASE, TABLES, Table


def _leaves(commands: dict, before: str = "") -> dict:
    """Every command by all of its words: `policy replay` is one."""
    found = {}
    for name, command in commands.items():
        inner = getattr(command, "commands", None)
        found |= _leaves(inner, f"{before}{name} ") if inner else {f"{before}{name}": command}
    return found


COMMANDS = _leaves(typer.main.get_command(app).commands)


def named_command(words: Sequence[str]) -> tuple[object, list[str]]:
    """The command that some words of a command line name, without the program itself, and the words after it."""
    for size in (2, 1):
        if " ".join(words[:size]) in COMMANDS:
            return COMMANDS[" ".join(words[:size])], list(words[size:])
    raise AssertionError(f"no command '{' '.join(words)}'")


OTHER_FILES = {
    "run.json": "What was done: see below. A folder without it is no complete run.",
    "features/": "FEATURES as Parquet files named by what was read: what the calls say without their text. Files of "
    "an earlier run that this one stands on come first, as links or copies.",
    "report.html": "The report for people, in one file that needs no network.",
    "report.md": "The same as plain text.",
}
"""What a run holds besides its tables."""

RUN_JSON = {
    "stillhunt": "version of the program",
    "created": "when the run ended, UTC",
    "settings": "the settings of the run; the secret is not one of them",
    "versions": "versions of Python and of the libraries that decide results",
    "inputs": "the files read, with their hashes; those of earlier runs that this one stands on come first",
    "counts": "lines accepted and rejected, exchanges, duplicates, conflicts (ids that came with several different "
    "exchanges), accounts, groups tested, campaigns, and so on; "
    "lines that earlier runs read count too, while `rejected.parquet` has those of this run alone",
    "timings": "seconds a step",
    "window": "time of the first and of the last exchange, µs UTC",
    "releases": "model releases that the run knew of",
    "actors": "hash of the actor file and how many it names; null without one",
    "control": "how campaigns were chosen: the method, its level, and where the benign reference comes from",
    "fingerprints": "keyed hash of a constant, which tells two secrets apart, and a hash of what the program makes of "
    "a few made-up exchanges: a run goes on only from one with the same two",
    "after": "the earlier run that this one stands on, and what it had read; null for the first",
}
"""The keys of run.json."""

SETTINGS_HEAD = """\
# Settings and commands

This page is written from the code: `UPDATE_DOCS=1 make test`.

There are few settings. Each is an option of `stillhunt hunt` and a field of `stillhunt.config.Settings`, under the same
name; on the command line `_` becomes `-`. There is no configuration file: a run writes the settings that it used to
`run.json`.
"""

SECRET = f"""\
## The secret

Addresses, cards, devices, conversations, API key ids and mail domains are stored as keyed hashes. The key is the
provider's secret. It is read from the environment variable `{SECRET_VARIABLE}` (at least 16 bytes), else from
`stillhunt/secret` in the user's configuration folder (`XDG_CONFIG_HOME`, or `~/.config`). If that file does not exist,
it is made at first use with 32 random bytes, readable by that user alone. Runs that are to be compared need the same
secret. Why some hashes are keyed and others are not: [decision 0006](decisions/0006-keyed-hashes.md).
"""

COMMANDS_HEAD = """\
Data goes to standard output, progress and errors to standard error. `--help` works everywhere, and
`stillhunt --version` says which program runs.
"""

RUN_HEAD = """\
# The run folder

This page is written from the code: `UPDATE_DOCS=1 make test`.

A run is a folder of Parquet files. It is complete once `run.json` stands in it, and it never changes afterwards. Any
program that reads Parquet can read it: `duckdb -c "FROM 'run/campaigns.parquet'"`.

A null is *unknown*, never *innocent*. Times are whole microseconds since 1970 in UTC. Keys are 64-bit hashes.
`campaigns.parquet` without a row is a good answer.

A hunt replaces and removes files in the folder that it writes to. So `--out` takes only one that does not exist yet, is
empty, or holds an unfinished run, marked by `run.lock`, which is then gone on from.
"""

ON_THE_WAY = """\
## Tables on the way

These are not files of a run. The first three describe the input; FEATURES is what remains of a call once its text is
left behind, and is kept in `features/`; the others live in the engine while a run lasts. Columns marked *sensitive*
never reach an output.
"""


def settings_page() -> str:
    """The text of docs/settings.md."""
    parts = [SETTINGS_HEAD, "## Settings\n", _settings_table(), SECRET, "## Commands\n"]
    parts.append(COMMANDS_HEAD)
    for name, command in sorted(COMMANDS.items()):
        parts += [f"### stillhunt {name}\n", f"{command.help}\n", _options_table(command)]
    parts += ["## Exit codes\n", _exit_codes()]
    return "\n".join(parts)


def run_folder_page() -> str:
    """The text of docs/run-folder.md."""
    files = [(f"[`{t.name}.parquet`](#{t.name})", t.meaning) for t in RESULTS]
    files += [(f"`{name}`", meaning) for name, meaning in OTHER_FILES.items()]
    parts = [RUN_HEAD, "## Files\n", _table(("File", "What it holds"), files)]
    parts += ["## run.json\n", _table(("Key", "Meaning"), [(f"`{k}`", v) for k, v in RUN_JSON.items()])]
    parts += ["## Tables\n", *(_columns(t) for t in RESULTS), ON_THE_WAY]
    way = (EXCHANGE, ACCOUNT, RELEASE, FEATURES, ACCOUNT_KEYS, INCIDENCE, HOLDS)
    assert {t.name for t in (*RESULTS, *way)} >= set(TABLES)
    parts += [_columns(t) for t in way]
    return "\n".join(parts)


def attribute_docstrings(file: Path, name: str) -> dict[str, str]:
    """The text under each attribute of a class; Python itself forgets it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    found = {}
    for node, after in pairwise(body):
        if isinstance(node, ast.Assign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            found[node.targets[0].id] = after.value.value
    return found


def _settings_table() -> str:
    hints = typing.get_type_hints(Settings, include_extras=True)
    rows = []
    for field in fields(Settings):
        kind, says = typing.get_args(hints[field.name])[:2]
        assert field.default is not MISSING
        named = getattr(kind, "__name__", str(kind)) if not typing.get_args(kind) else str(kind)
        rows.append((f"`{field.name}`", f"`{named}`", _default(field.default), says))
    return _table(("Setting", "Type", "Default", "What it does"), rows)


def _options_table(command: object) -> str:
    rows = []
    for parameter in command.params:
        name = parameter.opts[0] if parameter.param_type_name == "option" else parameter.name.upper()
        rows.append(
            (f"`{name}`", "required" if parameter.required else _default(parameter.default), parameter.help or "")
        )
    return _table(("Argument or option", "Default", "What it does"), rows)


def _exit_codes() -> str:
    said = {"OK": "It worked. Finding no campaign is a result too.", "INTERRUPTED": "Somebody stopped it."}
    said |= attribute_docstrings(SOURCE / "errors.py", "ExitCode")
    return _table(("Code", "Meaning"), [(str(int(code)), said[code.name]) for code in ExitCode])


def _columns(table: Table) -> str:
    rows = []
    for c in table.columns:
        marks = [mark for mark, is_so in (("required", c.required), ("sensitive", c.sensitive)) if is_so]
        rows.append(
            (
                f"`{c.name}`",
                str(c.type).replace("item: ", ""),
                c.unit,
                c.meaning,
                f"`{c.otel}`" if c.otel else "",
                ", ".join(marks),
            )
        )
    header = ("Column", "Type", "Unit", "Meaning", "OpenTelemetry", "Marks")
    keep = [i for i in range(len(header)) if i < 2 or any(row[i] for row in rows)]
    body = _table([header[i] for i in keep], [[row[i] for i in keep] for row in rows])
    return f"### {table.name}\n\n{table.meaning}\n\n{body}"


def _default(value: object) -> str:
    if value is None or value is False:
        return ""
    return f"`{value}`"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines) + "\n"
