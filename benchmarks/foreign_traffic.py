"""Detection on traffic that the product's own simulator did not make: the worlds of `benchmarks/foreign`.

    python benchmarks/foreign_traffic.py --corpus DATA [--seeds 1 2 3] [--scenarios easy slow] [--write docs/results]

Each world is generated, hunted with the settings and the reference that ship, and held against its truth. There is no
aim to miss: the page says what was found and what was not. It is written anew after every world.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import quality
from foreign.generate import SCENARIOS, generate
from machine import machine

from stillhunt.evaluate.intervals import Proportion
from stillhunt.evaluate.measure import evaluate
from stillhunt.evaluate.result import Evaluation
from stillhunt.pipeline import hunt

# Not of organisations: some of these worlds do not record them.
MEASURES = tuple(one for one in quality.MEASURES if one[0] != "innocent organisations called")


@dataclass(frozen=True)
class World:
    """One world: what it holds, what was found in it, and how long that took."""

    scenario: str
    seed: int
    made: dict[str, Any]
    evaluation: Evaluation
    seconds: dict[str, float]
    versions: dict[str, str]

    @property
    def name(self) -> str:
        """The scenario with its seed."""
        return f"{self.scenario} {self.seed}"


def judge(scenario: str, seed: int, args: argparse.Namespace) -> World:
    """Make one world, hunt it and hold the run against the truth; its folder is removed unless it is to be kept."""
    folder = args.work / f"{scenario}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    began = time.perf_counter()
    made = generate(folder, args.corpus, scenario, seed=seed, accounts=args.accounts, days=args.days)
    generated = time.perf_counter()
    run = hunt(
        [folder / "logs"],
        accounts=folder / "accounts.parquet",
        releases=folder / "releases.jsonl",
        out=folder / "run",
    )
    hunted = time.perf_counter()
    evaluation = evaluate(run, folder / "truth")
    seconds = {"generate": round(generated - began, 1), "hunt": round(hunted - generated, 1)}
    versions = dict(run.info["versions"])
    if not args.keep:
        shutil.rmtree(folder)
    return World(scenario, seed, made, evaluation, seconds, versions)


def pooled(parts: Iterable[Proportion]) -> Proportion:
    """Add up one proportion over worlds."""
    known = list(parts)
    return Proportion(sum(p.hits for p in known), sum(p.of for p in known))


def markdown(worlds: Sequence[World]) -> str:
    """Return the page."""
    facts = machine() | worlds[0].versions
    sections = (_quality(worlds), _worlds(worlds), _campaigns(worlds), _kinds(worlds), _false(worlds))
    head = (
        "# Detection on traffic from another generator\n\n"
        "Worlds of `benchmarks/foreign`, which shares no code with the product: real prompts and traces from a corpus "
        "folder, identity assigned. They were hunted with the settings and the benign reference that ship. What each "
        "scenario holds stands in `benchmarks/foreign/scenarios.py`. Intervals take accounts and requests as "
        "independent; those of one campaign are not, so compare seeds before you trust a difference. Innocent groups "
        "of the reference come from this generator, too, under other seeds.\n\n"
        "Taken on: " + ", ".join(f"{name} {value}" for name, value in facts.items()) + ".\n\n"
    )
    return head + "\n\n".join(sections) + "\n"


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [" | ".join(map(str, row)) for row in rows]
    head = f"## {title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}"
    return "\n".join([head, *(f"| {line} |" for line in lines)])


def _quality(worlds: Sequence[World]) -> str:
    """Return the measures by scenario, pooled over seeds."""
    rows = []
    for scenario in dict.fromkeys(w.scenario for w in worlds):
        own = [w for w in worlds if w.scenario == scenario]
        rows.append([f"{scenario} ({len(own)})", *(pooled(m(w.evaluation) for w in own).words() for _, m in MEASURES)])
    rows.append([f"all ({len(worlds)})", *(pooled(m(w.evaluation) for w in worlds).words() for _, m in MEASURES)])
    return _table("Quality by scenario (worlds), with 95 % intervals", ["", *(name for name, _ in MEASURES)], rows)


def _worlds(worlds: Sequence[World]) -> str:
    columns = ("scenario and seed", "exchanges", "innocent accounts", "operators' accounts", "not recorded")
    names = ("exchanges", "innocent accounts", "accounts of operators")
    measures = [m for m in MEASURES if m[0] in {"campaigns found", "accounts, recall", "requests, recall"}]
    measures += [m for m in MEASURES if m[0].startswith("innocent")]
    rows = [
        [
            w.name,
            *(f"{w.made[name]:,}" for name in names),
            w.made["not recorded"],
            *(measure(w.evaluation).words() for _, measure in measures),
            f"{w.seconds['generate']:.0f} + {w.seconds['hunt']:.0f}",
        ]
        for w in worlds
    ]
    return _table("Worlds", [*columns, *(name for name, _ in measures), "seconds to generate + hunt"], rows)


def _campaigns(worlds: Sequence[World]) -> str:
    columns = ("world", "campaign", "found", "accounts", "requests", "purity", "pieces", "merged with")
    rows = [
        [
            w.name,
            c.campaign,
            "yes" if c.found else "no",
            c.account_recall.words(),
            c.request_recall.words(),
            c.purity.words() if c.pieces else "–",
            len(c.pieces),
            ", ".join(c.merged_with) or "–",
        ]
        for w in worlds
        for c in w.evaluation.by_campaign
    ]
    return _table("Campaigns", columns, rows)


def _kinds(worlds: Sequence[World]) -> str:
    rows = []
    kinds = [(k.kind, k.alarms) for w in worlds for k in w.evaluation.by_kind]
    for kind in sorted({name for name, _ in kinds}):
        own = [alarms for name, alarms in kinds if name == kind]
        rows.append(
            [
                kind,
                pooled(a.accounts for a in own).words(),
                pooled(a.organisations for a in own).words(),
                pooled(a.requests for a in own).words(),
            ]
        )
    return _table("Innocents called by kind, all worlds", ("", "accounts", "organisations", "requests held"), rows)


def _false(worlds: Sequence[World]) -> str:
    rows = [
        [w.name, f.campaign_id, f.innocent.words(), f.kind] for w in worlds for f in w.evaluation.false_campaigns
    ] or [["none", "–", "–", "–"]]
    columns = ("world", "called campaign", "requests that are innocent", "made most by")
    return _table("Called campaigns most of whose requests are innocent", columns, rows)


def write(folder: Path, worlds: Sequence[World]) -> None:
    """Write `foreign-traffic.md` and `foreign-traffic.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "foreign-traffic.md").write_text(markdown(worlds), encoding="utf-8")
    told = [
        {"scenario": w.scenario, "seed": w.seed, "made": w.made, "seconds": w.seconds}
        | {"evaluation": w.evaluation.to_dict() | {"run": f"{w.scenario}-{w.seed}"}}
        for w in worlds
    ]
    data = {"machine": machine() | worlds[0].versions, "worlds": told}
    (folder / "foreign-traffic.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Run every world that is asked for and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--corpus", type=Path, required=True, help="folder of real prompts and traces")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--scenarios", nargs="+", choices=SCENARIOS, default=list(SCENARIOS))
    parser.add_argument("--accounts", type=int, help="innocent accounts; drawn by the seed when left out")
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--work", type=Path, default=Path("out/foreign"), help="folder for worlds and runs")
    parser.add_argument("--keep", action="store_true", help="leave worlds and runs in the work folder")
    parser.add_argument("--write", type=Path, help="folder to write foreign-traffic.md and .json to")
    args = parser.parse_args()
    worlds: list[World] = []
    for seed in args.seeds:
        for scenario in args.scenarios:
            worlds.append(judge(scenario, seed, args))
            told = "; ".join(f"{name} {pick(worlds[-1].evaluation).words()}" for name, pick in MEASURES)
            print(f"{worlds[-1].name} ({worlds[-1].seconds}): {told}", file=sys.stderr, flush=True)
            ordered = sorted(worlds, key=lambda w: (SCENARIOS.index(w.scenario), w.seed))
            if args.write:
                write(args.write, ordered)
    print(markdown(ordered))
    return 0


if __name__ == "__main__":
    sys.exit(main())
