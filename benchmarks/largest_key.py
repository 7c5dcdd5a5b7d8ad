"""What one key costs that very many accounts hold: a template on 20,000 of them, a NAT with 100,000.

The same accounts and calls are measured twice: once with a key that all of them share, and once with keys that are
shared by ten accounts each. The first must cost no more than the second, which has as many rows.
"""

import time
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.pipeline import Clock, measure
from stillhunt.schema import ACCOUNT_KEYS, FEATURES, RELEASE

CALLS = 4
"""Calls an account."""
SHARED = 10
"""Accounts on each key of the measurement that is compared with."""
CASES = (("a template on 20,000 accounts", "head_key", 20_000), ("an address of 100,000 accounts", "address", 100_000))


@dataclass(frozen=True)
class LargestKey:
    """Seconds from features to measured groups, with one key for all and with small ones."""

    says: str
    one: float
    many: float


def largest_keys() -> list[LargestKey]:
    """Measure all cases."""
    return [LargestKey(says, _seconds(column, accounts, accounts), _seconds(column, accounts, SHARED))
            for says, column, accounts in CASES]  # fmt: skip


def _seconds(column: str, accounts: int, holders: int) -> float:
    rows = accounts * CALLS
    account = np.arange(rows) % accounts
    day = 86_400_000_000
    given = {
        "exchange_id": pa.array([f"x-{n}" for n in range(rows)]),
        "exchange_key": pa.array(np.random.default_rng(6).integers(-(2**63), 2**63 - 1, rows)),
        "ts": pa.array(1_772_442_900_000_000 + np.random.default_rng(5).integers(0, 14 * day, rows)),
        "account_id": pa.array([f"a-{n}" for n in account]),
        "account_key": pa.array(account),
        "prompt_key": pa.array(np.arange(rows, dtype=np.int64) + 1),
        column: pa.array((account // holders).astype(np.int64) + 10**12),
    }
    features = pa.table({f.name: given.get(f.name, pa.nulls(rows, f.type)) for f in FEATURES.arrow}).cast(
        FEATURES.arrow
    )
    with DuckDBEngine("2GB") as engine:
        engine.register("features", features)
        engine.register("account_keys", ACCOUNT_KEYS.empty())
        engine.register("releases", RELEASE.empty())
        start = time.process_time()
        measure(engine, Clock(None))
        return round(time.process_time() - start, 2)
