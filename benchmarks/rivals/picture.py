"""The same results as one picture: recall, precision and harm of each rival, with intervals."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

from rivals.answers import Rival
from rivals.tables import Row, lines_of, pooled

MEASURES = (
    ("recall by account, %", lambda m: m.recall),
    ("precision by account, %", lambda m: m.precision),
    ("innocent accounts flagged, %", lambda m: m.alarms),
)
COLOURS = {"own": "#b4651e", "tuned": "#2f6f9f"}


def draw(rows: Sequence[Row], rivals: Sequence[Rival], path: Path) -> None:
    """Write the picture as SVG."""
    points: list[dict[str, Any]] = []
    for rival, threshold, own in lines_of(rows, rivals):
        for title, pick in MEASURES:
            points += _points(rival.name, threshold, title, own, pick)
    order = [rival.name for rival in rivals]
    panels = [_panel([p for p in points if p["measure"] == title], title, order) for title, _ in MEASURES]
    seeds, scenarios = {row.seed for row in rows}, {row.scenario for row in rows}
    chart = alt.hconcat(*panels, spacing=12).properties(
        title=alt.Title(
            "Rivals on the same traffic",
            subtitle=f"{len(seeds)} seeds, {len(scenarios)} scenarios pooled; bars are 95 % intervals; tuned by "
            "an oracle to at most 1 % of innocents (Stillhunt is not tuned)",
            anchor="start",
        )
    )
    path.write_text(vl_convert.vegalite_to_svg(chart.to_dict()), encoding="utf-8")


def _points(rival: str, threshold: str, title: str, own: list[Row], pick: Any) -> list[dict[str, Any]]:
    share = pooled(own, pick)
    if share.share is None or share.interval is None:
        return []
    low, high = share.interval
    return [{"rival": rival, "threshold": threshold, "measure": title, "share": 100 * share.share, "low": 100 * low,
             "high": 100 * high}]  # fmt: skip


def _panel(points: list[dict[str, Any]], title: str, order: list[str]) -> alt.LayerChart:
    first = title.startswith("recall")
    axis = alt.Axis(labelLimit=220, title=None) if first else None
    scale = alt.Scale(domain=[0, 100]) if "flagged" not in title else alt.Scale(type="sqrt", domain=[0, 100])
    base = alt.Chart(alt.Data(values=points)).encode(
        y=alt.Y("rival:N", sort=order, axis=axis),
        yOffset=alt.YOffset("threshold:N", sort=["own", "tuned"]),
        color=alt.Color("threshold:N", scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values()))),
    )
    bars = base.mark_rule().encode(x=alt.X("low:Q", scale=scale, title=title), x2="high:Q")
    dots = base.mark_point(filled=True, size=40).encode(x=alt.X("share:Q", scale=scale, title=title))
    return (bars + dots).properties(width=190, height=alt.Step(14))
