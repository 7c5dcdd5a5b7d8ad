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
from rivals.detectors import Columns, Detector, PooledTest, WindowTest, drawn
from rivals.query_sets import ATTACKERS, BENIGN, PAIRS, QuerySet, read_set
from rivals.window_tables import Cell, draw, report

SIZES = (100, 250, 500, 1_000, 1_500)
SHARES = (0.05, 0.10, 0.25, 0.50, 1.00)
ALLOWED = 0.01
"""False alarms allowed on benign windows."""
CALIBRATION = 200
EVALUATED = 50
REFERENCE = 3_000
FULL = 0.8
"""Of a pool, a window may take at most this share: windows that are nearly the same query set tell nothing new."""

_told = Console(stderr=True)


@dataclass(frozen=True)
class Parts:
    """A benign set in three parts without a query in common: before, to calibrate, and to test."""

    reference: QuerySet
    calibration: QuerySet
    tested: QuerySet

    @classmethod
    def of(cls, queries: QuerySet, rng: np.random.Generator) -> "Parts":
        """Part a set at random: 40 %, 30 %, 30 %."""
        order = rng.permutation(len(queries))
        one, two = int(0.4 * len(order)), int(0.7 * len(order))
        return cls(queries.take(order[:one][:REFERENCE]), queries.take(order[one:two]), queries.take(order[two:]))


def fits(size: int, queries: QuerySet) -> bool:
    """Whether windows of this size can be drawn."""
    return size <= FULL * len(queries)


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
    """Queries to draw windows from: the attacker's first, then benign ones."""

    setting: str
    attacker: str
    benign: str
    queries: QuerySet
    attack: int
    seed: int

    @classmethod
    def of(cls, setting: str, named: tuple[str, str], attack: QuerySet, benign: QuerySet, seed: int) -> "Trial":
        """Put the attacker's and the benign queries together."""
        return cls(setting, *named, QuerySet.joined([attack, benign]), len(attack), seed)

    def cells(self, name: str, detector: Detector, level: float, size: int) -> Iterator[Cell]:
        """Score benign and mixed windows with one detector at one threshold; the same windows for every detector."""
        rng = np.random.default_rng([self.seed, size])
        shares = [0.0, *(share for share in SHARES if share * size <= self.attack)]
        benign = len(self.queries) - self.attack
        windows = np.concatenate([mixed(rng, self.attack, benign, size, share) for share in shares], axis=1)
        scores = detector.scores(self.queries, windows).reshape(len(shares), EVALUATED)
        for share, own in zip(shares, scores, strict=True):
            hits = int((own > level).sum())
            yield Cell(self.setting, name, self.attacker, self.benign, size, share, hits, EVALUATED, self.seed)


def as_published(sets: Mapping[str, QuerySet], seed: int) -> Iterator[Cell]:
    """One benign source before and after; one attacker."""
    for attacker, benign in PAIRS:
        rng = np.random.default_rng(seed)
        parts = Parts.of(sets[benign], rng)
        attack = sets[attacker].take(rng.permutation(len(sets[attacker]))[: SIZES[-1]])
        trial = Trial.of("as published", (attacker, benign), attack, parts.tested, seed)
        tests = [
            WindowTest.of("window test", "vectors", parts.reference, rng),
            WindowTest.of("window test on the sketch", "sketch", parts.reference, rng),
        ]
        for size in SIZES:
            if not (fits(size, parts.calibration) and fits(size, parts.tested) and 2 * size <= len(parts.reference)):
                continue
            windows = drawn(rng, len(parts.calibration), size, CALIBRATION)
            before = [(parts.reference, drawn(rng, len(parts.reference), size, CALIBRATION))]
            pooled = PooledTest.of("pooled test", parts.reference, before)
            for test in (*tests, pooled):
                yield from trial.cells(test.name, test, threshold(test.scores(parts.calibration, windows)), size)
            level = tests[0].published_threshold(size, CALIBRATION, rng)
            yield from trial.cells("window test, its own threshold", tests[0], level, size)


def held_out(sets: Mapping[str, QuerySet], seed: int) -> Iterator[Cell]:
    """Benign windows of a source that no reference and no calibration saw; every window's attacker is one of all."""
    attackers = QuerySet.joined([sets[name].take(slice(None, 250)) for name in ATTACKERS])
    for benign in BENIGN:
        rng = np.random.default_rng(seed)
        parts = {name: Parts.of(sets[name], rng) for name in BENIGN}
        others = [parts[name] for name in BENIGN if name != benign]
        each = REFERENCE // len(others)
        reference = QuerySet.joined([part.reference.take(slice(None, each)) for part in others])
        tests = [
            WindowTest.of("window test", "vectors", reference, rng),
            WindowTest.of("window test on the sketch", "sketch", reference, rng),
        ]
        attack = attackers.take(rng.permutation(len(attackers))[: SIZES[-1]])
        trial = Trial.of("source held out", ("all", benign), attack, parts[benign].tested, seed)
        for size in SIZES:
            if not fits(size, parts[benign].tested):
                continue
            usable = [part for part in others if fits(size, part.calibration) and fits(size, part.reference)]
            number = CALIBRATION // len(usable)
            windows = [(p.calibration, drawn(rng, len(p.calibration), size, number)) for p in usable]
            before = [(p.reference, drawn(rng, len(p.reference), size, number)) for p in usable]
            pooled = PooledTest.of("pooled test", reference, before)
            for test in (*tests, pooled):
                level = threshold(np.concatenate([test.scores(queries, columns) for queries, columns in windows]))
                yield from trial.cells(test.name, test, level, size)


def read_sets(folder: Path) -> dict[str, QuerySet]:
    """Read every set once."""
    attackers = {name: read_set(folder, *where) for name, where in ATTACKERS.items()}
    return attackers | {name: read_set(folder, *where) for name, where in BENIGN.items()}


def cells_of(sets: Mapping[str, QuerySet], seeds: Sequence[int]) -> list[Cell]:
    """Run both settings for every seed."""
    cells: list[Cell] = []
    for seed in seeds:
        start = time.perf_counter()
        cells += [*as_published(sets, seed), *held_out(sets, seed)]
        _told.print(f"seed {seed}: {time.perf_counter() - start:.0f} s")
    return cells


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
    cells = cells_of(sets, args.seeds)
    said = report(cells, {name: len(queries) for name, queries in sets.items()})
    print(said)
    if args.write:
        args.write.mkdir(parents=True, exist_ok=True)
        (args.write / "window.md").write_text(said, encoding="utf-8")
        rows = ",\n ".join(json.dumps(cell.to_dict()) for cell in cells)
        (args.write / "window.json").write_text(f"[{rows}]\n", encoding="utf-8")
        draw(cells, args.write / "window.svg")


if __name__ == "__main__":
    main()
