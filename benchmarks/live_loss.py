"""Exchanges lost before the alarm: a live watch against the daily hunt, over accounts that replaced banned ones.

    python benchmarks/live_loss.py [--levels 0 6 ...] [--seeds 21 ...] [--accounts 1500] [--days 8] [--level 3]
                                   [--write docs/results]

Each world is hunted on its first part, up to the day on which all of the operator's accounts are banned and fresh ones
go on. From then on it is watched in three ways: by a hunt at the end of each day, which stands on the one before; live,
by the watch list of the hunt before the ban; and live by a list that each day's hunt renews. What a fresh account
harvested up to its alarm is lost. Nothing is met or missed here: the command exits with 0 whatever comes of it.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.console import Console

from stillhunt.config import Settings
from stillhunt.live.scorer import Scorer
from stillhunt.pipeline import hunt
from stillhunt.runs import Run
from stillhunt.schema import MEMBERS
from stillhunt.simulate.clock import DAY, START
from stillhunt.simulate.regrowth import BANNED_AT
from stillhunt.simulate.simulator import Simulated, simulate
from stillhunt.stream.watch import Watch

WAYS = {"hunt": "daily hunt", "live": "live", "renewed": "live, list renewed daily"}
_told = Console(stderr=True)


@dataclass
class Way:
    """What one way of watching saw: the moment at which each account was first told of."""

    alarms: dict[str, int] = field(default_factory=dict)

    def tell(self, account: str, moment: int) -> None:
        """Take an alarm; only the first of an account counts."""
        self.alarms.setdefault(account, moment)


@dataclass
class Outcome:
    """What became of one world, by way of watching."""

    step: int
    seed: int
    fresh: int
    harvested: int
    lost: dict[str, int]
    told: dict[str, int]
    innocent_told: dict[str, int]


def measure(step: int, seed: int, args: argparse.Namespace) -> Outcome:
    """Simulate one world and watch it in all ways."""
    folder = Path(args.work) / f"{step}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    made = simulate(
        folder / "traffic", scenario=f"regrowth-{step}", accounts=args.accounts, days=args.days, seed=seed
    )  # fmt: skip
    banned = int(args.days * BANNED_AT)
    files = sorted(made.logs.glob("*.parquet"), key=lambda f: int(f.stem.rpartition("-")[2]))
    before, after = files[:banned], files[banned:]
    run = _hunted(before, made, folder / "run-before", None, START + banned * DAY)
    ways = {name: Way() for name in WAYS}
    live, renewed = _watch(run, args.level), _watch(run, args.level)
    for number, file in enumerate(after, start=banned + 1):
        for row in requests(file, made):
            for way, watch in (("live", live), ("renewed", renewed)):
                for alarm in watch.score(row):
                    if alarm.kind == "account":
                        ways[way].tell(alarm.account_id, row["ts"])
        run = _hunted([file], made, folder / f"run-{number}", run, START + number * DAY)
        for account in run.table(MEMBERS)["account_id"].to_pylist():
            ways["hunt"].tell(account, START + number * DAY)
            ways["renewed"].tell(account, START + number * DAY)
        courses, once = renewed.scorer.courses, renewed.once
        renewed = Watch(_scorer(run, courses=courses), level=args.level, once=once)
        _told.print(f"step {step}, seed {seed}, day {number}: {len(run.campaigns)} called")
    return _outcome(step, seed, made, after, ways)


def _scorer(run: Run, **options: Any) -> Scorer:
    """The world plays in the past, so its own clock decides whether a list has expired."""
    return Scorer.from_run(run, now=lambda: START, **options)


def _watch(run: Run, level: float) -> Watch:
    return Watch(_scorer(run), level=level)


def _hunted(files: Sequence[Path], made: Simulated, out: Path, after: Run | None, now: int) -> Run:
    """Hunt with what was known of accounts at a moment: nobody knows of a ban that is yet to come."""
    accounts = pq.read_table(made.accounts_file)
    accounts = accounts.filter(pc.less(accounts["created_at"], now))
    late = pc.greater_equal(pc.fill_null(accounts["suspended_at"], 2**62), now)
    place = accounts.schema.get_field_index("suspended_at")
    accounts = accounts.set_column(place, "suspended_at", pc.if_else(late, None, accounts["suspended_at"]))
    known = out.with_name(f"{out.name}-accounts.parquet")
    pq.write_table(accounts, known)
    return hunt(
        [*files], accounts=known, releases=made.releases_file, out=out, settings=Settings(threads=2),
        after=after.path if after else None,
    )  # fmt: skip


def requests(file: Path, made: Simulated) -> Iterator[dict[str, Any]]:
    """Yield what a gateway knows of each request, in order of time."""
    facts = {row["account_id"]: row for row in pq.read_table(made.accounts_file).to_pylist()}
    for row in pq.read_table(file).sort_by("ts").to_pylist():
        account = facts[row["account_id"]]
        yield {**row, "payment_id": account["payment_id"], "email_domain": account["email_domain"]}


def _outcome(step: int, seed: int, made: Simulated, after: Sequence[Path], ways: dict[str, Way]) -> Outcome:
    harvests = set(pq.read_table(made.truth / "exchanges.parquet")["exchange_id"].to_pylist())
    rows = [row for f in after for row in pq.read_table(f, columns=["exchange_id", "account_id", "ts"]).to_pylist()]
    taken = [(row["account_id"], row["ts"]) for row in rows if row["exchange_id"] in harvests]
    fresh = {account for account, _ in taken}
    with (made.truth / "accounts.jsonl").open(encoding="utf-8") as lines:
        guilty = {row["account_id"] for row in map(json.loads, lines) if row["operator"] is not None}
    here = {row["account_id"] for row in rows}
    return Outcome(
        step, seed, len(fresh), len(taken),
        lost={n: sum(ts <= way.alarms.get(a, 2**62) for a, ts in taken) for n, way in ways.items()},
        told={n: len(fresh & set(way.alarms)) for n, way in ways.items()},
        innocent_told={n: len((set(way.alarms) & here) - guilty) for n, way in ways.items()},
    )  # fmt: skip


def report(outcomes: Sequence[Outcome], args: argparse.Namespace, seconds: float) -> str:
    """Return the results in Markdown."""
    head = " | ".join(f"lost: {words} | accounts told" for words in WAYS.values())
    lines = [
        f"""# Lost before the alarm, live and by the daily hunt

