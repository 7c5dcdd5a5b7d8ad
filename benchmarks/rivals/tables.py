"""The results of all rivals as one Markdown page."""

import os
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from rivals.answers import Measured, Rival
from stillhunt.evaluate.intervals import Proportion


@dataclass(frozen=True)
class Row:
    """One rival on one traffic, under one threshold: `own` or `tuned`."""

    scenario: str
    seed: int
    rival: str
    threshold: str
    measured: Measured
    seconds: float
    hunted: float
    """Seconds that Stillhunt took for the same traffic."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        m = self.measured
        shares = {name: getattr(m, name).to_dict() for name in ("precision", "recall", "found", "found_pure", "alarms")}
        return {
            "scenario": self.scenario, "seed": self.seed, "rival": self.rival, "threshold": self.threshold,
            "setting": m.setting, "seconds": round(self.seconds, 2), "stillhunt_seconds": round(self.hunted, 2),
            **shares, "kinds": {kind: [p.hits, p.of] for kind, p in m.kinds.items()},
        }  # fmt: skip


Pick = Callable[[Measured], Proportion]


def pooled(rows: Iterable[Row], pick: Pick) -> Proportion:
    """Add one proportion up over rows."""
    parts = [pick(row.measured) for row in rows]
    return Proportion(sum(p.hits for p in parts), sum(p.of for p in parts))


def lines_of(rows: Sequence[Row], rivals: Sequence[Rival]) -> list[tuple[Rival, str, list[Row]]]:
    """Return the rows of each rival and threshold, in the order of the rivals."""
    found = []
    for rival in rivals:
        for threshold in ("own", "tuned"):
            own = [row for row in rows if row.rival == rival.name and row.threshold == threshold]
            found += [(rival, threshold, own)] if own else []
    return found


def machine() -> dict[str, str]:
    """Return what the numbers were taken on."""
    facts = {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "python": platform.python_version(),
    }
    for name in ("duckdb", "numpy", "pyod", "scikit-learn", "wordllama"):
        try:
            facts[name] = version(name)
        except PackageNotFoundError:
            facts[name] = "not installed"
    return facts


def report(rows: Sequence[Row], rivals: Sequence[Rival], traffic: str) -> str:
    """Return the whole page."""
    seeds = sorted({row.seed for row in rows})
    scenarios = list(dict.fromkeys(row.scenario for row in rows))
    lines = lines_of(rows, rivals)
    played = f"{len(seeds) * len(scenarios)} traffics: scenarios {', '.join(scenarios)}, each with seeds "
    return "\n".join([
        "# Rivals on the same traffic",
        "",
        f"{played}{', '.join(map(str, seeds))}; {traffic}. Shares with 95 % intervals. Made by `make rivals`.",
        "",
        _READING,
        "## All traffics together",
        "",
        *_together(lines),
        "",
        "## By scenario: recall / precision by account, and campaigns found, in %",
        "",
        *_by_scenario(lines, scenarios),
        "",
        "## Innocent accounts flagged, by kind, in %",
        "",
        *_by_kind(lines),
        "",
        "## What each rival does",
        "",
        *(f"- **{rival.name}**: {rival.says}." for rival in rivals),
        "",
        "Taken on: " + ", ".join(f"{name} {value}" for name, value in machine().items()) + ".",
        "",
    ])  # fmt: skip


_READING = """\
How to read it:

- `own` is the rival's own threshold, as published or as its software comes. `tuned` is the setting that an oracle would
  choose: most guilty accounts while at most 1 % of the innocent are flagged, chosen with the truth of the same traffic.
  Nobody has it in life; it is as good as the rival could be. Stillhunt is not tuned.
- A campaign is found if one group holds at least half of its accounts. A rival that scores accounts gives one pooled
  group of all that it flags, so it "finds" a campaign by flagging half of it and says nothing of who belongs together.
  *Pure*: at least half of that group is guilty too.
- Seconds of a rival do not hold the reading of logs into features, which Stillhunt's hold. Rivals that read `text` read
  the logs themselves. The ratio is to Stillhunt's whole hunt on the same traffic.
- The window test on true groups reuses the embeddings that the one on accounts made; its seconds do not hold them. It
  is told which accounts belong together, innocent groups too: an upper bound. People who belong to no organisation are
  never tested by it, so it cannot flag them.
- Identity in this traffic is assigned (see the simulator's page), and the rates of `proof` are those disclosed but for
  one campaign at 60 requests per account and day, which helps every rule on rates.
"""


def _together(lines: Sequence[tuple[Rival, str, list[Row]]]) -> list[str]:
    columns = (
        "rival", "reads", "threshold", "recall by account", "precision by account", "campaigns found", "pure",
        "innocent accounts flagged", "seconds a traffic", "ratio",
    )  # fmt: skip
    return ["| " + " | ".join(columns) + " |", "|---|---|---|" + "---:|" * 7] + [
        f"| {rival.name} | {rival.reads} | {threshold} | "
        + " | ".join(pooled(own, pick).words() for pick in (_recall, _precision))
        + f" | {pooled(own, _found).words()}{'' if rival.grouped else ', pooled'} | {pooled(own, _pure).words()}"
        + f" | {pooled(own, _alarms).words()} | {np.mean([row.seconds for row in own]):.1f}"
        + f" | {np.mean([row.seconds / row.hunted for row in own]):.2f} |"
        for rival, threshold, own in lines
    ]


def _by_scenario(lines: Sequence[tuple[Rival, str, list[Row]]], scenarios: Sequence[str]) -> list[str]:
    head = ["| rival | threshold | " + " | ".join(scenarios) + " |", "|---|---|" + "---|" * len(scenarios)]
    body = []
    for rival, threshold, own in lines:
        cells = []
        for scenario in scenarios:
            here = [row for row in own if row.scenario == scenario]
            found = pooled(here, _found)
            cells.append(
                f"{_percent(pooled(here, _recall))} / {_percent(pooled(here, _precision))}; {found.hits} of {found.of}"
            )
        body.append(f"| {rival.name} | {threshold} | " + " | ".join(cells) + " |")
    return head + body


def _by_kind(lines: Sequence[tuple[Rival, str, list[Row]]]) -> list[str]:
    kinds = sorted({kind for _, _, own in lines for row in own for kind in row.measured.kinds})
    sizes = {kind: pooled(lines[0][2], lambda m, kind=kind: m.kinds.get(kind, _NONE)).of for kind in kinds}
    head = ["| rival | threshold | " + " | ".join(f"{kind} ({sizes[kind]:,})" for kind in kinds) + " |"]
    head.append("|---|---|" + "---:|" * len(kinds))
    return head + [
        f"| {rival.name} | {threshold} | "
        + " | ".join(_percent(pooled(own, lambda m, kind=kind: m.kinds.get(kind, _NONE))) for kind in kinds)
        + " |"
        for rival, threshold, own in lines
    ]


_NONE = Proportion(0, 0)


def _percent(share: Proportion) -> str:
    return "–" if share.share is None else f"{100 * share.share:.{1 if 0 < share.share < 0.1 else 0}f}"


def _recall(m: Measured) -> Proportion:
    return m.recall


def _precision(m: Measured) -> Proportion:
    return m.precision


def _found(m: Measured) -> Proportion:
    return m.found


def _pure(m: Measured) -> Proportion:
    return m.found_pure


def _alarms(m: Measured) -> Proportion:
    return m.alarms
