"""Every signal says the same on both engines: on all samples together, and on any value that a column can hold."""

import numpy as np
import pyarrow as pa
import pytest
from signals.featurised import tables
from signals.test_contract import SCHEMAS, odd_tables

from engine.alike import rows
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.signals import BUILTIN
from stillhunt.signals.base import Sample
from stillhunt.signals.known import count_known
from stillhunt.signals.rotation import SIGNAL as ROTATION

pytestmark = pytest.mark.spark


def named(row, signal, side):
    """A row of a sample under names of its own, so that samples do not meet in one account."""
    ids = {"account_id": f"{signal.name}-{side}-{row['account_id']}"}
    if "exchange_id" in row:
        ids["exchange_id"] = f"{signal.name}-{side}-{row['exchange_id']}"
    return {**row, **ids}


def all_samples():
    sides = [(s, side, getattr(s, side)) for s in BUILTIN for side in ("fires", "quiet")]
    return tables(
        Sample(
            tuple(named(row, s, side) for s, side, sample in sides for row in sample.records),
            tuple(named(row, s, side) for s, side, sample in sides for row in sample.accounts),
            tuple({tuple(row.items()): row for _, _, sample in sides for row in sample.releases}.values()),
        )
    )


def compare(spark, loaded):
    with DuckDBEngine(threads=1) as duckdb:
        for engine in (duckdb, spark):
            for name, table in loaded.items():
                engine.register(name, table)
        found = 0
        for signal in BUILTIN:
            one, other = duckdb.fetch(signal.sql), spark.fetch(signal.sql)
            assert rows(one) == rows(other), signal.name
            assert one.schema.types == other.schema.types, signal.name
            found += one.num_rows > 0
        callers = "SELECT account_key, 0 AS a FROM features GROUP BY account_key"
        for engine in (duckdb, spark):
            engine.create("account_index", callers)
        for known in count_known(BUILTIN):
            assert duckdb.fetch(known).to_pylist() == spark.fetch(known).to_pylist()
        return found


def test_on_all_samples_together(beside):
    assert compare(beside, all_samples()) > len(BUILTIN) * 0.9  # of two, others' samples hide it


def test_on_odd_values(beside):
    """The zero byte is left out: a string in DuckDB ends nowhere, and Spark is given what Parquet can hold."""
    assert set(odd_tables()) == set(SCHEMAS)
    assert compare(beside, odd_tables()) > len(BUILTIN) // 2


def test_on_no_row_at_all(beside):
    assert compare(beside, {name: schema.empty() for name, schema in SCHEMAS.items()}) == 0


def test_pools_of_thousands_are_told_past_the_range_of_a_bigint(beside):
    """Conversations times squared returns of one common client or network are soon more than 2^63."""
    talks, accounts = np.arange(200_000), 2_000
    turn, chance = talks % accounts, np.random.default_rng(1).integers(0, accounts, len(talks))
    columns = {
        "account_key": np.r_[turn, accounts + chance],
        "conversation": np.r_[talks, talks + len(talks)],
        "network": np.repeat([7, 9], len(talks)),
        "exchange_key": np.arange(2 * len(talks)),
        "ts": np.r_[talks, talks],
    }
    unknown = dict.fromkeys(("opening", "body_key", "header_tuple"), pa.nulls(2 * len(talks), pa.int64()))
    table = pa.table({name: pa.array(column, pa.int64()) for name, column in columns.items()} | unknown)
    keys = f"SELECT key, count(*) AS n FROM ({ROTATION.sql}) s GROUP BY key"
    with DuckDBEngine(threads=1) as duckdb:
        for engine in (duckdb, beside):
            engine.register("features", table)
            assert engine.fetch(keys).to_pylist() == [{"key": 7, "n": len(talks)}]
