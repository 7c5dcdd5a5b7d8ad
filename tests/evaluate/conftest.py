"""The truth of the small world, and runs that called something in it."""

import pyarrow.parquet as pq
import pytest

from evaluate.small_world import DAY, WORLD, entity, fill, write_truth
from stillhunt.runs import finish, write_table
from stillhunt.schema import CAMPAIGNS, EVIDENCE, FEATURES, GROUPS, HARVESTED, MEMBERS, OPERATORS, PROFILE, REJECTED


@pytest.fixture
def truth(tmp_path):
    return write_truth(tmp_path / "truth")


@pytest.fixture
def make_run(tmp_path):
    def make(called, operators=None, *, name="run", until=10):
        """`called`: campaign id → (accounts, exchange ids)."""
        folder = tmp_path / name
        (folder / "features").mkdir(parents=True)
        calls = WORLD.calls(until)
        features = [dict(zip(("exchange_id", "ts", "account_id"), c, strict=True)) for c in calls]
        pq.write_table(fill(FEATURES, features[::2]), folder / "features" / "0.parquet")
        pq.write_table(fill(FEATURES, features[1::2]), folder / "features" / "1.parquet")
        members = [
            {"campaign_id": c, "account_id": a, "role": "harvester", "bits": 9.0, "harvest_share": 1.0}
            for c, (accounts, _) in called.items()
            for a in accounts
        ]
        harvested = [
            {"campaign_id": c, "exchange_id": e, "bits": 9.0} for c, (_, exchanges) in called.items() for e in exchanges
        ]
        found = [
            {"operator_id": o, "account_id": a, "bits": bits}
            for o, (accounts, bits) in (operators or {}).items()
            for a in accounts
        ]
        profile = [
            {
                "account_id": a,
                "exchanges": min(n, until),
                "active_days": min(n, until),
                "first_ts": 0,
                "last_ts": (min(n, until) - 1) * DAY,
                "entity": entity(a),
            }
            for a, n in WORLD.requests.items()
        ]
        write_table(folder, MEMBERS, fill(MEMBERS, members))
        write_table(folder, HARVESTED, fill(HARVESTED, harvested))
        write_table(folder, OPERATORS, fill(OPERATORS, found))
        write_table(folder, PROFILE, fill(PROFILE, profile))
        for table in (CAMPAIGNS, EVIDENCE, GROUPS, REJECTED):
            write_table(folder, table, table.empty())
        return finish(folder, {})

    return make
