"""The published setting of the window test (arXiv:2606.05725), rebuilt from real query sets, beside the pooled test.

    python benchmarks/window.py --corpus DATA [--seeds 71 72 73] [--write docs/results]

Windows of 100 to 1,500 queries hold 5 to 100 % queries of an attacker. Both tests see the same windows and are allowed
the same false alarms on benign windows of the same size. Two settings: benign traffic of one source before and after,
as published; and benign traffic of a source that the calibration never saw.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rivals.detectors import Columns, Detector, PooledTest, WindowTest, contrasts, drawn, measured, parted
from rivals.query_sets import ATTACKERS, BENIGN, PAIRS, QuerySet, read_set
from rivals.window_tables import Cell, draw, report

SIZES = (100, 250, 500, 1_000, 1_500)
HELD_OUT_SIZES = (100, 500, 1_500)
SHARES = (0.05, 0.10, 0.25, 0.50, 1.00)
ALLOWED = 0.01
"""False alarms allowed on benign windows."""
CALIBRATION = 200
EVALUATED = 50
BEFORE = 0.6
"""Share of a benign set that stands for the traffic before: reference and calibration. The rest is tested."""
REFERENCE = 0.45
"""Share of that which is the reference."""
FULL = 0.8
"""Of a pool, a window may take at most this share."""
EACH = 400
"""Reference queries of each benign source where sources are held out."""

_told = Console(stderr=True)


@dataclass(frozen=True)
class Parts:
    """A benign set parted at random: what came before, the reference within it, and what is tested."""

    before: QuerySet
    reference: QuerySet
    tested: QuerySet

    @classmethod
    def of(cls, queries: QuerySet, rng: np.random.Generator) -> "Parts":
        """Part a set."""
        shuffled = queries.take(rng.permutation(len(queries)))
        end = int(BEFORE * len(queries))
        before = shuffled.take(slice(None, end))
        return cls(before, before.take(slice(None, int(REFERENCE * end))), shuffled.take(slice(end, None)))


def threshold(scores: NDArray[np.float64]) -> float:
    """Return the score that a window must pass so that at most ALLOWED of benign windows do (conformal)."""
    above = int(ALLOWED * (len(scores) + 1)) - 1
    return float(np.sort(scores)[::-1][max(above, 0)])


def mixed(rng: np.random.Generator, attack: int, benign: int, size: int, share: float) -> Columns:
    """Return windows over attack queries and benign ones, of which a share is the attacker's."""
    taken = round(share * size)
    return np.concatenate([drawn(rng, attack, taken, EVALUATED), drawn(rng, benign, size - taken, EVALUATED)])


@dataclass(frozen=True)
class Trial:
    """Queries to draw windows from, the attacker's first, and the reference that they are held against."""

    setting: str
    attacker: str
    benign: str
    queries: QuerySet
    attack: int
    reference: QuerySet
    seed: int

    def cells(self, size: int, decisions: Mapping[str, tuple[Detector, float]]) -> Iterator[Cell]:
        """Draw benign and mixed windows of one size; every test decides on the same ones."""
        rng = np.random.default_rng([self.seed, size])
        shares = [0.0, *(share for share in SHARES if share * size <= self.attack)]
        benign = len(self.queries) - self.attack
        windows = np.concatenate([mixed(rng, self.attack, benign, size, share) for share in shares], axis=1)
        for name, (detector, level) in decisions.items():
            scores = detector.against(self.queries, windows, self.reference).reshape(len(shares), EVALUATED)
            for share, own in zip(shares, scores, strict=True):
                hits = int((own > level).sum())
                yield Cell(self.setting, name, self.attacker, self.benign, size, share, hits, EVALUATED, self.seed)


def as_published(sets: Mapping[str, QuerySet], seed: int) -> Iterator[Cell]:
    """One benign source before and after; one attacker.

    A calibration window gets a reference of its own, drawn anew and disjoint, so that it is to it what a tested window
    is to the reference used: else large windows, which share most of their queries, would look too much alike.
    """
    for attacker, benign in PAIRS:
        rng = np.random.default_rng(seed)
        parts = Parts.of(sets[benign], rng)
        attack = sets[attacker].take(rng.permutation(len(sets[attacker]))[: SIZES[-1]])
        queries = QuerySet.joined([attack, parts.tested])
        trial = Trial("as published", attacker, benign, queries, len(attack), parts.reference, seed)
        tests = {
            "window test": WindowTest.of("vectors", parts.reference, rng),
            "window test on the sketch": WindowTest.of("sketch", parts.reference, rng),
        }
        before = parts.before
        for size in SIZES:
            if size > FULL * len(parts.tested) or 2 * size > len(before):
                continue
            sizes = (size, len(parts.reference))
            first, second = (parted(rng, len(before), sizes, CALIBRATION) for _ in range(2))
            benign_windows = contrasts(*(measured(before, columns) for columns in first))
            tests_now: dict[str, Detector] = {**tests, "pooled test": PooledTest.of([benign_windows])}
            decisions = {name: (test, threshold(test.resplit(before, *second))) for name, test in tests_now.items()}
            window_test = tests["window test"]
            halves = parted(rng, len(before), (size, size), CALIBRATION)
            published = float(np.percentile(window_test.resplit(before, *halves), 95))
            decisions["window test, its own threshold"] = window_test, published
            yield from trial.cells(size, decisions)


