"""The proof: traffic from real prompts and traces, hunted, and held against the truth, for several seeds.

    python benchmarks/proof.py --corpus DATA [--seeds 1 2 3] [--write docs/results]

Exits with 1 if a stated aim is missed: every campaign found, at least 95 % of the accounts of each, and no
look-alike called. Without --corpus the text comes from the simulator's own grammar, which proves less.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from machine import machine
from quality import MEASURES
from rich.console import Console

from stillhunt.evaluate.intervals import Proportion
from stillhunt.evaluate.measure import evaluate
from stillhunt.evaluate.result import Evaluation
from stillhunt.evaluate.show import render
from stillhunt.pipeline import hunt
from stillhunt.simulate.simulator import simulate

ACCOUNTS_AIM, PRECISION_AIM = 0.99, 0.999
TOO_MANY = 0.5
"""A look-alike counts as called when this share of the accounts of its kind is in campaigns."""

_told = Console(stderr=True)


@dataclass(frozen=True)
class Outcome:
    """One seed: what was made, what was found, and how long it took."""

    seed: int
    accounts: int
    exchanges: int
    evaluation: Evaluation
    seconds: dict[str, float]
    versions: dict[str, str]

    @property
    def missed(self) -> list[str]:
        """The aims that this seed misses, in words."""
        found = self.evaluation
        short = [
            f"{c.campaign}: {c.account_recall.words()} of its accounts"
            for c in found.by_campaign
            if (c.account_recall.share or 0) < ACCOUNTS_AIM
        ]
        lost = [f"{c.campaign} is not found" for c in found.by_campaign if not c.found]
        named = found.accounts.precision
        if (named.share or 0) < PRECISION_AIM:
            short.append(f"{named.words()} of the accounts named are fraudulent")
        false = [f"{f.campaign_id} is innocent ({f.kind})" for f in found.false_campaigns]
        kinds = [f"{kind} is called: {p.words()} of its accounts" for kind, p in called_kinds(found)]
        return [f"seed {self.seed}: {what}" for what in lost + short + false + kinds]


def called_kinds(found: Evaluation) -> list[tuple[str, Proportion]]:
    """Return the look-alikes that count as called."""
    alarms = [(k.kind, k.alarms.accounts) for k in found.by_kind]
    return [(kind, p) for kind, p in alarms if (p.share or 0) >= TOO_MANY]


def prove(seed: int, args: argparse.Namespace) -> Outcome:
    """Make the traffic of one seed, hunt it, evaluate the run; what stood in its folder is removed."""
    folder = Path(args.work) / f"seed-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    seconds: dict[str, float] = {}
    _told.print(f"seed {seed}: simulating")
    with timed(seconds, "simulate"):
        made = simulate(
            folder / "traffic",
            accounts=args.accounts,
            exchanges=args.exchanges,
            days=args.days,
            seed=seed,
            corpus=args.corpus,
            scenario=args.scenario,
        )
    _told.print(f"seed {seed}: hunting {made.exchanges:,} exchanges of {made.accounts:,} accounts")
    with timed(seconds, "hunt"):
        run = hunt([made.logs], accounts=made.accounts_file, releases=made.releases_file, out=folder / "run")
    seconds |= {f"of it, {step}": taken for step, taken in run.info["timings"].items()}
    with timed(seconds, "evaluate"):
        evaluation = evaluate(run, made.truth)
    return Outcome(seed, made.accounts, made.exchanges, evaluation, seconds, dict(run.info["versions"]))


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Keep under `name` how long the block took."""
    start = time.perf_counter()
    yield
    seconds[name] = round(time.perf_counter() - start, 1)


def pooled(outcomes: Sequence[Outcome], pick: Callable[[Evaluation], Proportion]) -> Proportion:
    """Add up one proportion over seeds."""
    parts = [pick(o.evaluation) for o in outcomes]
    return Proportion(sum(p.hits for p in parts), sum(p.of for p in parts))


