"""What every signal promises, over all of them."""

import dataclasses
import random
import re
from collections import defaultdict

import pyarrow as pa
import pytest
import sqlglot
from ids import with_keys
from sqlglot import exp

from signals.featurised import tables
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.schema import ACCOUNT_KEYS, FEATURES, INCIDENCE, RELEASE
from stillhunt.signals import BUILTIN
from stillhunt.signals.base import Sample, Signal
from stillhunt.signals.known import count_known, known_where

SCHEMAS = {"features": FEATURES, "account_keys": ACCOUNT_KEYS, "releases": RELEASE}
BANNED = re.compile(
    r"\bhash\(|\bmd5\(|\blog\(|\bskewness\(|quantile|percentile|date_trunc"
    r"|\blist_|//|count\(\s*distinct|\w\[|over \w+ -",
    re.IGNORECASE,
)
"""What engines differ on; the last because Spark takes `OVER w - x` for a window called `w-x`."""

WHOLE = (exp.Floor, exp.Null, exp.Column, exp.Window, exp.Coalesce, exp.Length, exp.Ascii)
"""What may be cast to a whole number: engines round fractions each in their own way."""

every_signal = pytest.mark.parametrize("signal", BUILTIN, ids=lambda signal: signal.name)


@pytest.fixture(scope="module")
def engine():
    with DuckDBEngine(threads=1) as engine:
        yield engine


def incidences(engine: DuckDBEngine, signal: Signal, loaded: dict[str, pa.Table]) -> pa.Table:
    for name, table in loaded.items():
        engine.register(name, table)
    return engine.fetch(signal.sql)


def shared(rows: pa.Table) -> dict[int, set[str]]:
    """Keys that more than one account holds."""
    holders = defaultdict(set)
    for row in rows.to_pylist():
        holders[row["key"]].add(row["account_key"])
    return {key: accounts for key, accounts in holders.items() if len(accounts) > 1}


def sorted_rows(rows: pa.Table) -> list[tuple]:
    return sorted(tuple(map(str, row.values())) for row in rows.to_pylist())


def test_names_and_words():
    names = [signal.name for signal in BUILTIN]
    assert len(set(names)) == len(names)
    for signal in BUILTIN:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", signal.name)
        assert re.fullmatch(r"[a-z]+", signal.family)
        for text in (signal.says, signal.misses, signal.false_alarms):
            assert len(text) > 30, signal.name
            assert text[0].isupper(), signal.name
            assert text.endswith("."), signal.name


@every_signal
def test_fires_on_its_sample(engine, signal):
    rows = incidences(engine, signal, tables(signal.fires))
    assert shared(rows)
    assert rows.schema.names == list(INCIDENCE.names)
    assert rows.schema.types == INCIDENCE.arrow.types
    assert rows["account_key"].null_count == 0
    assert rows["key"].null_count == 0
    assert rows["exchange_key"].is_null().equals(rows["ts"].is_null())


@every_signal
def test_stays_quiet_on_the_look_alike(engine, signal):
    assert signal.quiet.records
    assert not shared(incidences(engine, signal, tables(signal.quiet)))


@every_signal
def test_empty_tables_say_nothing(engine, signal):
    rows = incidences(engine, signal, {name: schema.empty() for name, schema in SCHEMAS.items()})
    assert rows.num_rows == 0
    assert rows.schema.types == INCIDENCE.arrow.types


def blanked(table: pa.Table, required: tuple[str, ...]) -> pa.Table:
    """The table with every optional column null."""
    columns = [
        table[field.name] if field.name in required else pa.nulls(table.num_rows, field.type) for field in table.schema
    ]
    return pa.table(columns, schema=table.schema)


@every_signal
def test_what_is_missing_is_unknown(engine, signal):
    """Only when calls were made, and by whom, is always known: that alone may speak."""
    loaded = tables(signal.fires)
    for name, schema in SCHEMAS.items():
        required = tuple(column.name for column in schema.columns if column.required)
        loaded[name] = blanked(loaded[name], required)
    assert (incidences(engine, signal, loaded).num_rows > 0) == (not signal.needs)


@every_signal
def test_needs_names_what_makes_it_known(engine, signal):
    """Without the columns that it needs it is silent, though it knows all others; they stand in one table."""
    owners = {name for name in ("features", "account_keys") if set(signal.needs) & set(SCHEMAS[name].names)}
    assert len(owners) == bool(signal.needs)
    loaded = tables(signal.fires)
    for name in owners:
        kept = tuple(column for column in loaded[name].schema.names if column not in signal.needs)
        loaded[name] = blanked(loaded[name], kept)
    assert (incidences(engine, signal, loaded).num_rows > 0) == (not signal.needs)


