"""How early campaigns are found: logs that grow by hours, hunted run after run, and what was lost by then.

    python benchmarks/detection_time.py [--scenario mixed wave] [--seeds 201 202 203] [--every 1] [--write docs/results]

Fourteen days are simulated and cut into steps. Each step is hunted by a run that stands on the one before, so each line
is read once. A campaign counts as found at the end of the first run in which one called campaign holds half of its
accounts. Looking stops when all were found, or after --until days.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.console import Console

from stillhunt.config import Settings
from stillhunt.evaluate.intervals import Proportion
from stillhunt.evaluate.losses import Loss, lost_before_detection
from stillhunt.evaluate.measure import evaluate
from stillhunt.evaluate.result import Evaluation
from stillhunt.pipeline import hunt
from stillhunt.runs import Run
from stillhunt.simulate.simulator import Simulated, simulate

HOUR = 3_600_000_000
DAY = 24 * HOUR
AIM = 0.02
"""Share of what it takes in 14 days that a campaign may have taken when it is found."""

QUICK = 26.0
"""Requests per account and day from which the aim is stated."""

_told = Console(stderr=True)


@dataclass(frozen=True)
class Outcome:
    """One campaign of one simulated world."""

    scenario: str
    seed: int
    rate: float
    """Requests per account and day."""
    accounts: int
    loss: Loss
    ids: tuple[str, ...]
    """The ids under which it was found, one a run."""
    kept: Proportion
    """Of the runs after the first that found it, those that found it too."""

    @property
    def name(self) -> str:
        """How it is shown."""
        return f"{self.scenario}: {self.loss.campaign}, {self.rate:g} a day"


@dataclass(frozen=True)
class World:
    """What else was called in one world."""

    scenario: str
    seed: int
    runs: int
    false: dict[str, int]
    """Campaigns called most of whose requests are innocent, by kind of account: runs that called one."""


@dataclass(frozen=True)
class Followed:
    """The runs over one world, and how each compares with the truth."""

    runs: Sequence[Run]
    evaluations: Sequence[Evaluation]

    def ids(self, campaign: str) -> tuple[str, ...]:
        """Return the ids under which a true campaign was found, one a run."""
        results = (c for e in self.evaluations for c in e.by_campaign)
        return tuple(c.best for c in results if c.campaign == campaign and c.found and c.best)

    def kept(self, campaign: str) -> Proportion:
        """Return in how many of the runs after the first that found it a true campaign was found again."""
        found = [any(c.campaign == campaign and c.found for c in e.by_campaign) for e in self.evaluations]
        later = found[found.index(True) + 1 :] if any(found) else []
        return Proportion(sum(later), len(later))

    def false(self) -> dict[str, int]:
        """Return in how many runs a false campaign of each kind was called."""
        return dict(Counter(kind for e in self.evaluations for kind in {f.kind for f in e.false_campaigns}))


def cut(logs: Path, folder: Path, args: argparse.Namespace) -> Iterator[tuple[int, Path]]:
    """Write the logs anew, a file a step, and yield the hours up to the end of each step, and its file."""
    folder.mkdir(parents=True)
    day_files = sorted(logs.iterdir())
    start = pc.min(pq.read_table(day_files[0], columns=["ts"])["ts"]).as_py() // DAY * DAY
    ends = [h for h in range(args.every, int(args.until * 24) + 1, args.every) if h <= 24 or h % args.later == 0]
    calls = pq.read_table(day_files.pop(0))
    for end in ends:
        while day_files and pc.max(calls["ts"]).as_py() < start + end * HOUR:
            calls = pa.concat_tables([calls, pq.read_table(day_files.pop(0))])
        step = calls.filter(pc.less(calls["ts"], start + end * HOUR))
        calls = calls.filter(pc.greater_equal(calls["ts"], start + end * HOUR))
        pq.write_table(step, folder / f"{end:05d}.parquet")
        yield end, folder / f"{end:05d}.parquet"


def follow(made: Simulated, folder: Path, args: argparse.Namespace) -> Followed:
    """Hunt step by step until all campaigns are found."""
    runs, evaluations = [], []
    missing = {str(row["campaign"]) for row in campaigns_of(made)}
    for end, step in cut(made.logs, folder / "steps", args):
        run = hunt(
            [step], accounts=made.accounts_file, releases=made.releases_file, out=folder / f"run-{end:05d}",
            settings=Settings(threads=args.threads), after=runs[-1].path if runs else None,
        )  # fmt: skip
        runs.append(run)
        evaluations.append(evaluate(run, made.truth))
        found = sorted(c.campaign for c in evaluations[-1].by_campaign if c.found)
        _told.print(f"  {end} h: {len(run.campaigns)} called; found {', '.join(found) or 'none'}")
        missing -= set(found)
        if not missing:
            break
    return Followed(runs, evaluations)


def campaigns_of(made: Simulated) -> list[dict[str, object]]:
    """Return what the truth says of each campaign."""
    lines = (made.truth / "campaigns.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def measure(scenario: str, seed: int, args: argparse.Namespace) -> tuple[list[Outcome], World]:
    """Simulate one world and follow it."""
    folder = Path(args.work) / f"{scenario}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    made = simulate(
        folder / "traffic", accounts=args.accounts, days=args.days, seed=seed, corpus=args.corpus, scenario=scenario
    )
    _told.print(f"{scenario}, seed {seed}: {made.exchanges:,} exchanges of {made.accounts:,} accounts")
    followed = follow(made, folder, args)
    facts = {row["campaign"]: row for row in campaigns_of(made)}
    outcomes = [
        Outcome(scenario, seed, float(str(facts[loss.campaign]["rate"])), int(str(facts[loss.campaign]["accounts"])),
                loss, followed.ids(loss.campaign), followed.kept(loss.campaign))
        for loss in lost_before_detection(followed.runs, made.truth)
        if loss.began_ts is not None  # what begins after looking stopped tells nothing
    ]  # fmt: skip
    return outcomes, World(scenario, seed, len(followed.runs), followed.false())


def by_campaign(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """Put the seeds of each campaign together."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.name, []).append(outcome)
    return found


