"""Command line: `python -m foreign OUT --corpus DIR --seed N --scenario NAME`."""

import argparse
from pathlib import Path

from foreign.generate import SCENARIOS, generate


def main() -> None:
    """Read the arguments, write one world, and print what it holds."""
    parser = argparse.ArgumentParser(prog="foreign", description="Writes one labelled world of API traffic.")
    parser.add_argument("out", type=Path, help="folder to write to")
    parser.add_argument("--corpus", type=Path, required=True, help="folder of real prompts and traces")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="easy")
    parser.add_argument("--accounts", type=int, help="innocent accounts; drawn by the seed when left out")
    parser.add_argument("--days", type=int, default=14)
    args = parser.parse_args()
    made = generate(args.out, args.corpus, args.scenario, seed=args.seed, accounts=args.accounts, days=args.days)
    for name, value in made.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
