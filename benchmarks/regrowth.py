"""Regrowth: an operator loses every account at once and goes on with fresh ones; what passes before each is limited?

    python benchmarks/regrowth.py [--seeds 1] [--levels 0 4 8] [--accounts 1500] [--days 8] [--write docs/results]

Each world is hunted on its first half. Its watch list then scores the second half, request by request in order of time,
in which all of the operator's accounts are fresh. A head is limited at its first request that the policy slows or
blocks. Nothing is met or missed here: the command exits with 0 whatever comes of it.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from machine import machine

from stillhunt.config import load_secret
from stillhunt.live.policy import Policy, Rule
from stillhunt.live.scorer import Scorer
from stillhunt.live.verdict import Action
from stillhunt.pipeline import hunt
from stillhunt.simulate.clock import DAY, START
from stillhunt.simulate.ladder import STEPS
from stillhunt.simulate.regrowth import BANNED_AT
from stillhunt.simulate.simulator import simulate

LEVELS = (0, 2, 4, 6, 7, 8, 10, 11, 12, 13)
POLICY = Policy(
    name="regrowth",
    appeal="the provider's support",
    rules=(
        Rule(Action.slow, bits=2.0, expires=43_200, request=0.5),
        Rule(Action.block_request, bits=3.0, expires=604_800, request=0.9),
    ),
    harm_budget=1e6,
    permitted=True,
    simulated=False,
)
"""Few innocent accounts stand in a world of this size, so no account can show more than about five bits."""


@dataclass
class Head:
    """A fresh account of the operator."""

    harvested: int = 0
    passed: int = 0
    before: int | None = None
    """Harvesting requests before it was first limited; None if it never was."""


@dataclass
class Outcome:
    """What became of one world."""

    level: int
    seed: int
    called: int = 0
    known: int = 0
    heads: dict[str, Head] = field(default_factory=lambda: defaultdict(Head))
    requests: int = 0
    innocent: int = 0
    innocent_touched: int = 0
    innocent_bits: dict[str, float] = field(default_factory=dict)


def live(level: int, seed: int, accounts: int, days: int, folder: Path) -> Outcome:
    """Simulate, hunt the first half, and score the second."""
    made = simulate(folder / "traffic", scenario=f"regrowth-{level}", accounts=accounts, days=days, seed=seed)
    split = START + int(days * BANNED_AT) * DAY
    before = [f for f in sorted(made.logs.glob("*.parquet")) if int(f.stem.rpartition("-")[2]) < int(days * BANNED_AT)]
    known = _as_known(pq.read_table(made.accounts_file), split)
    pq.write_table(known, folder / "accounts.parquet")
    run = hunt(before, accounts=folder / "accounts.parquet", releases=made.releases_file, out=folder / "run")
    truth = set(pq.read_table(made.truth / "exchanges.parquet")["exchange_id"].to_pylist())
    with (made.truth / "accounts.jsonl").open(encoding="utf-8") as lines:
        guilty = {row["account_id"] for row in map(json.loads, lines) if row["operator"] is not None}
    outcome = Outcome(level, seed, called=len(run.campaigns))
    # The world plays in the past; its own clock decides whether the list has expired.
    scorer = Scorer.from_run(run, secret=load_secret(), policy=POLICY, now=lambda: split)
    facts = {row["account_id"]: row for row in pq.read_table(made.accounts_file).to_pylist()}
    after = [f for f in sorted(made.logs.glob("*.parquet")) if f not in before]
    for row in _requests(after, facts):
        _count(outcome, row, scorer, row["exchange_id"] in truth, row["account_id"] in guilty)
    return outcome


def _count(outcome: Outcome, row: dict[str, Any], scorer: Scorer, harvests: bool, guilty: bool) -> None:
    verdict = scorer.score(row)
    outcome.requests += 1
    limited = verdict.action > Action.watch
    if not harvests:
        outcome.innocent += 1
        outcome.innocent_touched += limited
        if not guilty and not verdict.member:
            most = outcome.innocent_bits.get(row["account_id"], -np.inf)
            outcome.innocent_bits[row["account_id"]] = max(most, verdict.bits)
        return
    outcome.known += verdict.member
    head = outcome.heads[row["account_id"]]
    if limited and head.before is None:
        head.before = head.harvested
    head.harvested += 1
    head.passed += not limited


def _as_known(accounts: pa.Table, split: int) -> pa.Table:
    """What the accounts file said at the split: nobody who came later, no ban that came later."""
    known = accounts.filter(pc.less(accounts["created_at"], split - DAY // 4))
    later = pc.greater_equal(known["suspended_at"], split)
    place = known.schema.get_field_index("suspended_at")
    return known.set_column(
        place, "suspended_at", pc.if_else(pc.fill_null(later, True), pa.scalar(None, pa.int64()), known["suspended_at"])
    )


def _requests(files: Sequence[Path], facts: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for file in files:
        for row in pq.read_table(file).to_pylist():
            row["headers"] = dict(row["headers"]) if row["headers"] else None
            for unknown_yet in ("response", "reasoning_out", "output_tokens", "status", "stop_reason"):
                row.pop(unknown_yet)
            account = facts[row["account_id"]]
            yield {**row, "payment_id": account["payment_id"], "email_domain": account["email_domain"]}


def _row(level: int, outcomes: Sequence[Outcome]) -> str:
    heads = [head for o in outcomes for head in o.heads.values()]
    limited = [head.before for head in heads if head.before is not None]
    passed, all_of = sum(h.passed for h in heads), sum(h.harvested for h in heads)
    touched, innocent = sum(o.innocent_touched for o in outcomes), sum(o.innocent for o in outcomes)
    usual = f"{statistics.median(limited):.0f} (up to {max(limited)})" if limited else "–"
    return (
        f"| {level} {STEPS[level].says} | {sum(o.called > 0 for o in outcomes)} of {len(outcomes)} | {len(heads)} "
        f"| {len(limited) / max(len(heads), 1):.1%} | {usual} | {passed / max(all_of, 1):.1%} "
        f"| {touched / max(innocent, 1) * 1e6:,.0f} |"
    )


def _honesty(outcomes: Sequence[Outcome]) -> list[str]:
    bits = np.array([b for o in outcomes for b in o.innocent_bits.values()])
    rows = [f"| {b} | {int((bits >= b).sum()):,} | {(bits >= b).mean():.3%} | {2.0**-b:.3%} |" for b in range(1, 7)]
    return [
        f"{len(bits):,} innocent accounts were scored. How many ever showed so many bits:\n",
        "| bits | accounts | share | promised at most |",
        "|---:|---:|---:|---:|",
        *rows,
    ]


def page(outcomes: Sequence[Outcome], arguments: argparse.Namespace, seconds: float) -> str:
    """Return the page of results."""
    levels = sorted({o.level for o in outcomes})
    told = machine()
    seeds = ", ".join(map(str, arguments.seeds))
    made = (
        f"Simulated: {arguments.accounts:,} accounts, {arguments.days} days, text from the grammar, seed(s) {seeds}. "
        "Each world is hunted on its first half; then every account of the operator is banned, and fresh ones go on "
        "with cards and addresses of their own. The watch list of that hunt scores the second half as it comes. The "
        "policy slows an account from 2 bits on if the request is likelier the campaign's than not, and blocks a "
        "request from 3 bits on if it is the campaign's with nine chances in ten."
    )
    columns = (
        "*Passed before*: harvesting requests of a head before it was first limited, median over the heads that were. "
        "*Passed in all*: of all harvesting requests of fresh heads. *Harm*: innocent requests slowed or blocked, per "
        "million."
    )
    known = (
        "Where the hunt called nothing there is no watch list, and everything passes. The simulator deals out the "
        "fresh equipment; a real operator may change more."
    )
    taken = f"Taken on: {told['system']}, {told['cores']} cores, {seconds:.0f} s in all."
    lines = [
        "# Regrowth\n",
        f"{made}\n",
        f"{columns}\n",
        "| evasion step | hunt called it | heads | limited | passed before | passed in all | harm |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(_row(level, [o for o in outcomes if o.level == level]) for level in levels),
        "",
        *_honesty(outcomes),
        "",
        f"{known}\n",
        taken,
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run the worlds and print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--levels", type=int, nargs="+", default=list(LEVELS))
    parser.add_argument("--accounts", type=int, default=1500)
    parser.add_argument("--days", type=int, default=8)
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    start, outcomes = time.perf_counter(), []
    for level in arguments.levels:
        for seed in arguments.seeds:
            folder = Path(tempfile.mkdtemp(prefix="stillhunt-regrowth-"))
            try:
                outcomes.append(live(level, seed, arguments.accounts, arguments.days, folder))
            finally:
                shutil.rmtree(folder)
            print(_row(level, outcomes[-1:]), file=sys.stderr, flush=True)
    text = page(outcomes, arguments, time.perf_counter() - start)
    if arguments.write:
        (arguments.write / "regrowth.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
