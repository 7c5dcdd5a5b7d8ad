"""An evaluation for people: tables for a terminal."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stillhunt.evaluate.losses import Loss
from stillhunt.evaluate.result import Evaluation


def render(evaluation: Evaluation) -> RenderableType:
    """Return the evaluation as tables for a rich console; ids are shown as they are, never read as markup."""
    parts: list[RenderableType] = [_quality(evaluation), _campaigns(evaluation), _kinds(evaluation)]
    if evaluation.operators:
        parts.append(_operators(evaluation))
    parts.extend(
        Text(f"False campaign {f.campaign_id}: {f.innocent.words()} of its requests innocent, most {f.kind}.")
        for f in evaluation.false_campaigns
    )
    if evaluation.not_read:
        parts.append(Text(f"{evaluation.not_read:,} harvesting requests of the truth were never read by this run."))
    return Group(*parts)


def render_losses(losses: Sequence[Loss]) -> RenderableType:
    """Return what each campaign took before it was detected as a table for a rich console."""
    table = Table("campaign", "found by", "hours", "taken before", title="Lost before detection, with 95 % intervals")
    for loss in losses:
        hours = "not found" if loss.hours is None else f"{loss.hours:,.1f}"
        table.add_row(Text(loss.campaign), Text(loss.detected_by or "none"), hours, loss.lost.words())
    return table


def _quality(evaluation: Evaluation) -> Table:
    table = Table("", "precision", "recall", title="Quality, with 95 % intervals")
    for name, quality in (
        ("campaigns", evaluation.campaigns),
        ("accounts", evaluation.accounts),
        ("requests", evaluation.requests),
    ):
        table.add_row(name, quality.precision.words(), quality.recall.words())
    return table


def _campaigns(evaluation: Evaluation) -> Table:
    table = Table("campaign", "found", "accounts", "requests", "purity", "pieces", "merged with", title="Campaigns")
    for c in evaluation.by_campaign:
        table.add_row(
            Text(c.campaign),
            "yes" if c.found else "no",
            c.account_recall.words(),
            c.request_recall.words(),
            c.purity.words(),
            str(len(c.pieces)),
            Text(", ".join(c.merged_with) or "none"),
        )
    return table


def _kinds(evaluation: Evaluation) -> Table:
    table = Table("innocent", "accounts called", "organisations called", "requests per million", title="False alarms")
    rows = [("all", evaluation.false_alarms), *((k.kind, k.alarms) for k in evaluation.by_kind)]
    for kind, alarms in rows:
        rate = alarms.requests_per_million
        table.add_row(
            Text(kind),
            alarms.accounts.words(),
            alarms.organisations.words(),
            "unknown" if rate is None else f"{rate:,.1f}",
        )
    return table


def _operators(evaluation: Evaluation) -> Table:
    table = Table("operator", "best found", "accounts in it", "purity", title="Operators")
    for o in evaluation.operators:
        table.add_row(Text(o.operator), Text(o.best or "none"), o.recall.words(), o.purity.words())
    return table
