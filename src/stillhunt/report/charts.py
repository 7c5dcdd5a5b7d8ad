"""Charts as inline SVG: drawn by Vega-Lite in this process, without a browser, coloured by the page.

Colours are CSS variables, so the same picture follows the reader's light or dark scheme.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import altair as alt
import vl_convert
from markupsafe import Markup, escape

from stillhunt.report.facts import Campaign
from stillhunt.report.words import plain, visible

INK, FAINT, TAKEN, CLEARED = "var(--ink)", "var(--line)", "var(--taken)", "var(--cleared)"
DAY = 86_400_000_000
_WIDTH = 400
_LABELS = 118
"""Room for names left of the bars: the reader's font may be wider than the one measured here."""
_NAMES = alt.Axis(ticks=False, domain=False, labelLimit=200, labelPadding=8, minExtent=_LABELS)
_SHOWN = 8
_LONGEST_LABEL = 28
_EMPTY_ATTRIBUTES = re.compile(r' (?:aria-[a-z]+|role|xmlns(?::xlink)?|class|pointer-events|version)="[^"]*"')


def capability_chart(campaign: Campaign) -> Markup:
    """Bars: what the campaign takes, in exchanges."""
    taken = [(_label(plain(c.name)), c.exchanges) for c in campaign.capabilities]
    if len(taken) > _SHOWN:
        taken[_SHOWN - 1 :] = [("all others", sum(n for _, n in taken[_SHOWN - 1 :]))]
    rows = [{"name": name, "n": n, "label": f"{n:,}"} for name, n in taken]
    base = alt.Chart({"values": rows}).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=_NAMES),
        x=alt.X(
            "n:Q",
            title=None,
            axis=None,
            stack=None,
            scale=alt.Scale(domain=[0, 1.18 * max(n for _, n in taken)]),
        ),
    )
    bars = base.mark_bar(color=TAKEN, cornerRadius=2, height={"band": 0.62})
    labels = base.mark_text(align="left", dx=5, color=INK).encode(text="label:N")
    said = ", ".join(f"{r['name']} {r['label']}" for r in rows)
    return _svg(bars + labels, 30 * len(rows), f"Exchanges by capability: {said}")


def activity_chart(campaign: Campaign, releases: Sequence[Mapping[str, Any]]) -> Markup:
    """Area: exchanges over time; a dashed line stands where a model was released."""
    counted = dict(campaign.activity)
    first, last = campaign.activity[0][0], campaign.activity[-1][0]
    rows = [{"t": _iso(t), "n": counted.get(t, 0)} for t in range(first, last + 1, campaign.step)]
    form = "%-d %b" if campaign.step % DAY == 0 else "%-d %b %H:%M"
    x = alt.X(
        "t:T",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(tickCount=6, grid=False, labelOverlap=True, format=form),
    )
    y = alt.Y("n:Q", title=None, axis=alt.Axis(tickCount=4, domain=False, ticks=False, format="~s", minExtent=34))
    area = (
        alt.Chart({"values": rows})
        .mark_area(
            color=TAKEN,
            fillOpacity=0.25,
            interpolate="monotone",
            line={"color": TAKEN, "strokeWidth": 2},
            point={"color": TAKEN, "size": 14} if len(rows) <= 3 else False,  # one step alone makes no area
        )
        .encode(x=x, y=y)
    )
    known = [
        {"t": _iso(r["released_at"]), "model": _label(str(r["model"]))}
        for r in releases
        if first <= r["released_at"] <= last + campaign.step
    ]
    said = f"Exchanges over time, {sum(counted.values()):,} in all"
    if not known:
        return _svg(area, 150, said, width=_WIDTH + _LABELS - 34)
    line = alt.Chart({"values": known}).encode(x=x)
    rules = line.mark_rule(color=INK, strokeDash=[4, 3], opacity=0.7)
    names = line.mark_text(baseline="bottom", dy=-3, color=INK, fontSize=10).encode(text="model:N", y=alt.value(0))
    said += "; " + ", ".join(f"{r['model']} released {r['t'][:10]}" for r in known)
    return _svg(area + rules + names, 150, said, width=_WIDTH + _LABELS - 34)


def waterfall_chart(campaign: Campaign) -> Markup:
    """Waterfall of the evidence: from the bits of each family to the bits of the campaign."""
    rows, total = [], 0.0
    for family in campaign.families:
        rows.append(_step(plain(family.name), total, total + family.bits, family.bits))
        total += family.bits
    if abs(campaign.bits - total) > 0.05:  # the stake is split over patterns, and not all families are in each
        rows.append(_step("split stake", total, campaign.bits, campaign.bits - total))
    whole = {"colour": INK, "label": f"{campaign.bits:.1f}"}
    rows.append(_step("all together", 0.0, campaign.bits, campaign.bits) | whole)
    top = max(max(r["from"], r["to"]) for r in rows)
    low = min(0.0, *(r["to"] for r in rows))
    pad = 0.14 * (top - low or 1)
    base = alt.Chart({"values": rows}).encode(y=alt.Y("name:N", sort=None, title=None, axis=_NAMES))
    x = alt.X(
        "from:Q",
        title="bits",
        axis=alt.Axis(tickCount=5, domain=False),
        scale=alt.Scale(domain=[low - (pad if low < 0 else 0), top + pad], nice=False),
    )
    bars = base.mark_bar(cornerRadius=2, height={"band": 0.62}).encode(
        x=x, x2="to:Q", color=alt.Color("colour:N", scale=None)
    )
    labels = base.mark_text(align="left", dx=5, color=INK).encode(x=alt.X("end:Q"), text="label:N")
    said = ", ".join(f"{r['name']} {r['label']}" for r in rows)
    return _svg(bars + labels, 30 * len(rows), f"Evidence in bits: {said}")


def _step(name: str, start: float, end: float, bits: float) -> dict[str, Any]:
    return {
        "name": _label(name),
        "from": start,
        "to": end,
        "end": max(start, end),
        "label": f"{bits:+.1f}",
        "colour": TAKEN if bits >= 0 else CLEARED,
    }


def _svg(chart: alt.LayerChart | alt.Chart, height: int, said: str, width: int = _WIDTH) -> Markup:
    styled = (
        chart.properties(width=width, height=height, background="transparent", padding=4)
        .configure(font="system-ui, sans-serif")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK,
            titleColor=INK,
            gridColor=FAINT,
            tickColor=FAINT,
            domainColor=FAINT,
            labelFontSize=11,
        )
    )
    drawn = vl_convert.vegalite_to_svg(styled.to_dict(validate=False))  # parts are checked as they are made
    # The page's own document type makes the namespaces needless, and one label for the whole picture serves a
    # screen reader better than one for each mark.
    lean = _EMPTY_ATTRIBUTES.sub("", drawn)
    return Markup(lean.replace("<svg", f'<svg role="img" aria-label="{escape(said)}"', 1))  # noqa: S704  label escaped


def _label(name: str) -> str:
    shown: str = visible(name)
    return shown if len(shown) <= _LONGEST_LABEL else shown[: _LONGEST_LABEL - 1] + "…"


def _iso(ts: int) -> str:
    return datetime.fromtimestamp(ts / 1e6, UTC).isoformat()
