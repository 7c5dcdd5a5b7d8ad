"""A small world that was hunted, with its watch list, made once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from stillhunt.config import load_secret
from stillhunt.live.compile import compile_watchlist
from stillhunt.live.watchlist import WatchList
from stillhunt.pipeline import hunt
from stillhunt.runs import Run
from stillhunt.simulate.simulator import Simulated, simulate

SECRET = load_secret()


@dataclass(frozen=True)
class Hunted:
    world: Simulated
    run: Run
    watchlist: WatchList
    requests: list[dict[str, Any]]
    """All requests as a gateway sees them: before the answer, with what is known of the account."""
    harvests: set[str]


@pytest.fixture(scope="session")
def hunted(tmp_path_factory) -> Hunted:
    out = tmp_path_factory.mktemp("live")
    world = simulate(out / "traffic", accounts=800, days=4, seed=3)
    run = hunt([world.logs], accounts=world.accounts_file, releases=world.releases_file, out=out / "run")
    facts = {row["account_id"]: row for row in pq.read_table(world.accounts_file).to_pylist()}
    harvests = set(pq.read_table(world.truth / "exchanges.parquet")["exchange_id"].to_pylist())
    return Hunted(world, run, compile_watchlist(run, SECRET), list(requests(world.logs, facts)), harvests)


def requests(logs: Path, facts):
    for file in sorted(logs.glob("*.parquet")):
        for row in pq.read_table(file).to_pylist():
            row["headers"] = dict(row["headers"]) if row["headers"] else None
            account = facts[row["account_id"]]
            known = {name: value for name, value in row.items() if name not in {"response", "reasoning_out"}}
            yield {**known, "payment_id": account["payment_id"], "email_domain": account["email_domain"]}
