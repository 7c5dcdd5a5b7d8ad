"""Writes the pages of a run into its folder."""

from pathlib import Path

from stillhunt.report.pages import html, markdown
from stillhunt.report.reading import read_facts
from stillhunt.runs import Run


def write_report(run: Run) -> None:
    """Write `report.html` and `report.md` into the folder of `run`.

    Neither holds any prompt text: a run has none. Ids are those of the provider, made harmless for a page.
    """
    facts = read_facts(run)
    _write(run.path / "report.html", html(facts))
    _write(run.path / "report.md", markdown(facts))


def _write(path: Path, text: str) -> None:
    """Write a page whole or not at all."""
    partial = path.with_suffix(path.suffix + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
