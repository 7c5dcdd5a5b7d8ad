"""The evasion ladder: what is still found when an attacker gives up, step by step, what can be seen, and at what cost.

    python benchmarks/ladder.py [--seeds 1 2 3] [--corpus DATA] [--levels 0 7 16] [--write docs/results]

Every step is a world of its own with one campaign: simulated, hunted, and held against the truth. What is not found in
every seed is listed as a known gap. Nothing is missed or met here: the command exits with 0 whatever is found.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert
from proof import Outcome, machine, pooled, timed
from rich.console import Console

from stillhunt.config import Settings
from stillhunt.evaluate.intervals import Proportion
from stillhunt.evaluate.measure import evaluate
from stillhunt.evaluate.result import Evaluation
from stillhunt.pipeline import hunt
from stillhunt.simulate.ladder import STEPS, Cost, cost, rung
from stillhunt.simulate.scenarios import find
from stillhunt.simulate.simulator import simulate

ACCOUNTS_AIM = 0.95
"""Below this share of its accounts a campaign that is found is listed as found in part."""
MEASURES: dict[str, Callable[[Evaluation], Proportion]] = {
    "campaign found": lambda e: e.campaigns.recall,
    "accounts, recall": lambda e: e.accounts.recall,
    "accounts, precision": lambda e: e.accounts.precision,
    "requests, recall": lambda e: e.requests.recall,
    "requests, precision": lambda e: e.requests.precision,
    "innocent accounts called": lambda e: e.false_alarms.accounts,
}
_DRAWN = ("campaign found", "accounts, recall", "requests, recall")
_COLOURS = alt.Scale(domain=list(_DRAWN), range=["#b03a2e", "#1f618d", "#b9770e"])

_told = Console(stderr=True)


@dataclass(frozen=True)
class Rung:
    """One step: what it costs the attacker, and what became of it in every seed."""

    level: int
    cost: Cost
    outcomes: tuple[Outcome, ...]

    def measured(self, name: str) -> Proportion:
        """Return a measure, all seeds together."""
        return pooled(self.outcomes, MEASURES[name])

    @property
    def gap(self) -> str | None:
        """What is not found at this step, in words; None when everything is."""
        found, accounts = self.measured("campaign found"), self.measured("accounts, recall")
        if found.hits < found.of:
            return f"found in {found.hits} of {found.of} seeds, with {accounts.words()} of the accounts"
        if (accounts.share or 0) < ACCOUNTS_AIM:
            return f"found in part: {accounts.words()} of the accounts"
        return None


def climb(level: int, seed: int, args: argparse.Namespace) -> Outcome:
    """Make the traffic of one step and seed, hunt it, evaluate the run, and remove what stood in its folder."""
    folder = Path(args.work) / f"step-{level}-seed-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    seconds: dict[str, float] = {}
    with timed(seconds, "simulate"):
        made = simulate(
            folder / "traffic",
            scenario=f"ladder-{level}",
            accounts=args.accounts,
            days=args.days,
            seed=seed,
            corpus=args.corpus,
        )
    with timed(seconds, "hunt"):
        run = hunt(
            [made.logs],
            accounts=made.accounts_file,
            releases=made.releases_file,
            out=folder / "run",
            settings=Settings(threads=args.threads),
        )
    with timed(seconds, "evaluate"):
        evaluation = evaluate(run, made.truth)
    shutil.rmtree(folder)
    found = ", ".join(f"{name} {measure(evaluation).words()}" for name, measure in MEASURES.items())
    _told.print(
        f"step {level}, seed {seed}: {made.exchanges:,} exchanges, hunt {seconds['hunt']} s: {found}", soft_wrap=True
    )
    return Outcome(seed, made.accounts, made.exchanges, evaluation, seconds, dict(run.info["versions"]))


def report(rungs: Sequence[Rung]) -> str:
    """Return the results in Markdown."""
    names = list(MEASURES)
    lines = ["## What is found, with 95 % intervals", ""]
    lines += ["| step | gives up | " + " | ".join(names) + " |", "|---:|---|" + "---:|" * len(names)]
    lines += [
        f"| {r.level} | {STEPS[r.level].says} | " + " | ".join(r.measured(n).words() for n in names) + " |"
        for r in rungs
    ]
    lines += ["", "## What it costs the attacker", ""]
    head = (
        "| step | accounts | cards | exits | network | days of sign-up | harvest | new answers | cover | "
        "needed accounts | needed in all | and |"
    )
    lines += [head, "|---:|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|---|"]
    for r in rungs:
        c = r.cost
        lines.append(
            f"| {r.level} | {c.accounts} | {c.cards} | {c.addresses} | {c.network} | {c.signup_days:.0f} | "
            f"{c.harvest:g} | {c.fresh:.1f} | {c.cover:.0f} | {c.accounts_needed:.0f} | {c.things_needed:.0f} | "
            f"{STEPS[r.level].price} |"
        )
    note = (
        "Harvest, new answers and cover are calls per account and day. Needed is counted for 1,000 new answers a day."
    )
    lines += ["", note, "", "## Known gaps", ""]
    gaps = [f"- Step {r.level} ({STEPS[r.level].says}): {r.gap}." for r in rungs if r.gap]
    return "\n".join([*lines, *(gaps or ["None of these steps."])]) + "\n"


def _rows(rungs: Sequence[Rung]) -> list[dict[str, Any]]:
    """Return the points of the charts."""
    rows = []
    for r in rungs:
        for name in _DRAWN:
            measured = r.measured(name)
            low, high = measured.interval or (None, None)
            rows.append(
                {
                    "step": f"{r.level}  {STEPS[r.level].says}",
                    "level": r.level,
                    "needed": r.cost.things_needed,
                    "measure": name,
                    "share": measured.share,
                    "low": low,
                    "high": high,
                }
            )
    return rows


def _places(rungs: Sequence[Rung]) -> list[dict[str, Any]]:
    """Return which steps stand at each cost: several of them take skill and no goods."""
    at: dict[float, list[int]] = {}
    for r in rungs:
        at.setdefault(round(r.cost.things_needed, 3), []).append(r.level)
    return [
        {"needed": needed, "steps": f"{levels[0]}" if len(levels) == 1 else f"{levels[0]}–{levels[-1]}"}
        for needed, levels in at.items()
    ]


def chart(rungs: Sequence[Rung]) -> alt.VConcatChart:
    """Draw detection against the step, with the cost beside it, and detection against the cost."""
    data = alt.Data(values=_rows(rungs))
    color = alt.Color("measure:N", title=None, scale=_COLOURS, legend=alt.Legend(orient="top"))
    steps = alt.Y("step:N", sort=None, title=None, axis=alt.Axis(labelLimit=420))
    offset = alt.YOffset("measure:N", sort=list(_DRAWN))
    percent = alt.Axis(format="%", tickCount=5)
    share = alt.X("share:Q", title="share, with 95 % interval", axis=percent, scale=alt.Scale(domain=[0, 1]))
    base = alt.Chart(data)
    found = alt.layer(
        base.mark_rule(opacity=0.5).encode(y=steps, yOffset=offset, x="low:Q", x2="high:Q", color=color),
        base.mark_point(filled=True, size=28, opacity=1).encode(y=steps, yOffset=offset, x=share, color=color),
    ).properties(width=300, height=24 * len(rungs), title="What is found")
    title = "accounts + cards + exits for 1,000 new answers a day"
    needed = alt.X("needed:Q", title=title)
    price = (
        base.mark_bar(color="#7f8c8d", height=8)
        .encode(y=alt.Y("step:N", sort=None, title=None, axis=None), x=needed)
        .transform_filter(f"datum.measure == '{_DRAWN[0]}'")
        .properties(width=220, height=24 * len(rungs), title="What it costs the attacker")
    )
    cost_axis = alt.X("needed:Q", title=title, scale=alt.Scale(type="log", nice=False, padding=12))
    level = alt.Y("share:Q", title="share", axis=percent, scale=alt.Scale(domain=[0, 1]))
    lines = base.mark_line(point=True).encode(x=cost_axis, y=level, color=color, order="level:Q")
    spans = base.mark_rule(opacity=0.3).encode(x=cost_axis, y="low:Q", y2="high:Q", color=color)
    places = alt.Chart(alt.Data(values=_places(rungs)))
    names = places.mark_text(dy=-7, fontSize=9).encode(x=cost_axis, y=alt.value(0), text="steps:N")
    curve = alt.layer(spans, lines, names).properties(
        width=660, height=220, title="What is found, against the cost (steps above)"
    )
    return alt.vconcat(alt.hconcat(found, price), curve).configure_view(stroke=None)


def write(folder: Path, rungs: Sequence[Rung], args: argparse.Namespace) -> None:
    """Write `ladder.md`, `ladder.json` and `ladder.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    first = rungs[0].outcomes[0]
    facts = machine() | first.versions
    text = "real prompts and traces" if args.corpus else "the simulator's own grammar"
    intro = (
        "# The evasion ladder\n\nMade by `python benchmarks/ladder.py`. "
        f"One campaign of {rungs[0].cost.accounts} among {first.accounts:,} accounts; "
        f"each step keeps what the steps before it gave up. Text: {text}. Seeds: "
        + ", ".join(str(o.seed) for o in rungs[0].outcomes)
        + ".\n\nIntervals take accounts and requests as independent. Those of one campaign are not, as it is found or "
        "lost as a whole: the first measure, by seed, says how sure the others are. Cards, exits and accounts are "
        "counted, not priced.\n\nTaken on: "
        + ", ".join(f"{name} {value}" for name, value in facts.items())
        + ".\n\n![What is found at each step, and what it costs](ladder.svg)\n\n"
    )
    (folder / "ladder.md").write_text(intro + report(rungs), encoding="utf-8")
    (folder / "ladder.json").write_text(json.dumps(_data(rungs, facts), indent=1) + "\n", encoding="utf-8")
    svg = vl_convert.vegalite_to_svg(chart(rungs).to_dict())
    (folder / "ladder.svg").write_text(svg + "\n", encoding="utf-8")


def _data(rungs: Sequence[Rung], facts: dict[str, str]) -> dict[str, Any]:
    """Return everything as plain values."""
    steps = [
        {
            "step": r.level,
            "says": STEPS[r.level].says,
            "price": STEPS[r.level].price,
            "cost": asdict(r.cost) | {"accounts_needed": r.cost.accounts_needed, "things_needed": r.cost.things_needed},
            "gap": r.gap,
            "measures": {name: r.measured(name).to_dict() for name in MEASURES},
            "seeds": [
                {"seed": o.seed, "accounts": o.accounts, "exchanges": o.exchanges, "seconds": o.seconds}
                | {name: measure(o.evaluation).to_dict() for name, measure in MEASURES.items()}
                for o in r.outcomes
            ],
        }
        for r in rungs
    ]
    return {"machine": facts, "confidence": 0.95, "steps": steps}


def main() -> int:
    """Climb the ladder."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--corpus", type=Path, help="folder of real prompts and traces")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--levels", type=int, nargs="+", default=list(range(len(STEPS))), help="steps, from 0")
    parser.add_argument("--write", type=Path, help="folder to write ladder.md, .json and .svg to")
    parser.add_argument("--work", type=Path, default=Path("out/ladder"), help="folder for traffic and runs")
    parser.add_argument("--accounts", type=int, help="accounts in all; the scenario's own number by default")
    parser.add_argument("--days", type=int)
    parser.add_argument("--threads", type=int, help="engine threads; all cores by default")
    args = parser.parse_args()
    rungs = []
    for level in args.levels:
        accounts = args.accounts or find(f"ladder-{level}").accounts
        outcomes = tuple(climb(level, seed, args) for seed in args.seeds)
        rungs.append(Rung(level, cost(*rung(level, accounts)), outcomes))
        if args.write:  # after each step: a run of hours that is stopped keeps what it has
            write(args.write, rungs, args)
    print(report(rungs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