def span(values: Sequence[float], form: str, unit: str) -> str:
    """Return the median, and the range over seeds."""
    if not values:
        return "not found"
    return f"{median(values):{form}}{unit} ({min(values):{form}} to {max(values):{form}}{unit})"


def report(outcomes: Sequence[Outcome], worlds: Sequence[World], args: argparse.Namespace, taken_on: str) -> str:
    """Return the results in Markdown."""
    quick = [o for o in outcomes if o.rate >= QUICK]
    early, all_early = (Proportion(sum(is_early(o) for o in some), len(some)) for some in (quick, outcomes))
    text = "real prompts" if args.corpus else "the grammar"
    lines = [
        f"""# Time to detection

Simulated: {args.days} days of {args.accounts:,} accounts, text from {text}, seeds {", ".join(map(str, args.seeds))}.
The logs grow in steps of {args.every} h on the first day, then of {args.later} h; each run stands on the one before.
Looking stops after {args.until:g} days, or when all campaigns were found; what begins later is left out. A campaign is
found when one called campaign holds at least half of its accounts. Lost is what it had taken by then, of all that it
takes in {args.days} days.

Aim: found before {100 * AIM:g} % are lost, at {QUICK:g} or more requests per account and day. Reached by
{early.words()} of these campaigns, and by {all_early.words()} of all.

Hours and shares below: median over seeds, and their range. Hours count from a campaign's first request to the end of
the run that found it, so they are no finer than a step.

| campaign and its requests per account | accounts | found | hours until found | lost | under the aim |
|---|---:|---:|---:|---:|---:|""",
    ]
    for name, some in by_campaign(outcomes).items():
        found = [o for o in some if o.loss.hours is not None]
        lost = span([100 * (o.loss.lost.share or 0.0) for o in found], ".1f", " %")
        hours = span([o.loss.hours for o in found if o.loss.hours is not None], ".0f", "")
        under = Proportion(sum(is_early(o) for o in some), len(some)).words()
        lines.append(f"| {name} | {some[0].accounts} | {len(found)} of {len(some)} | {hours} | {lost} | {under} |")
    again = [o for o in outcomes if len(o.ids) > 1]
    one_id = Proportion(sum(len(set(o.ids)) == 1 for o in again), len(again))
    called = Counter(kind for w in worlds for kind in w.false)
    false = ", ".join(f"{kind} in {n} of {len(worlds)} worlds" for kind, n in sorted(called.items())) or "none"
    kept = Proportion(sum(o.kept.hits for o in outcomes), sum(o.kept.of for o in outcomes))
    lines.append(
        f"""
Once found, a campaign was found again in {kept.words()} of the later runs. Those found by more than one run bore one id
in all of them in {one_id.words()} of cases. False campaigns, in any of the {sum(w.runs for w in worlds)} runs: {false}.

Taken on: {taken_on}.

![Lost before detection](detection-time.svg)"""
    )
    return "\n".join(lines) + "\n"