def held_out(sets: Mapping[str, QuerySet], seed: int) -> Iterator[Cell]:
    """Benign windows of a source that no reference and no calibration saw; every window's attacker is one of all.

    A calibration window is of one other source, and is held against a reference without that source.
    """
    rng = np.random.default_rng(seed)
    parts = {name: Parts.of(sets[name], rng) for name in BENIGN}
    attack = QuerySet.joined([sets[name].take(slice(None, EACH)) for name in ATTACKERS])
    attack = attack.take(rng.permutation(len(attack))[: SIZES[-1]])
    everything = _without(parts, ())
    tests = {
        "window test": WindowTest.of("vectors", everything, rng),
        "window test on the sketch": WindowTest.of("sketch", everything, rng),
    }
    for benign in BENIGN:
        queries = QuerySet.joined([attack, parts[benign].tested])
        reference = _without(parts, (benign,))
        trial = Trial("source held out", "all", benign, queries, len(attack), reference, seed)
        others = [(parts[name].tested, _without(parts, (benign, name))) for name in BENIGN if name != benign]
        for size in HELD_OUT_SIZES:
            if size > FULL * min(len(part.tested) for part in parts.values()):
                continue
            number = CALIBRATION // len(others)
            first, second = ([drawn(rng, len(q), size, number) for q, _ in others] for _ in range(2))
            seen = [
                contrasts(measured(q, columns), measured(other, np.ones((len(other), 1), np.float32)))
                for (q, other), columns in zip(others, first, strict=True)
            ]
            tests_now: dict[str, Detector] = {**tests, "pooled test": PooledTest.of(seen)}
            decisions = {}
            for name, test in tests_now.items():
                scores = [test.against(q, columns, other) for (q, other), columns in zip(others, second, strict=True)]
                decisions[name] = test, threshold(np.concatenate(scores))
            yield from trial.cells(size, decisions)
        for test in tests.values():
            test.forget(queries)


def _without(parts: Mapping[str, Parts], left_out: tuple[str, ...]) -> QuerySet:
    """Reference queries of all sources but these."""
    return QuerySet.joined([p.reference.take(slice(None, EACH)) for name, p in parts.items() if name not in left_out])


def read_sets(folder: Path) -> dict[str, QuerySet]:
    """Read every set once."""
    attackers = {name: read_set(folder, *where) for name, where in ATTACKERS.items()}
    return attackers | {name: read_set(folder, *where) for name, where in BENIGN.items()}


def cells_of(sets: Mapping[str, QuerySet], seeds: Sequence[int]) -> Iterator[list[Cell]]:
    """Run both settings for every seed; what is known so far is given after each."""
    cells: list[Cell] = []
    for seed in seeds:
        start = time.perf_counter()
        cells += as_published(sets, seed)
        _told.print(f"seed {seed}, as published: {time.perf_counter() - start:.0f} s")
        cells += held_out(sets, seed)
        _told.print(f"seed {seed}, sources held out too: {time.perf_counter() - start:.0f} s")
        yield cells


def main() -> None:
    """Run both settings and write `window.md`, `window.json` and `window.svg`."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--corpus", type=Path, required=True, help="folder of real prompts")
    parser.add_argument("--seeds", type=int, nargs="+", default=[71, 72, 73])
    parser.add_argument("--write", type=Path, help="folder for window.md, window.json and window.svg")
    args = parser.parse_args()
    start = time.perf_counter()
    sets = read_sets(args.corpus)
    _told.print(f"{sum(map(len, sets.values())):,} queries read in {time.perf_counter() - start:.0f} s")
    said = ""
    for cells in cells_of(sets, args.seeds):
        said = report(cells, {name: len(queries) for name, queries in sets.items()})
        if args.write:  # after each seed, so that a run cut short leaves what it has
            args.write.mkdir(parents=True, exist_ok=True)
            (args.write / "window.md").write_text(said, encoding="utf-8")
            rows = ",\n ".join(json.dumps(cell.to_dict()) for cell in cells)
            (args.write / "window.json").write_text(f"[{rows}]\n", encoding="utf-8")
            draw(cells, args.write / "window.svg")
    print(said)


if __name__ == "__main__":
    main()
