"""Writes the pages of a run into its folder."""

from stillhunt.report.pages import html, markdown
from stillhunt.report.reading import read_facts
from stillhunt.runs import Run
from stillhunt.writing import written_whole


def write_report(run: Run) -> None:
    """Write `report.html` and `report.md` into the folder of `run`.

    Neither holds any prompt text: a run has none. Ids are those of the provider, made harmless for a page.
    """
    facts = read_facts(run)
    for name, text in (("report.html", html(facts)), ("report.md", markdown(facts))):
        with written_whole(run.path / name, "The report") as partial:
            partial.write_text(text, encoding="utf-8")
