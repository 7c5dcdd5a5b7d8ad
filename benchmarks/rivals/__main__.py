"""Rivals on the same traffic in one run: one table, one picture.

    PYTHONPATH=benchmarks python -m rivals [--corpus DATA] [--seeds 41 42 43] [--scenarios proof mixed ...]
        [--write docs/results]

Every rival is measured with its own threshold and with the one that an oracle would choose: most guilty accounts found
while at most 1 % of the innocent are flagged, chosen with the truth of the same traffic. Stillhunt is not tuned.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from rivals import components, itself, outliers, per_account, synchrony, window_test
from rivals.answers import Rival, measure, tuned
from rivals.picture import draw
from rivals.tables import Row, machine, report
from rivals.world import Asked, World, benign_history, made

RIVALS: tuple[Rival, ...] = (
    *itself.RIVALS, *per_account.RIVALS, *window_test.RIVALS, *synchrony.RIVALS, *components.RIVALS, *outliers.RIVALS,
)  # fmt: skip
SCENARIOS = ("proof", "mixed", "careful", "relay", "wave")

_told = Console(stderr=True)


def compare(world: World, scenario: str) -> Iterator[Row]:
    """Let every rival look at a world; its own row, and the tuned one where it has a choice."""
    for rival in RIVALS:
        start = time.perf_counter()
        answers = rival.answer(world)
        seconds = world.seconds if rival in itself.RIVALS else time.perf_counter() - start
        taken = (scenario, world.seed, rival.name)
        yield Row(*taken, "own", measure(answers.own, world), seconds, world.seconds)
        if answers.others:
            yield Row(*taken, "tuned", measure(tuned(answers, world), world), seconds, world.seconds)


def looked(args: argparse.Namespace) -> Iterator[list[Row]]:
    """Make every traffic, and let all rivals look at it; what is known so far is given after each."""
    rows: list[Row] = []
    for seed in args.seeds:
        with tempfile.TemporaryDirectory() as folder:
            asked = Asked("benign", seed, args.accounts, args.days, args.corpus, args.threads)
            history = benign_history(asked, Path(folder) / "before", window_test.HISTORY)
            for scenario in args.scenarios:
                asked = Asked(scenario, seed, args.accounts, args.days, args.corpus, args.threads)
                with made(asked, Path(folder) / scenario, history) as world:
                    rows += compare(world, scenario)
                    _told.print(f"seed {seed}, {scenario}: {world.calls:,} exchanges, hunted in {world.seconds:.0f} s")
                yield rows


def main() -> None:
    """Run the comparison and write `rivals.md`, `rivals.json` and `rivals.svg`."""
    parser = argparse.ArgumentParser(prog="rivals", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--corpus", type=Path, help="folder of real prompts and traces")
    parser.add_argument("--seeds", type=int, nargs="+", default=[41, 42, 43])
    parser.add_argument("--scenarios", nargs="+", default=list(SCENARIOS))
    parser.add_argument("--accounts", type=int, default=1_200)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--threads", type=int, help="worker threads of the hunt")
    parser.add_argument("--write", type=Path, help="folder for rivals.md, rivals.json and rivals.svg")
    args = parser.parse_args()
    text = "real prompts and traces" if args.corpus else "the simulator's own grammar"
    traffic = f"{args.accounts:,} accounts, {args.days} days, text: {text}"
    rows: list[Row] = []
    for rows in looked(args):
        if args.write:  # after each traffic, so that a run cut short leaves what it has
            write(args.write, rows, traffic)
    print(report(rows, RIVALS, traffic))


def write(folder: Path, rows: list[Row], traffic: str) -> None:
    """Write the page, the numbers and the picture."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rivals.md").write_text(report(rows, RIVALS, traffic), encoding="utf-8")
    lines = ",\n  ".join(json.dumps(row.to_dict()) for row in rows)
    head = json.dumps({"machine": machine(), "traffic": traffic})
    (folder / "rivals.json").write_text(f'{head[:-1]},\n "rows": [\n  {lines}]}}\n', encoding="utf-8")
    draw(rows, RIVALS, folder / "rivals.svg")


if __name__ == "__main__":
    main()
