"""The formats that are known. Adding one is one file, and one line here."""

from stillhunt.errors import UsageError, did_you_mean
from stillhunt.ingest.anthropic import ANTHROPIC
from stillhunt.ingest.bedrock import BEDROCK
from stillhunt.ingest.format import Format, Record
from stillhunt.ingest.litellm import LITELLM
from stillhunt.ingest.native import NATIVE
from stillhunt.ingest.openai import OPENAI
from stillhunt.ingest.otel import OTEL

FORMATS: tuple[Format, ...] = (OTEL, BEDROCK, LITELLM, ANTHROPIC, OPENAI, NATIVE)
"""In the order in which they are tried: the more telling its marks, the earlier."""


def format_named(name: str) -> Format:
    """Return the format called `name`.

    Raises:
        UsageError: If there is none.
    """
    for known in FORMATS:
        if known.name == name:
            return known
    names = [known.name for known in FORMATS]
    msg = f"No log format '{name}': use one of {', '.join(names)}.{did_you_mean(name, names)}"
    raise UsageError(msg)


def recognise(record: Record) -> Format | None:
    """Return the first format that recognises `record`."""
    return next((known for known in FORMATS if known.recognise(record)), None)