def report(outcomes: Sequence[Outcome]) -> str:
    """Return the results in Markdown."""
    head = "| | " + " | ".join(f"seed {o.seed}" for o in outcomes) + " | all seeds |"
    rule = "|---|" + "---:|" * (len(outcomes) + 1)
    lines = ["## Quality, with 95 % intervals", "", head, rule]
    for name, pick in MEASURES:
        cells = [pick(o.evaluation).words() for o in outcomes]
        lines.append(f"| {name} | " + " | ".join([*cells, pooled(outcomes, pick).words()]) + " |")
    lines += ["", "## Campaigns", "", "| seed | campaign | found | accounts | requests | purity | pieces |"]
    lines.append("|---:|---|---|---:|---:|---:|---:|")
    lines += [
        f"| {o.seed} | {c.campaign} | {'yes' if c.found else 'no'} | {c.account_recall.words()} | "
        f"{c.request_recall.words()} | {c.purity.words()} | {len(c.pieces)} |"
        for o in outcomes
        for c in o.evaluation.by_campaign
    ]
    lines += ["", "## Innocent accounts called, by kind", "", head, rule]
    for kind in sorted({k.kind for o in outcomes for k in o.evaluation.by_kind}):
        by_seed = [
            next((k.alarms.accounts for k in o.evaluation.by_kind if k.kind == kind), Proportion(0, 0))
            for o in outcomes
        ]
        total = Proportion(sum(p.hits for p in by_seed), sum(p.of for p in by_seed))
        lines.append(f"| {kind} | " + " | ".join(p.words() for p in [*by_seed, total]) + " |")
    lines += [
        "",
        "## Operators",
        "",
        "| seed | operator | accounts in the best found | purity |",
        "|---:|---|---:|---:|",
    ]
    lines += [
        f"| {o.seed} | {p.operator} | {p.recall.words()} | {p.purity.words()} |"
        for o in outcomes
        for p in o.evaluation.operators
    ]
    lines += ["", "## Seconds", "", head.replace(" | all seeds", ""), "|---|" + "---:|" * len(outcomes)]
    lines += [
        f"| {step} | " + " | ".join(f"{o.seconds.get(step, 0):.1f}" for o in outcomes) + " |"
        for step in outcomes[0].seconds
    ]
    return "\n".join(lines) + "\n"


def write(folder: Path, outcomes: Sequence[Outcome], missed: Sequence[str], source: str) -> None:
    """Write `proof.md` and `proof.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = machine() | outcomes[0].versions
    said = "; ".join(missed) if missed else "All aims are met."
    intro = (
        f"# The proof\n\nText: {source}. {said}\n\n"
        + " ".join(f"Seed {o.seed}: {o.exchanges:,} exchanges of {o.accounts:,} accounts." for o in outcomes)
        + "\n\nTaken on: "
        + ", ".join(f"{name} {value}" for name, value in facts.items())
        + ".\n\n"
    )
    (folder / "proof.md").write_text(intro + report(outcomes), encoding="utf-8")
    data = {
        "machine": facts,
        "missed": list(missed),
        "seeds": [
            {"seed": o.seed, "accounts": o.accounts, "exchanges": o.exchanges, "seconds": o.seconds}
            | {"evaluation": o.evaluation.to_dict() | {"run": f"seed-{o.seed}"}}
            for o in outcomes
        ],
    }
    (folder / "proof.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Run the proof and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--corpus", type=Path, help="folder of real prompts and traces")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--write", type=Path, help="folder to write proof.md and proof.json to")
    parser.add_argument("--work", type=Path, default=Path("out/proof"), help="folder for traffic and runs")
    parser.add_argument("--scenario", default="proof")
    parser.add_argument("--accounts", type=int, help="accounts in all; the scenario's own number by default")
    parser.add_argument("--exchanges", type=int, help="exchanges in all, about")
    parser.add_argument("--days", type=int)
    args = parser.parse_args()
    outcomes = []
    for seed in args.seeds:
        outcomes.append(prove(seed, args))
        _told.print(render(outcomes[-1].evaluation))
    missed = [what for outcome in outcomes for what in outcome.missed]
    print(report(outcomes))
    for what in missed:
        print(f"MISSED {what}")
    if args.write:
        source = "real prompts and traces" if args.corpus else "the simulator's own grammar"
        write(args.write, outcomes, missed, source)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
