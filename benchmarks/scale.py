"""How time and memory grow with the logs, beside the floor: one scan of the same text and its split into words.

    python benchmarks/scale.py [--exchanges 1600000] [--seed 1] [--work FOLDER] [--memory 2GB] [--growth] [--write DIR]

The world is the simulator's `provider`: 24 of 524 accounts are fraudulent, 30 days. `--exchanges 16000000` is the
disclosed size: 24,000 fraudulent accounts in three campaigns among 500,000 innocent ones. Every hunt is a process of
its own. Seconds of all processors together are told beside those on the clock: on a busy machine trust the former.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from largest_key import largest_keys
from machine import machine
from measured import Seconds, characters, floor, measured
from rich.console import Console
from scale_page import page, write_pages

from stillhunt.evaluate.measure import evaluate
from stillhunt.runs import Run

EXCHANGES_PER_ACCOUNT = 16_000_000 / 524_000
GROWTH = (100_000, 400_000, 1_600_000)
FIXED = 400_000
"""Exchanges of the worlds in which only the accounts grow."""
ACCOUNTS = (820, 3_275, 13_100)
"""The last as in the world of so many exchanges in GROWTH, which is not hunted twice."""
THREADS = 2
"""Of the floor: as many as the machine that the aim was set for has."""
_told = Console(stderr=True)


def world(exchanges: int, accounts: int, args: argparse.Namespace) -> dict[str, Any]:
    """Simulate, hunt, scan, evaluate; what was measured in this work folder before is not measured again."""
    folder = Path(args.work) / f"{exchanges}-{accounts}"
    kept = folder / "measured.json"
    if kept.exists():
        told: dict[str, Any] = json.loads(kept.read_bytes())
        return told
    simulated = _simulate(folder / "world", exchanges, accounts, args.seed)
    logs = sorted((folder / "world" / "logs").glob("*.parquet"))
    shutil.rmtree(folder / "run", ignore_errors=True)
    found = measured(folder / "world" / "logs", folder / "run", world=folder / "world", memory=args.memory)
    scan = min((floor(logs, THREADS) for _ in range(2)), key=lambda s: s.cpu)
    made = {
        "exchanges": found.counts["exchanges"], "accounts": found.counts["accounts"], "simulated": vars(simulated),
        "chars": round(characters(logs)), "floor": vars(scan), "hunt": found.to_dict(),
        "quality": _quality(folder / "run", folder / "world" / "truth"),
    }  # fmt: skip
    kept.write_text(json.dumps(made, indent=2), encoding="utf-8")
    _told.print(f"{made['exchanges']:,} exchanges: {found.total.wall:.0f} s, {found.total.cpu:.0f} s of processors, "
                f"{found.memory} GiB; floor {scan.wall} s, {scan.cpu} s", soft_wrap=True)  # fmt: skip
    return made


def _simulate(out: Path, exchanges: int, accounts: int, seed: int) -> Seconds:
    """Simulate in a process of its own, unless the world stands there from an earlier measurement."""
    took = out.with_name("simulated.json")
    if took.exists():
        return Seconds(json.loads(took.read_bytes()), 0.0)
    given = ["--scenario", "provider", "--exchanges", exchanges, "--accounts", accounts, "--days", 30, "--seed", seed]
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "stillhunt", "simulate", str(out), *map(str, given)], check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    seconds = round(time.perf_counter() - start, 2)
    took.write_text(json.dumps(seconds), encoding="utf-8")
    return Seconds(seconds, 0.0)


def _quality(run: Path, truth: Path) -> dict[str, str]:
    result = evaluate(Run.open(run), truth)
    named = {
        "campaigns found": result.campaigns.recall,
        "accounts, recall": result.accounts.recall, "accounts, precision": result.accounts.precision,
        "requests, recall": result.requests.recall, "requests, precision": result.requests.precision,
        "innocent accounts called": result.false_alarms.accounts,
    }  # fmt: skip
    return {name: measure.words() for name, measure in named.items()}


def one_day_more(exchanges: int, args: argparse.Namespace) -> dict[str, Any]:
    """Hunt all days of a world but the last, and then the last day on top of that."""
    whole = world(exchanges, _accounts(exchanges), args)
    folder = Path(args.work) / f"{exchanges}-{_accounts(exchanges)}"
    logs, kept = folder / "before", folder / "one-day-more.json"
    if not kept.exists():
        for name in ("before", "earlier", "later"):
            shutil.rmtree(folder / name, ignore_errors=True)
        logs.mkdir()
        for day in sorted((folder / "world" / "logs").glob("*.parquet"))[:-1]:
            (logs / day.name).symlink_to(day.absolute())
        measured(logs, folder / "earlier", world=folder / "world", memory=args.memory)
        later = measured(folder / "world" / "logs", folder / "later", world=folder / "world", after=folder / "earlier",
                         memory=args.memory)  # fmt: skip
        kept.write_text(json.dumps(later.to_dict()), encoding="utf-8")
    return {"exchanges": whole["exchanges"], "whole": whole["hunt"], "one day more": json.loads(kept.read_bytes())}


def _accounts(exchanges: int) -> int:
    return round(exchanges / EXCHANGES_PER_ACCOUNT)


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
    whole = world(args.exchanges, _accounts(args.exchanges), args)
    more = one_day_more(min(args.exchanges, GROWTH[-1]), args) if args.growth else None
    accounts = [world(FIXED, n, args) for n in ACCOUNTS] if args.growth else []
    keys = largest_keys() if args.growth else []
    found = {
        "world": whole, "one_day_more": more, "growth": [*growth, whole] if growth else [], "accounts": accounts,
        "largest_keys": [vars(k) for k in keys], "machine": machine(),
        "memory_setting": args.memory,
    }  # fmt: skip
    print(page(found))
    if args.write:
        (args.write / "scale.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        write_pages(args.write)


if __name__ == "__main__":
    main()
