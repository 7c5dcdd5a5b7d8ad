"""Make the default reference: what groups in benign traffic show at the most, over seeds, sizes and sources of text.

    python benchmarks/reference.py --corpus ../shared/data

Only numbers are kept, nothing of any text. Every world is benign by construction: all look-alikes, no campaign. With a
corpus, worlds of a second generator (`foreign`), which knows nothing of the first, are taken as well. Each is measured
twice: with its organisations known, and with them blanked.
"""

import argparse
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from foreign.generate import generate

from stillhunt.calibrate import honesty, lives_of
from stillhunt.config import Settings
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.evidence.lifetimes import Life
from stillhunt.evidence.reference import LAYERS, Reference, benign_bits
from stillhunt.simulate.simulator import simulate
from stillhunt.traffic import Traffic, read_traffic

SOURCES = ("grammar", "real prompts", "foreign")
"""The simulator's own text, its real prompts, and the second generator; the last two need a corpus."""
DEFAULT = Path(__file__).parents[1] / "src" / "stillhunt" / "evidence" / "reference.json"


class Task(NamedTuple):
    """One benign world: its size, its seed, and a source of SOURCES."""

    accounts: int
    days: int
    seed: int
    source: str
    corpus: Path | None


def measured(task: Task) -> list[Life]:
    """Lives of the groups in one benign world."""
    with tempfile.TemporaryDirectory() as folder:
        traffic = _world(Path(folder, "world"), task)
        features = Path(folder, "features")
        features.mkdir()
        with DuckDBEngine(Settings().memory, 1) as engine:
            read_traffic(engine, traffic, features, b"a secret for one throw-away run", lambda _: None)
            known = lives_of(engine)
            # The same companies, classes and gateways where a provider does not know them: strangers that share.
            engine.create("features", "SELECT * REPLACE (CAST(NULL AS VARCHAR) AS org_id) FROM features")
            engine.create(
                "account_keys",
                """SELECT * REPLACE (CAST(NULL AS VARCHAR) AS org_id, CAST(NULL AS BIGINT) AS mail_domain,
                                    CAST(NULL AS BIGINT) AS mail_pattern, CAST(NULL AS BOOLEAN) AS verified)
                   FROM account_keys""",
            )
            return known + lives_of(engine)


def _world(out: Path, task: Task) -> Traffic:
    if task.source == "foreign" and task.corpus:
        generate(out, task.corpus, "benign", seed=task.seed, accounts=task.accounts, days=task.days)
        return Traffic([out / "logs"], next(out.glob("accounts.*")), out / "releases.jsonl")
    world = simulate(
        out,
        accounts=task.accounts,
        days=task.days,
        seed=task.seed,
        corpus=task.corpus if task.source == "real prompts" else None,
        scenario="benign",
    )
    return Traffic([world.logs], world.accounts_file, world.releases_file)


def main() -> None:
    """Measure the worlds and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="folder of real prompts and traces, used beside the grammar")
    parser.add_argument("--worlds", type=int, default=6, help="worlds for each size and source of text")
    parser.add_argument("--sizes", type=int, nargs="+", default=[900, 2_400], help="accounts of a world")
    parser.add_argument("--large", type=int, default=12_000, help="accounts of one more world for each source of text")
    parser.add_argument("--first-seed", type=int, default=9_000, help="apart from every seed of a proof or a demo")
    parser.add_argument("--jobs", type=int, default=2, help="worlds measured at a time")
    parser.add_argument("--out", type=Path, default=DEFAULT)
    given = parser.parse_args()
    sources = SOURCES if given.corpus else SOURCES[:1]
    tasks = [
        Task(accounts, (3, 7, 14)[number % 3], given.first_seed + number, source, given.corpus)
        for number in range(given.worlds)
        for accounts in given.sizes
        for source in sources
    ]
    # Crowds grow with the provider, and what is measured of them with it.
    tasks += [Task(given.large, 3, given.first_seed + given.worlds, source, given.corpus) for source in sources]
    lives: list[Life] = []
    origins: list[int] = []
    with ProcessPoolExecutor(given.jobs) as pool:
        for origin, (task, found) in enumerate(zip(tasks, pool.map(measured, tasks), strict=True)):
            lives += found
            origins += [origin] * len(found)
            print(
                f"seed {task.seed}, {task.accounts} accounts, {task.days} days, {task.source}: {len(found)} groups",
                flush=True,
            )
    sizes = ", ".join(f"{n:,}" for n in given.sizes) + f" and {given.large:,}"
    named = (
        f"shipped default: {len(lives):,} benign groups of {len(tasks)} simulated worlds of {sizes} accounts, "
        "with organisations known and unknown, "
        + ("by two generators, text from the grammar and real prompts" if given.corpus else "text from the grammar")
    )
    reference = Reference.of(named, lives, origins)
    reference.save(given.out)
    counts = {layer: int(np.sum(reference.layers == layer)) for layer in LAYERS}
    print(f"{named}; groups {counts}; excess {reference.excess} bits")
    for row in honesty(benign_bits(reference)):
        print(
            f"more than {row.bits} bits: {row.share.share:.5f} of benign groups, at most {2.0**-row.bits:.5f} promised"
        )


if __name__ == "__main__":
    main()
