"""How time and memory grow with the logs, beside the floor: one scan of the same text and its split into words.

    python benchmarks/scale.py [--exchanges 1600000] [--seed 1] [--work FOLDER] [--memory 2GB] [--growth] [--write DIR]

The world is the simulator's `provider`: 24 of 524 accounts are fraudulent, 30 days. `--exchanges 16000000` is the
disclosed size: 24,000 fraudulent accounts in three campaigns among 500,000 innocent ones. Every hunt is a process of its
own. Seconds of all processors together are told beside those on the clock: on a busy machine trust the former.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert
from largest_key import LargestKey, largest_keys
from machine import machine
from measured import Hunt, Seconds, characters, floor, measured
from rich.console import Console

from stillhunt.evaluate.measure import evaluate
from stillhunt.runs import Run

EXCHANGES_PER_ACCOUNT = 16_000_000 / 524_000
GROWTH = (100_000, 400_000, 1_600_000)
FIXED = 400_000
"""Exchanges of the worlds in which only the accounts grow."""
ACCOUNTS = (820, 3_275, 13_100)
THREADS = 2
"""Of the floor: as many as the machine that the aim was set for has."""
_told = Console(stderr=True)


@dataclass(frozen=True)
class World:
    """A world that was hunted."""

    exchanges: int
    accounts: int
    simulated: Seconds
    chars: float
    floor: Seconds
    hunt: Hunt
    quality: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {**vars(self), "simulated": vars(self.simulated), "floor": vars(self.floor), "hunt": self.hunt.to_dict()}


def world(exchanges: int, accounts: int, args: argparse.Namespace) -> World:
    """Simulate, hunt, scan, evaluate."""
    folder = Path(args.work) / f"{exchanges}-{accounts}"
    simulated = _simulate(folder / "world", exchanges, accounts, args.seed)
    logs = sorted((folder / "world" / "logs").glob("*.parquet"))
    shutil.rmtree(folder / "run", ignore_errors=True)
    found = measured(folder / "world" / "logs", folder / "run", world=folder / "world", memory=args.memory)
    scan = min((floor(logs, THREADS) for _ in range(2)), key=lambda s: s.cpu)
    made = World(found.counts["exchanges"], found.counts["accounts"], simulated, round(characters(logs)), scan, found,
                 _quality(folder / "run", folder / "world" / "truth"))  # fmt: skip
    _told.print(f"{made.exchanges:,} exchanges: {found.total.wall:.0f} s, {found.total.cpu:.0f} s of processors, "
                f"{found.memory} GiB; floor {scan.wall} s, {scan.cpu} s", soft_wrap=True)  # fmt: skip
    return made


def _simulate(out: Path, exchanges: int, accounts: int, seed: int) -> Seconds:
    """Simulate in a process of its own, unless the world stands there from an earlier measurement."""
    if (out / "truth" / "exchanges.parquet").exists():
        return Seconds(0.0, 0.0)
    given = ["--scenario", "provider", "--exchanges", exchanges, "--accounts", accounts, "--days", 30, "--seed", seed]
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "stillhunt", "simulate", str(out), *map(str, given)], check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    return Seconds(round(time.perf_counter() - start, 2), 0.0)


def _quality(run: Path, truth: Path) -> dict[str, str]:
    result = evaluate(Run.open(run), truth)
    named = {
        "campaigns found": result.campaigns.recall, "campaigns called that are none": None,
        "accounts, recall": result.accounts.recall, "accounts, precision": result.accounts.precision,
        "requests, recall": result.requests.recall, "requests, precision": result.requests.precision,
        "innocent accounts called": result.false_alarms.accounts,
    }  # fmt: skip
    return {name: measure.words() for name, measure in named.items() if measure is not None}


def one_day_more(whole: World, args: argparse.Namespace) -> dict[str, Any]:
    """Hunt all days but the last, and then the last day on top of that."""
    folder = Path(args.work) / f"{args.exchanges}-{_accounts(args.exchanges)}"
    logs = folder / "before"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir()
    days = sorted((folder / "world" / "logs").glob("*.parquet"))
    for day in days[:-1]:
        (logs / day.name).symlink_to(day)
    for name in ("earlier", "later"):
        shutil.rmtree(folder / name, ignore_errors=True)
    measured(logs, folder / "earlier", world=folder / "world", memory=args.memory)
    later = measured(folder / "world" / "logs", folder / "later", world=folder / "world", after=folder / "earlier",
                     memory=args.memory)  # fmt: skip
    return {"whole": whole.hunt.to_dict(), "one day more": later.to_dict()}


def _accounts(exchanges: int) -> int:
    return round(exchanges / EXCHANGES_PER_ACCOUNT)


def page(main: World, more: dict[str, Any] | None, growth: list[World], accounts: list[World],
         keys: list[LargestKey], memory: str) -> str:  # fmt: skip
    """Return the results in Markdown."""
    hunt, scan = main.hunt, main.floor
    lines = [
        "# Time and memory at size", "",
        "`make scale` makes this page anew; EXCHANGES=16000000 is the disclosed size. "
        "Seconds of all processors together stand beside those on the clock: the machine had other work, so the former "
        "are what to compare.", "",
        f"{main.exchanges:,} exchanges of {main.accounts:,} accounts over 30 days, {main.chars:.0f} characters of text "
        f"each on average, from `stillhunt simulate --scenario provider` ({main.simulated.wall:.0f} s).", "",
        "| | on the clock, s | processors, s | of the floor |", "|---|---:|---:|---:|",
        f"| floor: DuckDB scans the text once and splits it into words | {scan.wall} | {scan.cpu} | 1 |",
        *(f"| {name} | {s.wall:.1f} | {s.cpu:.1f} | {s.cpu / scan.cpu:.1f} |" for name, s in hunt.steps.items()),
        f"| **hunt, all of it** | {hunt.total.wall:.1f} | {hunt.total.cpu:.1f} | {hunt.total.cpu / scan.cpu:.1f} |", "",
        f"The most memory that all its processes held at one time: {hunt.memory} GiB (engine limit {memory}).", "",
        "What it found: " + "; ".join(f"{name} {said}" for name, said in main.quality.items()) + ".", "",
    ]  # fmt: skip
    if more:
        whole, later = more["whole"]["total"], more["one day more"]["total"]
        steps = more["one day more"]["steps"]
        lines += [
            "## One day more", "",
            f"A hunt of the last of 30 days, standing on the run of the 29 before: {later['cpu']:.1f} s of processors, "
            f"where the hunt of all 30 takes {whole['cpu']:.1f} s. Reading, with what is known of its day's text, is "
            f"{steps['read']['cpu']:.1f} s of that; the rest looks at all days, as it must.", "",
        ]  # fmt: skip
    lines += _growth_lines("## Growth with exchanges and accounts together", growth)
    lines += _growth_lines(f"## Growth with accounts at {FIXED:,} exchanges", accounts)
    if growth:
        lines += ["![Time and memory against exchanges](scale.svg)", ""]
    if keys:
        lines += [
            "## The largest single key", "",
            "The same calls with one key for all and with a key for every ten accounts, from features to measured "
            "groups.", "", "| | one key, processors, s | many keys, processors, s |", "|---|---:|---:|",
            *(f"| {k.says} | {k.one:.1f} | {k.many:.1f} |" for k in keys), "",
        ]  # fmt: skip
    lines += ["## Machine", "", *(f"- {name}: {said}" for name, said in machine().items() if "peak" not in name), ""]
    return "\n".join(lines)


def _growth_lines(title: str, worlds: list[World]) -> list[str]:
    if not worlds:
        return []
    head = "| exchanges | accounts | on the clock, s | processors, s | µs an exchange | of the floor | memory, GiB |"
    rows = [
        f"| {w.exchanges:,} | {w.accounts:,} | {w.hunt.total.wall:.0f} | {w.hunt.total.cpu:.0f} | "
        f"{1e6 * w.hunt.total.cpu / w.exchanges:.0f} | {w.hunt.total.cpu / w.floor.cpu:.0f} | {w.hunt.memory} |"
        for w in worlds
    ]
    return [title, "", head, "|---:|---:|---:|---:|---:|---:|---:|", *rows, ""]


def draw(growth: list[World], path: Path) -> None:
    """Draw seconds of each step, and memory, against exchanges, both on logarithmic scales."""
    points = [
        {"exchanges": w.exchanges, "step": name, "seconds": s.cpu}
        for w in growth
        for name, s in [*w.hunt.steps.items(), ("all", w.hunt.total), ("floor", w.floor)]
    ]
    held = [{"exchanges": w.exchanges, "memory": w.hunt.memory} for w in growth]
    x = alt.X("exchanges:Q", scale=alt.Scale(type="log"), title="exchanges", axis=alt.Axis(format="~s"))
    seconds = alt.Chart(alt.Data(values=points)).mark_line(point=True).encode(
        x=x, y=alt.Y("seconds:Q", scale=alt.Scale(type="log"), title="seconds of all processors"), color="step:N"
    )  # fmt: skip
    memory = alt.Chart(alt.Data(values=held)).mark_line(point=True).encode(
        x=x, y=alt.Y("memory:Q", title="memory, GiB", scale=alt.Scale(domainMin=0))
    )  # fmt: skip
    chart = alt.hconcat(seconds.properties(width=330, height=260), memory.properties(width=220, height=260))
    path.write_text(vl_convert.vegalite_to_svg(chart.to_dict()), encoding="utf-8")


def main() -> None:
    """Measure, print the page, and write it if asked."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--exchanges", type=int, default=1_600_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--work", default="out/scale")
    options.add_argument("--memory", default="2GB")
    options.add_argument("--growth", action="store_true", help="also smaller worlds, one day more, and single keys")
    options.add_argument("--write", type=Path)
    args = options.parse_args()
    growth = [world(n, _accounts(n), args) for n in GROWTH if n < args.exchanges] if args.growth else []
    main_world = world(args.exchanges, _accounts(args.exchanges), args)
    more = one_day_more(main_world, args) if args.growth else None
    accounts = [world(FIXED, n, args) for n in ACCOUNTS] if args.growth else []
    keys = largest_keys() if args.growth else []
    growth = [*growth, main_world] if growth else []
    text = page(main_world, more, growth, accounts, keys, args.memory)
    print(text)
    if args.write:
        (args.write / "scale.md").write_text(text, encoding="utf-8")
        found = {
            "world": main_world.to_dict(), "one_day_more": more, "growth": [w.to_dict() for w in growth],
            "accounts": [w.to_dict() for w in accounts], "largest_keys": [vars(k) for k in keys], "machine": machine(),
        }  # fmt: skip
        (args.write / "scale.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        if growth:
            draw(growth, args.write / "scale.svg")


if __name__ == "__main__":
    main()
