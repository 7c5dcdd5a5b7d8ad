"""Are the bits honest? On benign traffic alone, how many groups get more than b bits, also when looked at every hour.

    python benchmarks/honesty.py --corpus ../shared/data --seeds 20 --write docs/results

Under the null at most a share of 2^-b of groups may have more than b bits. Each seed makes two benign worlds with every
look-alike: a small one that is looked at every hour, where each group counts with the most bits that it ever had; and a
larger one that is hunted once, at its end, in which every innocent account and organisation called is counted by kind.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import altair as alt
import numpy as np
from machine import machine

from stillhunt.calibrate import Honesty, honesty
from stillhunt.config import Settings
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.evaluate.intervals import Proportion
from stillhunt.evaluate.measure import evaluate
from stillhunt.evaluate.result import Evaluation, KindAlarms
from stillhunt.evidence.assess import assess_groups
from stillhunt.evidence.lifetimes import Life, looks, seen_now
from stillhunt.evidence.reference import Reference
from stillhunt.pipeline import Clock, hunt, measure
from stillhunt.schema import GROUPS
from stillhunt.simulate.simulator import Simulated, simulate
from stillhunt.traffic import Traffic, read_traffic

HOUR = 3_600_000_000  # µs
MOST_BITS = 12


@dataclass(frozen=True)
class Seed:
    """What one seed showed.

    Attributes:
        peeked: Most bits that each group of the small world ever had, looked at every hour.
        looks: How often it was looked at.
        ended: Bits of each group of the larger world at its end.
        evaluation: The hunt of the larger world against its truth: whatever is called is false.
    """

    peeked: list[float]
    looks: int
    ended: list[float]
    evaluation: Evaluation


def one_seed(seed: int, corpus: Path | None, small: tuple[int, int], large: tuple[int, int]) -> Seed:
    """Make, look at and hunt the worlds of one seed; sizes are accounts and days."""
    with tempfile.TemporaryDirectory() as folder:
        peeked, count = _every_hour(_world(Path(folder, "small"), seed, corpus, small), Path(folder, "features"))
        world = _world(Path(folder, "large"), seed + 500, corpus, large)
        run = hunt(
            [world.logs],
            out=Path(folder, "run"),
            accounts=world.accounts_file,
            releases=world.releases_file,
            settings=Settings(threads=1),
        )
        return Seed(peeked, count, run.table(GROUPS)["bits"].to_pylist(), evaluate(run, world.truth))


def _world(folder: Path, seed: int, corpus: Path | None, size: tuple[int, int]) -> Simulated:
    return simulate(folder, accounts=size[0], days=size[1], seed=seed, corpus=corpus, scenario="benign")


def _every_hour(world: Simulated, features: Path) -> tuple[list[float], int]:
    features.mkdir()
    reference = Reference.load()
    with DuckDBEngine(Settings().memory, 1) as engine:
        traffic = Traffic([world.logs], world.accounts_file, world.releases_file)
        read_traffic(engine, traffic, features, b"a secret for one throw-away run", lambda _: None)
        span = engine.fetch("SELECT min(ts) AS first, max(ts) AS last FROM features").to_pylist()[0]
        cutoffs = [*range(span["first"] + HOUR, span["last"], HOUR), span["last"]]

        def look() -> list[Life]:
            measure(engine, Clock(None))
            tested = assess_groups(engine, reference, Settings().level)
            return seen_now(engine, {t.measures["g"]: {"bits": t.bits} for t in tested})

        return [life.most["bits"] for life in looks(engine, cutoffs, look)], len(cutoffs)


@dataclass(frozen=True)
class Report:
    """What all seeds showed together."""

    seeds: Sequence[int]
    found: Sequence[Seed]
    sizes: tuple[tuple[int, int], tuple[int, int]]
    text: str

    @property
    def curves(self) -> dict[str, tuple[Honesty, ...]]:
        """Share of groups above 1 to 12 bits, looked at every hour and once at the end."""
        return {
            "looked at every hour": honesty(np.array([b for s in self.found for b in s.peeked])),
            "hunted once, at the end": honesty(np.array([b for s in self.found for b in s.ended])),
        }

    @property
    def broken(self) -> list[str]:
        """Where the promise is not kept: the whole interval lies above 2^-b."""
        return [
            f"{name}: {row.share.words()} of groups above {row.bits} bits"
            for name, rows in self.curves.items()
            for row in rows
            if row.share.interval and row.share.interval[0] > 2.0**-row.bits
        ]

    def alarms(self) -> dict[str, tuple[Proportion, Proportion]]:
        """Innocent accounts and organisations called, by kind, over all seeds."""
        counts: dict[str, list[int]] = {}
        for seed in self.found:
            everyone = KindAlarms("all", seed.evaluation.false_alarms)
            for kind in (everyone, *seed.evaluation.by_kind):
                parts = counts.setdefault(kind.kind, [0, 0, 0, 0])
                accounts, organisations = kind.alarms.accounts, kind.alarms.organisations
                for i, n in enumerate((accounts.hits, accounts.of, organisations.hits, organisations.of)):
                    parts[i] += n
        return {kind: (Proportion(n[0], n[1]), Proportion(n[2], n[3])) for kind, n in sorted(counts.items())}

    def markdown(self) -> str:
        """Return the results in Markdown."""
        (small, days), (large, week) = self.sizes
        looks_made = sum(s.looks for s in self.found)
        lines = [
            "# Honesty",
            "",
            (
                f"{len(self.seeds)} seeds ({self.seeds[0]} to {self.seeds[-1]}), benign traffic with every look-alike; "
                f"text: {self.text}. Small worlds: {small:,} accounts, {days} days, looked at every hour, "
                f"{looks_made:,} looks. Larger worlds: {large:,} accounts, {week} days, hunted once. "
                f"{Reference.load().source}."
            ),
            "",
            ("Not kept: " + "; ".join(self.broken) + ".") if self.broken else "The promise is kept at every b.",
            "",
            "![Share of benign groups above b bits](honesty.svg)",
            "",
            "## Share of benign groups above b bits, with 95 % intervals",
            "",
            "| b | promised at most | " + " | ".join(self.curves) + " |",
            "|---:|---:|" + "---:|" * len(self.curves),
        ]
        for rows in zip(*self.curves.values(), strict=True):
            shares = " | ".join(row.share.words() for row in rows)
            lines.append(f"| {rows[0].bits} | {2.0 ** -rows[0].bits:.3%} | {shares} |")
        lines += ["", "## Innocent customers called, by kind", "", "| | accounts | organisations |", "|---|---:|---:|"]
        lines += [f"| {kind} | {a.words()} | {o.words()} |" for kind, (a, o) in self.alarms().items()]
        lines += ["", "Taken on: " + ", ".join(f"{name} {value}" for name, value in machine().items()) + "."]
        return "\n".join(lines) + "\n"

    def data(self) -> dict[str, object]:
        """Return the results as plain values."""
        return {
            "machine": machine(),
            "seeds": list(self.seeds),
            "broken": self.broken,
            "curves": {n: [{"bits": r.bits} | r.share.to_dict() for r in rows] for n, rows in self.curves.items()},
            "alarms": {
                kind: {"accounts": a.to_dict(), "organisations": o.to_dict()} for kind, (a, o) in self.alarms().items()
            },
        }

    def chart(self) -> alt.LayerChart:
        """Return the share of groups above b bits beside what is promised."""
        rows = [{"bits": r.bits, "of": n} | r.share.to_dict() for n, found in self.curves.items() for r in found]
        promised = [{"bits": b, "share": 2.0**-b} for b in range(1, MOST_BITS + 1)]
        scale = alt.Scale(type="log", domain=[1e-4, 1], clamp=True)
        shown = alt.Chart(alt.Data(values=[row for row in rows if row["hits"]]))
        spans = alt.Chart(alt.Data(values=rows)).mark_rule(opacity=0.4)
        color = alt.Color("of:N", title=None)
        line = alt.Chart(alt.Data(values=promised)).mark_line(strokeDash=[4, 3], color="#888")
        x, title = alt.X("bits:Q", title="bits b"), "share of benign groups above b bits (dashed: promised, 2^-b)"
        return alt.layer(
            line.encode(x, alt.Y("share:Q", title=title, scale=scale)),
            shown.mark_line(point=True).encode(x, alt.Y("share:Q", scale=scale), color),
            spans.encode(x, alt.Y("low:Q", scale=scale), alt.Y2("high:Q"), color),
        ).properties(width=480, height=300)


def main() -> int:
    """Run the seeds, print and write what they show, and return the exit code: 1 if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="folder of real prompts and traces; a grammar is used without it")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=100, help="apart from the seeds of the reference")
    parser.add_argument("--small", type=int, nargs=2, default=[600, 2], help="accounts and days, looked at hourly")
    parser.add_argument("--large", type=int, nargs=2, default=[3_000, 7], help="accounts and days, hunted once")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--write", type=Path, help="folder for honesty.md, .json and .svg")
    given = parser.parse_args()
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    sizes = (given.small[0], given.small[1]), (given.large[0], given.large[1])
    found: list[Seed] = []
    with ProcessPoolExecutor(given.jobs) as pool:
        waiting = [pool.submit(one_seed, seed, given.corpus, *sizes) for seed in seeds]
        for seed, future in zip(seeds, waiting, strict=True):
            found.append(future.result())
            worst = max(found[-1].peeked, default=0.0), max(found[-1].ended, default=0.0)
            called = found[-1].evaluation.false_alarms.accounts.hits
            print(f"seed {seed}: most bits {worst[0]:.1f} hourly, {worst[1]:.1f} at the end; {called} accounts called")
    report = Report(seeds, found, sizes, "real prompts and traces" if given.corpus else "the simulator's own grammar")
    print(report.markdown())
    if given.write:
        given.write.mkdir(parents=True, exist_ok=True)
        (given.write / "honesty.md").write_text(report.markdown(), encoding="utf-8")
        (given.write / "honesty.json").write_text(json.dumps(report.data(), indent=1) + "\n", encoding="utf-8")
        report.chart().save(given.write / "honesty.svg")
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
