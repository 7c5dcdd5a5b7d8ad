"""The results of `window.py` as a Markdown page and a picture."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert
from labels import half_of

from rivals.query_sets import ATTACKERS, PAIRS
from rivals.tables import machine
from stillhunt.evaluate.intervals import Proportion

TESTS = ("window test", "window test, its own threshold", "window test on the sketch", "pooled test")
PAPER = {  # arXiv:2606.05725: share of the attacker, in hundredths -> found; 0 is false alarms
    1_500: {0: "0.3 %", 5: "59 %", 10: "94 %", 25: "100 %", 50: "100 %", 100: "100 %"},
    100: {5: "1.3 %", 10: "4.6 %", 25: "76 %"},
}
COLOURS = ("#2f6f9f", "#7fb3d5", "#8a6fb0", "#b4651e")


@dataclass(frozen=True)
class Cell:
    """Windows of one kind, and how many were flagged; `share` 0 is benign windows."""

    setting: str
    test: str
    attacker: str
    benign: str
    size: int
    share: float
    hits: int
    of: int
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def pooled(cells: Sequence[Cell], keep: Callable[[Cell], bool]) -> Proportion:
    """Add up the cells that are kept."""
    kept = [cell for cell in cells if keep(cell)]
    return Proportion(sum(cell.hits for cell in kept), sum(cell.of for cell in kept))


def report(cells: Sequence[Cell], sizes: dict[str, int]) -> str:
    """Return the whole page."""
    seeds = sorted({cell.seed for cell in cells})
    published = [cell for cell in cells if cell.setting == "as published"]
    held = [cell for cell in cells if cell.setting == "source held out"]
    return "\n".join([
        "# The window test in its published setting, and the pooled test beside it",
        "",
        f"Real query sets, {len(PAIRS)} pairs of attacker and benign traffic, seeds {', '.join(map(str, seeds))}.",
        "",
        _READING,
        "## As published: benign traffic of one source before and after",
        "",
        *_grid(published, paper=True),
        "",
        "## Benign traffic of a source held out",
        "",
        _HELD_OUT,
        "",
        *_grid(held, paper=False),
        "",
        "## False alarms by the source held out, windows of 500",
        "",
        *_held(held),
        "",
        "## By pair: windows of 500, a tenth of them the attacker's",
        "",
        *_by_pair(published),
        "",
        "## Query sets",
        "",
        ", ".join(f"{name} {number:,}" for name, number in sizes.items()) + " queries.",
        "",
        "Taken on: " + ", ".join(f"{name} {value}" for name, value in machine().items()) + ".",
        "",
    ])  # fmt: skip


_READING = """\
Made by `make window`. How to read it:

- *Window test*: MMD² with four Gaussian kernels against benign reference queries, on a static 256-dimensional embedding
  (WordLlama; the paper has bge-small, a transformer). *Its own threshold* is the published one, the 95th percentile
  between two benign windows; else every test is set so that at most 1 % of benign calibration windows pass.
- *On the sketch*: the same statistic on the 64-dimensional sketch that Stillhunt keeps of a prompt, without its text.
- *Pooled test*: mean reciprocal rank among benign windows of what Stillhunt measures of the content of a group:
  elicitation, concentration on few capabilities, and single questions sent once. No infrastructure, rhythm or relay: a
  window has none. Its labels' cues were mended on half of the sources (`read` below) and never on the other (`held`).
- The paper's own figures are of other data and another embedding. Windows of one pair share queries, so intervals are
  narrower than another draw of the sources would show.
