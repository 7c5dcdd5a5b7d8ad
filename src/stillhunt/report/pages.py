"""The pages of a run: one self-contained HTML document, and the same facts in Markdown."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from stillhunt.report import charts, words
from stillhunt.report.facts import Campaign, Crossing, Facts
from stillhunt.report.glossary import GLOSSARY
from stillhunt.report.reading import CARDS

COLUMNS = 6
"""Operators with a column of their own in the cross table; the rest share one."""

_WORDS = {
    name: getattr(words, name)
    for name in ("chance", "markdown_code", "moment", "number", "percent", "plain", "plural", "short", "size")
}


def html(facts: Facts) -> str:
    """Return the page: no script, nothing from elsewhere, light or dark as the reader likes."""
    environment = _environment(autoescape=True, finalize=words.visible)
    pictures = {c.campaign_id: _pictures(c, facts.info) for c in facts.campaigns}
    return _render(environment, "report.html.j2", facts, pictures=pictures)


def markdown(facts: Facts) -> str:
    """Return the same facts in Markdown."""
    return _render(_environment(autoescape=False, finalize=words.markdown), "report.md.j2", facts)


def _pictures(campaign: Campaign, info: Mapping[str, Any]) -> dict[str, str]:
    if not campaign.activity:  # a run whose features were taken away
        return {"evidence": charts.waterfall_chart(campaign)}
    return {
        "capabilities": charts.capability_chart(campaign),
        "activity": charts.activity_chart(campaign, info.get("releases") or ()),
        "evidence": charts.waterfall_chart(campaign),
    }


def _environment(*, autoescape: bool, finalize: Any) -> Environment:
    environment = Environment(
        loader=PackageLoader("stillhunt.report"),
        autoescape=autoescape,  # noqa: S701  off for Markdown alone, whose own escaping is `finalize`
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(_WORDS)
    return environment


def _render(environment: Environment, template: str, facts: Facts, **more: Any) -> str:
    return environment.get_template(template).render(
        facts=facts,
        info=facts.info,
        totals=facts.totals,
        cross=_cross_table(facts),
        glossary=GLOSSARY,
        more_campaigns=max(0, facts.totals["campaigns"] - CARDS),
        **more,
    )


def _cross_table(facts: Facts) -> dict[str, Any]:
    """Rows are campaigns, columns the operators with most exchanges; a cell is a `Crossing` or None."""
    sums: dict[str | None, int] = {}
    for crossing in facts.crossings:
        sums[crossing.operator] = sums.get(crossing.operator, 0) + crossing.exchanges
    ranked = sorted((o for o in sums if o is not None), key=lambda o: (-sums[o], o))
    columns = ranked[:COLUMNS]
    cells: dict[tuple[str | None, str | None], Crossing] = {(c.campaign_id, c.operator): c for c in facts.crossings}
    shown: list[str | None] = [c.campaign_id for c in facts.campaigns]
    return {
        "columns": columns,
        "others": len(ranked) - len(columns),
        "unknown": None in sums,
        "rows": [
            {
                "campaign": campaign,
                "cells": [cells.get((campaign, o)) for o in columns],
                "others": sum(x.exchanges for o in ranked[COLUMNS:] if (x := cells.get((campaign, o)))),
                "unknown": cells.get((campaign, None)),
            }
            for campaign in (shown + [None] * (None in {c.campaign_id for c in facts.crossings}))
        ],
    }