def is_early(outcome: Outcome) -> bool:
    """Whether it was found before more than the aim was lost."""
    return outcome.loss.detected_by is not None and (outcome.loss.lost.share or 0.0) <= AIM


def chart(outcomes: Sequence[Outcome], path: Path) -> None:
    """Draw what was lost: a point a seed, the aim as a line, hollow where the campaign was not found in time."""
    rows = [
        {"campaign": o.name, "lost": max(100 * (o.loss.lost.share or 0.0), 0.05),
         "found": "found" if o.loss.detected_by else "not found: lost so far"}
        for o in outcomes
    ]  # fmt: skip
    base = alt.Chart({"values": rows})
    points = base.mark_point(size=70, opacity=0.9).encode(
        x=alt.X("lost:Q", title="lost before detection, % of 14 days' take (a point a seed)",
                scale=alt.Scale(type="log", domain=[0.05, 100], nice=False)),
        y=alt.Y("campaign:N", title=None, axis=alt.Axis(labelLimit=320)),
        shape=alt.Shape("found:N", title=None, scale=alt.Scale(range=["circle", "cross"])),
        color=alt.Color("found:N", title=None, scale=alt.Scale(range=["#1f6f8b", "#b5442e"])),
    )  # fmt: skip
    aim = alt.Chart({"values": [{"aim": 100 * AIM}]}).mark_rule(strokeDash=[4, 4]).encode(x="aim:Q")
    (points + aim).properties(width=420, title="Lost before detection; dashed: the aim").save(str(path))


def write(
    folder: Path, outcomes: Sequence[Outcome], worlds: Sequence[World], args: argparse.Namespace, taken_on: str
) -> None:
    """Write the results as Markdown, JSON and a picture."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "detection-time.md").write_text(report(outcomes, worlds, args, taken_on), encoding="utf-8")
    rows = [
        {"scenario": o.scenario, "seed": o.seed, "campaign": o.loss.campaign, "rate": o.rate, "accounts": o.accounts,
         "found": o.loss.detected_by is not None, "hours": o.loss.hours, "lost": o.loss.lost.to_dict(),
         "ids": sorted(set(o.ids)), "found_again": o.kept.to_dict()}
        for o in outcomes
    ]  # fmt: skip
    options = {k: v for k, v in vars(args).items() if k not in {"work", "write", "corpus"}}
    whole = {"machine": taken_on, "options": options, "worlds": [asdict(w) for w in worlds], "campaigns": rows}
    (folder / "detection-time.json").write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    chart(outcomes, folder / "detection-time.svg")


def main() -> int:
    """Measure all scenarios and seeds; write or print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--scenario", nargs="+", default=["mixed", "wave"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[201, 202, 203])
    parser.add_argument("--accounts", type=int, default=2400)
    parser.add_argument("--days", type=int, default=14, help="days simulated")
    parser.add_argument("--every", type=int, default=1, help="hours of a step on the first day")
    parser.add_argument("--later", type=int, default=24, help="hours of a step after that, a multiple of --every")
    parser.add_argument("--until", type=float, default=1.0, help="days after which looking stops")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--corpus", type=Path, help="folder of real prompts and traces")
    parser.add_argument("--work", type=Path, default=Path("out/detection-time"), help="folder for traffic and runs")
    parser.add_argument("--write", type=Path, help="folder to write detection-time.md, .json and .svg to")
    args = parser.parse_args()
    begun, outcomes, worlds = time.perf_counter(), [], []
    for scenario in args.scenario:
        for seed in args.seeds:
            some, world = measure(scenario, seed, args)
            outcomes += some
            worlds.append(world)
    taken_on = (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{time.perf_counter() - begun:.0f} s in all ({time.process_time():.0f} s of processor time)"
    )
    print(report(outcomes, worlds, args, taken_on))
    if args.write:
        write(args.write, outcomes, worlds, args, taken_on)
    return 0


if __name__ == "__main__":
    sys.exit(main())