"""


_HELD_OUT = """\
The window's benign part comes from a source that neither the reference nor the calibration saw; a calibration window is
of one other source, held against a reference without that source. Attack queries are drawn from all attackers. With
seven sources, a test that always finds the same one strangest flags it whole: one in seven, 14.3 %."""


def _grid(cells: Sequence[Cell], *, paper: bool) -> list[str]:
    shares = sorted({cell.share for cell in cells})
    head = ["| window | test | false alarms | " + " | ".join(f"{s:.0%} attack" for s in shares if s) + " |"]
    head.append("|---:|---|" + "---:|" * len(shares))
    body = []
    for size in sorted({cell.size for cell in cells}):
        for test in TESTS:
            found = [
                pooled(cells, lambda c, s=share: (c.size, c.test, c.share) == (size, test, s))  # noqa: B023  used here
                for share in shares
            ]
            if found[0].of:
                body.append(f"| {size:,} | {test} | " + " | ".join(_short(p) for p in found) + " |")
        if paper and size in PAPER:
            told = [PAPER[size].get(round(100 * share), "–") for share in shares]
            body.append(f"| {size:,} | *the paper's own* | " + " | ".join(told) + " |")
    return head + body


def _held(cells: Sequence[Cell]) -> list[str]:
    tests = [test for test in TESTS if any(cell.test == test for cell in cells)]
    lines = ["| source held out | " + " | ".join(tests) + " |", "|---|" + "---:|" * len(tests)]
    for benign in dict.fromkeys(cell.benign for cell in cells):
        shown = [
            pooled(cells, lambda c, t=test, b=benign: (c.benign, c.test, c.size, c.share) == (b, t, 500, 0.0))
            for test in tests
        ]
        lines.append(f"| {benign} | " + " | ".join(_short(p) for p in shown) + " |")
    return lines


def _by_pair(cells: Sequence[Cell]) -> list[str]:
    lines = ["| attacker | benign | cues | " + " | ".join(TESTS) + " |", "|---|---|---|" + "---:|" * len(TESTS)]
    for attacker, benign in PAIRS:
        shown = [
            pooled(cells, lambda c, t=test, a=attacker: (c.attacker, c.test, c.size, c.share) == (a, t, 500, 0.1))
            for test in TESTS
        ]
        halves = " and ".join(sorted({half_of(source) for source in ATTACKERS[attacker][1]})) or "read and held"
        lines.append(f"| {attacker} | {benign} | {halves} | " + " | ".join(_short(p) for p in shown) + " |")
    return lines


def _short(share: Proportion) -> str:
    if share.share is None or share.interval is None:
        return "–"
    low, high = share.interval
    return f"{100 * share.share:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def draw(cells: Sequence[Cell], path: Path) -> None:
    """Draw detection against the attacker's share, by window size, for both settings."""
    points = []
    for setting in ("as published", "source held out"):
        for size in sorted({cell.size for cell in cells}):
            for test in TESTS:
                for share in sorted({cell.share for cell in cells}):
                    kept = pooled(
                        cells,
                        lambda c, where=(setting, size, test, share): (c.setting, c.size, c.test, c.share) == where,
                    )
                    if kept.share is not None and kept.interval is not None:
                        low, high = kept.interval
                        points.append({
                            "setting": setting, "window": f"{size:,} queries", "order": size, "test": test,
                            "share": f"{share:.0%}", "found": 100 * kept.share, "low": 100 * low, "high": 100 * high,
                        })  # fmt: skip
    base = alt.Chart(alt.Data(values=points)).encode(
        x=alt.X("share:O", sort=["0%", "5%", "10%", "25%", "50%", "100%"], title="attacker's share"),
        color=alt.Color("test:N", scale=alt.Scale(domain=list(TESTS), range=list(COLOURS)), title=None,
                        legend=alt.Legend(orient="bottom", labelLimit=260)),
    )  # fmt: skip
    found = alt.Y("found:Q", title="windows flagged, %", scale=alt.Scale(domain=[0, 100]))
    layers = base.mark_line(point=True).encode(y=found) + base.mark_rule().encode(y=alt.Y("low:Q"), y2="high:Q")
    chart = (
        layers.properties(width=120, height=130)
        .facet(
            column=alt.Column("window:N", sort=alt.EncodingSortField("order"), title=None),
            row=alt.Row("setting:N", title=None),
        )
        .properties(title="Windows flagged, by the attacker's share (0 % are false alarms); bars are 95 % intervals")
    )
    path.write_text(vl_convert.vegalite_to_svg(chart.to_dict()), encoding="utf-8")
