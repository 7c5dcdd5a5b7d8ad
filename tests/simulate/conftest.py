import json
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillhunt.simulate.simulator import Simulated, simulate


@dataclass(frozen=True)
class Made:
    made: Simulated
    logs: pa.Table
    accounts: pa.Table
    kinds: dict[str, str]
    orgs: dict[str, str | None]
    harvest: dict[str, str]
    campaigns: list[dict]


def read(made: Simulated) -> Made:
    truth = [json.loads(line) for line in (made.truth / "accounts.jsonl").read_text().splitlines()]
    harvest = pq.read_table(made.truth / "exchanges.parquet").to_pydict()
    campaigns = [json.loads(line) for line in (made.truth / "campaigns.jsonl").read_text().splitlines()]
    return Made(
        made,
        pa.concat_tables([pq.read_table(file) for file in sorted(made.logs.glob("*.parquet"))]),
        pq.read_table(made.accounts_file),
        {row["account_id"]: row["kind"] for row in truth},
        {row["account_id"]: row["org"] for row in truth},
        dict(zip(harvest["exchange_id"], harvest["campaign"], strict=True)),
        campaigns,
    )


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory):
    """Simulated traffic by scenario, made once."""
    made: dict[tuple, Made] = {}

    def get(scenario: str, accounts: int = 500, days: int = 6, seed: int = 5) -> Made:
        key = (scenario, accounts, days, seed)
        if key not in made:
            out = tmp_path_factory.mktemp(scenario) / "out"
            made[key] = read(simulate(out, scenario=scenario, accounts=accounts, days=days, seed=seed))
        return made[key]

    return get
