"""The catalogue of signals for people: docs/signals.md, written from the signals themselves so that it cannot drift."""

from collections.abc import Sequence

from stillhunt.signals.base import Signal

HEAD = """\
# Signals

A signal is one way in which accounts betray that they belong together. It gives *keys*: two accounts that hold the same
key share something. How much a shared key is worth depends on how rare it is, and sharing is not yet wrong: companies,
classes and popular tools share as well. Groups are found from these keys first and tested for harvesting afterwards.

The *layer* says what a signal finds: `infrastructure` finds operators, `content` finds harvests, `behaviour` supports
both. Signals that come from the same fact share a *family*; only keys of different families make a pair. A signal that
*ties alone* may hold accounts together by one rare key; the others count only in such a pair. Where none of the columns
that a signal *needs* is known of an account, its answer is *unknown*, never *innocent*.

This page is written from the code by `python -m stillhunt.signals > docs/signals.md`.
"""


def markdown(signals: Sequence[Signal]) -> str:
    """The catalogue as Markdown: a table of all signals, then a section each."""
    rows = ["| Signal | Family | Layer | Ties alone |", "|---|---|---|---|"]
    rows += [f"| [{s.name}](#{s.name}) | {s.family} | {s.layer} | {'yes' if s.alone else 'no'} |" for s in signals]
    sections = [
        f"## {s.name}\n\n{s.says}\n\n*Misses:* {s.misses}\n\n*False alarms:* {s.false_alarms}\n\n*Needs:* {_needs(s)}\n"
        for s in signals
    ]
    return "\n".join([HEAD, *rows, "", *sections])


def _needs(signal: Signal) -> str:
    return " or ".join(f"`{column}`" for column in signal.needs) or "nothing but times and accounts"