@every_signal
def test_whoever_holds_a_key_is_known(engine, signal):
    holders = set(incidences(engine, signal, tables(signal.fires))["account_key"].to_pylist())
    table, where = known_where(signal)
    known = set(engine.fetch(f"SELECT account_key FROM {table} WHERE {where}")["account_key"].to_pylist())
    assert holders <= known
    keys = pa.array(sorted(known), pa.int64())
    engine.register("account_index", pa.table({"account_key": keys, "a": pa.array(range(len(keys)), pa.int32())}))
    (counted,) = count_known([signal])
    assert engine.fetch(counted).to_pylist() == [{"of_0": len(known)}]


@every_signal
def test_half_the_optional_values_missing(engine, signal):
    """Nulls mixed in, row by row, cost rows but never an error or a null key."""
    loaded = tables(signal.fires)
    for name, schema in SCHEMAS.items():
        rows = loaded[name].to_pylist()
        for number, row in enumerate(rows):
            for place, column in enumerate(schema.columns):
                if not column.required and (number + place) % 2:
                    row[column.name] = None
        loaded[name] = pa.Table.from_pylist(rows, schema=schema.arrow)
    assert incidences(engine, signal, loaded)["key"].null_count == 0


ODD = {
    pa.int64(): (-(2**63), -1, 0, 2**63 - 1),
    pa.int32(): (-(2**31), -1, 0, 2**31 - 1),
    pa.float64(): (float("nan"), float("inf"), float("-inf"), -0.0, 1e300),
    pa.float32(): (float("nan"), float("inf"), -1.0, 0.0),
    pa.string(): ("", "'; --", "\x00", "éß漢字 ✓", "/"),
    pa.bool_(): (True, False),
    pa.list_(pa.int64()): ([], [0], [-(2**63), 2**63 - 1, 0]),
    pa.binary(64): (bytes(64),),
}
TIMES = ("ts", "created_at", "suspended_at", "released_at")


def odd_tables() -> dict[str, pa.Table]:
    """Any value that a column's type can hold; times between the years 1 and 9999, as ingest lets through."""
    chance = random.Random(7)  # noqa: S311  no secret is drawn

    def odd(column):
        if column.name in TIMES:
            return chance.choice((-62_135_596_800_000_000, -1, 0, 1, 1_772_409_600_000_000, 253_402_300_799_999_999))
        return None if not column.required and chance.random() < 0.2 else chance.choice(ODD[column.type])

    loaded = {}
    for name, schema in SCHEMAS.items():
        rows = [{column.name: odd(column) for column in schema.columns} for _ in range(400)]
        for number, row in enumerate(rows):
            ids = {"account_id": f"odd-{number % 7}", "exchange_id": f"x-{number}"}
            row.update({column: value for column, value in with_keys(ids).items() if column in row})
        loaded[name] = pa.Table.from_pylist(rows, schema=schema.arrow)
    return loaded


@every_signal
def test_odd_values_do_no_harm(engine, signal):
    rows = incidences(engine, signal, odd_tables())
    assert rows["key"].null_count == rows["account_key"].null_count == 0


@every_signal
def test_order_and_duplicates_change_nothing(engine, signal):
    once = sorted_rows(incidences(engine, signal, tables(signal.fires)))
    twice = [*signal.fires.records, *signal.fires.records]
    random.Random(11).shuffle(twice)  # noqa: S311  no secret is drawn
    deduplicated = {record["exchange_id"]: record for record in twice}
    again = dataclasses.replace(
        signal.fires, records=tuple(deduplicated.values()), accounts=tuple(reversed(signal.fires.accounts))
    )
    assert sorted_rows(incidences(engine, signal, tables(again))) == once


@every_signal
def test_a_stranger_changes_nothing(engine, signal):
    """One call of an unrelated account in the middle of the run, of which nothing is known."""
    moments = [record["ts"] for record in signal.fires.records]
    stranger = {"exchange_id": "stranger-1", "account_id": "stranger", "ts": sorted(moments)[len(moments) // 2]}
    before = sorted_rows(incidences(engine, signal, tables(signal.fires)))
    joined = Sample((*signal.fires.records, stranger), signal.fires.accounts, signal.fires.releases)
    assert sorted_rows(incidences(engine, signal, tables(joined))) == before


@every_signal
def test_sql_is_portable(signal):
    """It parses, SQLGlot turns it into Spark's SQL without a warning, and it uses nothing that engines differ on."""
    tree = sqlglot.parse_one(signal.sql, read="duckdb")
    spark = sqlglot.transpile(signal.sql, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
    assert sqlglot.parse_one(spark[0], read="spark")
    found = BANNED.search(signal.sql)
    assert found is None, found
    for cast in tree.find_all(exp.Cast):
        assert not cast.to.is_type("bigint") or isinstance(cast.this, WHOLE), cast
    created = {cte.alias for cte in tree.find_all(exp.CTE)}
    read = {table.name for table in tree.find_all(exp.Table)}
    assert read <= created | set(SCHEMAS)