Simulated: {args.accounts:,} accounts, {args.days} days, text from the grammar, seeds {", ".join(map(str, args.seeds))}.
All of an operator's accounts are banned on day {int(args.days * BANNED_AT)}, and fresh ones with cards and addresses of
their own go on. *Lost* is what the fresh accounts harvested up to and with the request of their alarm, or to the end if
there was none; the alarm of a daily hunt comes at the end of its day. Live alarms are told from {args.level:g} bits on:
in a world of this size few innocent accounts stand against a mark, and no account can show many more.

| evasion step | fresh accounts | harvested | {head} |
|---|---:|---:|{"---:|" * 2 * len(WAYS)}"""
    ]
    for step in sorted({o.step for o in outcomes}):
        some = [o for o in outcomes if o.step == step]
        fresh, harvested = sum(o.fresh for o in some), sum(o.harvested for o in some)
        cells = []
        for way in WAYS:
            lost = sum(o.lost[way] for o in some)
            cells += [f"{lost:,} ({100 * lost / max(harvested, 1):.0f} %)", f"{sum(o.told[way] for o in some)}"]
        lines.append(f"| {step} | {fresh} | {harvested:,} | {' | '.join(cells)} |")
    innocent = ", ".join(f"{words}: {sum(o.innocent_told[way] for o in outcomes)}" for way, words in WAYS.items())
    lines.append(
        f"""
Innocent accounts told of, over all worlds: {innocent}.

What an alarm saves depends on who acts on it and when; here it is taken as acted on at once. The simulator deals out
the fresh equipment, and a real operator may change more.

Taken on: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, {seconds:.0f} s in all."""
    )
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure all steps and seeds; write or print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--levels", type=int, nargs="+", default=[0, 4, 6, 7], help="steps of the evasion ladder")
    parser.add_argument("--seeds", type=int, nargs="+", default=[21])
    parser.add_argument("--accounts", type=int, default=1_500)
    parser.add_argument("--days", type=int, default=8)
    parser.add_argument("--level", type=float, default=3.0, help="bits from which on a live alarm is told")
    parser.add_argument("--work", type=Path, default=Path("out/live-loss"))
    parser.add_argument("--write", type=Path, help="folder to write live-loss.md and .json to")
    args = parser.parse_args()
    begun = time.perf_counter()
    outcomes = [measure(step, seed, args) for step in args.levels for seed in args.seeds]
    text = report(outcomes, args, time.perf_counter() - begun)
    print(text)
    if args.write:
        args.write.mkdir(parents=True, exist_ok=True)
        (args.write / "live-loss.md").write_text(text, encoding="utf-8")
        rows = [asdict(o) for o in outcomes]
        (args.write / "live-loss.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
