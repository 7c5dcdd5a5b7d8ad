"""Traffic with its truth, hunted once; every rival reads the same tables and the same logs."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillhunt.config import Settings
from stillhunt.engine.base import Engine
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.features.accounts import account_keys
from stillhunt.ingest.accounts import read_accounts
from stillhunt.ingest.rejects import Rejects
from stillhunt.pipeline import hunt
from stillhunt.runs import Run
from stillhunt.schema import PROFILE
from stillhunt.simulate.simulator import Simulated, simulate

Ints = NDArray[np.int64]

BEFORE = 100_000
"""Added to a seed for the provider's benign traffic of an earlier time."""


@dataclass(frozen=True, eq=False)
class World:
    """One traffic.

    `engine` has `features`, `account_keys`, `profile`, `calls` (the logs, with text) and `numbered` (a, account_id),
    where `a` is the place of an account in every array here.

    Attributes:
        seed: Of the traffic.
        engine: Holds the tables.
        run: What Stillhunt made of it.
        seconds: What Stillhunt took for it.
        kind: Kind of each account.
        guilty: Whether it made any harvesting request.
        campaigns: Accounts of each true campaign.
        operators: Accounts of each true operator.
        owners: Innocent accounts of each organisation, and of each kind of look-alike that has none.
        history: Prompts of benign traffic of an earlier time, in random order.
        calls: Exchanges.
    """

    seed: int
    engine: Engine
    run: Run
    seconds: float
    kind: NDArray[np.str_]
    guilty: NDArray[np.bool_]
    campaigns: Mapping[str, Ints]
    operators: Mapping[str, Ints]
    owners: Mapping[str, Ints]
    history: Sequence[str]
    calls: int


@dataclass(frozen=True)
class Asked:
    """Which traffic to make.

    Attributes:
        scenario: One of the simulator's.
        seed: Start of chance.
        accounts: Accounts in all.
        days: Days of traffic.
        corpus: Folder of real prompts; None is the simulator's own grammar.
        threads: Of the hunt; None leaves it to the engine.
    """

    scenario: str
    seed: int
    accounts: int
    days: int
    corpus: Path | None
    threads: int | None = None


@contextmanager
def made(asked: Asked, folder: Path, history: Sequence[str]) -> Iterator[World]:
    """Make a traffic in `folder`, hunt it, and yield it with its truth."""
    traffic = simulate(
        folder / "traffic", accounts=asked.accounts, days=asked.days, seed=asked.seed, corpus=asked.corpus,
        scenario=asked.scenario,
    )  # fmt: skip
    with hunted(asked, traffic, folder / "run", history) as world:
        yield world


@contextmanager
def hunted(asked: Asked, traffic: Simulated, out: Path, history: Sequence[str]) -> Iterator[World]:
    """Hunt a labelled traffic and yield it with its truth."""
    start = time.perf_counter()
    run = hunt(
        [traffic.logs], accounts=traffic.accounts_file, releases=traffic.releases_file, out=out,
        settings=Settings(threads=asked.threads),
    )  # fmt: skip
    seconds = time.perf_counter() - start
    with DuckDBEngine() as engine:
        engine.load("features", run.features)
        engine.load("calls", sorted(traffic.logs.glob("*.parquet")))
        engine.register("account_keys", account_keys(read_accounts(traffic.accounts_file, Rejects()), b"benchmark"))
        profile = run.table(PROFILE)
        engine.register("profile", profile)
        names = profile["account_id"].to_pylist()
        engine.register("numbered", pa.table({"a": pa.array(range(len(names)), pa.int64()), "account_id": names}))
        calls = int(run.info["counts"]["exchanges"])
        yield World(
            asked.seed, engine, run, seconds, **_truth(engine, traffic.truth, names), history=history, calls=calls
        )


def benign_history(asked: Asked, folder: Path, most: int) -> list[str]:
    """Return up to `most` prompts of benign traffic of the same provider at an earlier time, in random order."""
    before = simulate(
        folder, accounts=asked.accounts, days=asked.days, seed=asked.seed + BEFORE, corpus=asked.corpus,
        scenario="benign",
    )  # fmt: skip
    files = sorted(before.logs.glob("*.parquet"))
    prompts = pa.concat_tables([pq.read_table(file, columns=["prompt"]) for file in files])["prompt"].drop_null()
    order = np.random.default_rng(asked.seed).permutation(len(prompts))[:most]
    return prompts.take(order).to_pylist()


def _truth(engine: Engine, folder: Path, names: list[str]) -> dict[str, Any]:
    """Return the fields of a world that say who is what."""
    number = {name: a for a, name in enumerate(names)}
    lines = (folder / "accounts.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["account_id"] in number]
    kind = np.full(len(names), "unnamed", dtype="U32")
    for row in rows:
        kind[number[row["account_id"]]] = row["kind"]
    engine.load("truth_exchanges", [folder / "exchanges.parquet"])
    blamed = engine.fetch(
        """SELECT DISTINCT t.campaign, n.a FROM truth_exchanges t JOIN features f ON f.exchange_id = t.exchange_id
           JOIN numbered n ON n.account_id = f.account_id ORDER BY t.campaign, n.a"""
    )
    guilty = np.zeros(len(names), bool)
    guilty[blamed["a"].to_numpy()] = True
    named = [(row["org"] or row["kind"], row["operator"], number[row["account_id"]]) for row in rows]
    return {
        "kind": kind,
        "guilty": guilty,
        "campaigns": _grouped(zip(blamed["campaign"].to_pylist(), blamed["a"].to_pylist(), strict=True)),
        "operators": _grouped((operator, a) for _, operator, a in named if operator),
        "owners": _grouped((owner, a) for owner, operator, a in named if not operator and owner != "person"),
    }


def _grouped(pairs: Iterable[tuple[str, int]]) -> dict[str, Ints]:
    found: dict[str, set[int]] = {}
    for name, number in pairs:
        found.setdefault(name, set()).add(number)
    return {name: np.array(sorted(members), dtype=np.int64) for name, members in found.items()}
