"""The verdict and the campaigns of a run, for a terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stillhunt.report.reading import read_facts
from stillhunt.report.words import moment, size
from stillhunt.runs import Run


def overview(run: Run) -> RenderableType:
    """Return the verdict, a row a campaign with its strongest reason, and where the report is."""
    facts = read_facts(run)
    parts: list[RenderableType] = [Text(facts.verdict, style="bold"), Text(facts.promise)]
    if facts.warning:
        parts.append(Text(facts.warning, style="yellow"))
    if facts.campaigns:
        table = Table(box=None, pad_edge=False)
        for name in ("campaign", "kind", "bits", "accounts", "exchanges", "operators", "first seen", "takes"):
            table.add_column(name, justify="right" if name in {"bits", "accounts", "exchanges"} else "left")
        for c in facts.campaigns:
            table.add_row(
                c.campaign_id, c.kind, f"{c.bits:.1f}", size(c.accounts), size(c.exchanges), ", ".join(c.operators) or "–",
                moment(c.first_ts), ", ".join(s.name.replace("_", " ") for s in c.capabilities[:3]),
            )  # fmt: skip
        parts.append(table)
        for c in facts.campaigns:
            tests = [t for f in c.families for t in f.tests if t.bits > 0]
            parts.extend(
                Text(f"{c.campaign_id}  {t.bits:+.1f} bits  {t.reason}")
                for t in sorted(tests, key=lambda t: -t.bits)[:3]
            )
    parts.append(Text(f"{size(len(facts.innocent))} more groups were tested and not called." if facts.innocent else ""))
    parts.append(Text(f"Report: {run.path / 'report.html'}"))
    return Group(*parts)
