"""The largest key is never dropped: 20,000 accounts on one template among 50,000 others, in memory linear in them."""

import numpy as np
import pyarrow as pa
import pytest

from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.groups.find import find_groups
from stillhunt.groups.holds import build_holds
from stillhunt.profiles import build_profiles
from stillhunt.schema import ACCOUNT_KEYS, FEATURES, RELEASE
from stillhunt.signals import BUILTIN

TEMPLATE, PER_ACCOUNT = 77, 3


def traffic(rng, harvesters, others):
    """Three calls an account. Harvesters open with one fixed text; one call in ten of the others shares a phrase."""
    accounts = np.repeat(np.arange(harvesters + others), PER_ACCOUNT)
    rng.shuffle(accounts)
    n = len(accounts)
    harvesting = accounts < harvesters
    head = np.where(harvesting, TEMPLATE, rng.integers(10**6, 10**15, n))
    head = np.where(~harvesting & (rng.random(n) < 0.1), rng.integers(1_000, 1_000 + n // 40, n), head)
    columns = {
        "exchange_id": pa.array([f"x{i}" for i in range(n)]),
        "account_id": pa.array([f"a{i:06d}" for i in accounts]),
        "account_key": pa.array(accounts),
        "exchange_key": pa.array(rng.integers(-(2**63), 2**63 - 1, n)),
        "ts": pa.array(rng.integers(0, 14 * 86_400_000_000, n)),
        "head_key": pa.array(head),
        "prompt_key": pa.array(rng.integers(0, 2**62, n)),
        "network": pa.array(rng.integers(0, n // 10, n)),
    }
    return pa.table([columns.get(f.name, pa.nulls(n, f.type)) for f in FEATURES.arrow], schema=FEATURES.arrow)


@pytest.fixture(scope="module")
def engine():
    with DuckDBEngine("500MB") as open_engine:
        yield open_engine


def hunted(engine, harvesters, others):
    engine.register("features", traffic(np.random.default_rng(5), harvesters, others))
    engine.register("account_keys", ACCOUNT_KEYS.empty())
    engine.register("releases", RELEASE.empty())
    build_profiles(engine)
    build_holds(engine, BUILTIN)
    find_groups(engine, BUILTIN)


def count(engine, table):
    return engine.fetch(f"SELECT count(*) AS c FROM {table}")["c"][0].as_py()


def test_twenty_thousand_accounts_on_one_template_are_one_group(engine):
    hunted(engine, 20_000, 50_000)
    largest = engine.fetch(
        """SELECT l.layer, count(*) AS accounts, min(i.account_id) AS first, max(i.account_id) AS last
           FROM group_members m JOIN group_list l ON l.g = m.g JOIN account_index i ON i.a = m.a
           GROUP BY l.g, l.layer ORDER BY accounts DESC LIMIT 1"""
    ).to_pylist()[0]
    assert largest == {"layer": "content", "accounts": 20_000, "first": "a000000", "last": "a019999"}


def test_rows_grow_with_accounts_and_not_with_pairs(engine):
    tables = ("held", "pair_keys", "infrastructure_edges", "tagged", "sampled", "group_requests")
    hunted(engine, 5_000, 12_500)
    small = {t: count(engine, t) for t in tables}
    hunted(engine, 20_000, 50_000)
    for table in tables:
        # Four times the accounts: at most a little more than four times the rows, where pairs would give sixteen.
        assert count(engine, table) <= 4.5 * small[table] + 1_000, table
