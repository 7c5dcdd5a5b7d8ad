"""A run in short: for other programs as plain values, for people in a terminal."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stillhunt.report.facts import Campaign, Facts
from stillhunt.report.reading import read_facts
from stillhunt.report.words import percent, plain, plural, short, visible
from stillhunt.runs import Run


def summary(run: Run) -> dict[str, Any]:
    """Return what the report says as plain values for JSON: the twin of the pages."""
    return read_facts(run).to_dict()


def summary_text(run: Run) -> RenderableType:
    """Return the verdict, the campaigns and where the report stands, for a rich console.

    Ids are shown as they are and never read as markup.
    """
    facts = read_facts(run)
    parts: list[RenderableType] = [
        Text(facts.verdict, style="bold red" if facts.totals["campaigns"] else "bold green"),
        Text(facts.promise, style="dim"),
    ]
    if facts.warning:
        parts.append(Text(facts.warning, style="yellow"))
    if facts.campaigns:
        parts.append(_campaigns(facts))
    innocent = plural(facts.totals["innocent_groups"], "group")
    parts.append(Text(f"{innocent} tested and held innocent. Report: {visible(str(run.path / 'report.html'))}"))
    return Group(*parts)


def _beneficiary(campaign: Campaign) -> str:
    if campaign.beneficiary is None:
        return "nobody named" if campaign.suspects else "not known"
    return f"{short(campaign.beneficiary)}, {percent(campaign.beneficiary_confidence or 0)} sure"


def _campaigns(facts: Facts) -> Table:
    table = Table(
        "campaign", "kind", "bits", "accounts", "exchanges", "takes", "operators", "who profits", "strongest evidence"
    )
    for c in facts.campaigns:
        tests = [test for family in c.families for test in family.tests]
        table.add_row(
            Text(visible(short(c.campaign_id))),
            Text(c.kind),
            f"{c.bits:.1f}",
            f"{c.accounts:,}",
            f"{c.exchanges:,}",
            Text(", ".join(plain(x.name) for x in c.capabilities[:2])),
            Text(visible(", ".join(short(o) for o in c.operators)) or "none found"),
            Text(visible(_beneficiary(c))),
            Text(visible(max(tests, key=lambda t: t.bits).reason) if tests else "unknown"),
        )
    return table
