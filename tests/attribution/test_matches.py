"""The set work of attribution: accounts of several operators, what is unknown, and texts that are public."""

import pyarrow as pa
import pytest
from ids import key_of, with_keys

from stillhunt.attribution.marks import MARKS
from stillhunt.attribution.matches import count_matches
from stillhunt.crosstable import cross_table
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.schema import ACCOUNT_KEYS, FEATURES

OPERATORS = {"a": {1: 9.0}, "b": {1: 4.0, 2: 7.0}, "c": {2: 5.0}}
"""Bits by account and group; groups 1 and 2 are operators of called campaigns. Account d has none, and carries one."""
TAKEN = {"a": ["c-1", "c-1", "c-2", None], "b": ["c-1", None], "c": [None, None], "d": ["c-1"], "p": [None] * 4_000}
TEMPLATE, ITEM = 7, 8
"""An anchor of the campaign's own text, and one of a public benchmark that people ask, too."""


@pytest.fixture
def engine():
    names = list(TAKEN)
    calls = [(a, f"{a}{n}", campaign) for a, taken in TAKEN.items() for n, campaign in enumerate(taken)]
    features = [
        with_keys(
            {
                "exchange_id": exchange,
                "ts": n,
                "account_id": account,
                "chars": 90,
                "device": 5 if account == "a" else None,
                "anchors": [TEMPLATE, ITEM, n + 100] if campaign == "c-1" else [n + 100, ITEM][: 1 + (n % 100 == 0)],
            }
        )
        for n, (account, exchange, campaign) in enumerate(calls)
    ]
    members = [(g, names.index(a), bits) for a, held in OPERATORS.items() for g, bits in held.items()]
    requests = [(campaign, key_of(exchange), names.index(a)) for a, exchange, campaign in calls if campaign]
    with DuckDBEngine(threads=1) as engine:
        engine.register("features", pa.Table.from_pylist(features, schema=FEATURES.arrow))
        engine.register("account_keys", ACCOUNT_KEYS.empty())
        for name, columns, rows in (
            ("account_index", ("a", "account_key"), [(a, key_of(name)) for a, name in enumerate(names)]),
            ("group_members", ("g", "a", "bits"), members),
            ("operator_names", ("g", "operator_id"), [(1, "o-1"), (2, "o-2")]),
            ("campaign_requests", ("campaign_id", "exchange_key", "a"), requests),
        ):
            engine.register(name, pa.table(dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))))
        yield engine


def marked(*rows: tuple) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(MARKS.names, row, strict=True)) for row in rows], schema=MARKS)


def test_an_account_of_two_operators_counts_once_where_it_is_tied_best(engine):
    rows = {(r["operator_id"], r["campaign_id"]): r for r in cross_table(engine).to_pylist()}
    assert {cell: (r["accounts"], r["overlapping"], r["exchanges"]) for cell, r in rows.items()} == {
        ("o-1", "c-1"): (1, 0, 2),
        ("o-1", "c-2"): (1, 0, 1),
        ("o-1", None): (1, 0, 1),
        ("o-2", "c-1"): (1, 1, 1),
        ("o-2", None): (2, 1, 3),
        (None, "c-1"): (1, 0, 1),
    }
    assert rows["o-2", None]["operator_share"] == 0.75
    assert rows[None, "c-1"]["operator_share"] is None
    assert sum(r["exchanges"] for (_, campaign), r in rows.items() if campaign == "c-1") == 4


def test_requests_are_counted_by_pool_and_campaign(engine):
    cross_table(engine)
    found = count_matches(engine, marked((0, "device_ids", "", 5, None), (1, "device_ids", "", 6, None)))
    assert found.total["o-1", "c-1"] == 2
    assert found.total["c-1", "c-1"] == 1, "an account without operator is in its campaign's own pool"
    assert found.total[None, None] == 4_000
    assert found.known["device_ids"]["o-1", "c-1"] == 2
    assert found.known["device_ids"]["o-2", "c-1"] == 0, "unknown, and so told by nobody"
    assert found.shown[0]["device_ids"] == {("o-1", "c-1"): 2, ("o-1", "c-2"): 1, ("o-1", None): 1}
    assert found.shown[1]["device_ids"] == {}


def test_a_request_that_shows_a_text_twice_counts_once_and_public_parts_are_set_aside(engine):
    cross_table(engine)
    template, item = (0, "prompts", "anchor", TEMPLATE, None), (0, "prompts", "anchor", ITEM, None)
    both = count_matches(engine, marked(template, (0, "prompts", "anchor", 100, None), item)).shown[0]["prompts"]
    assert both == {("o-1", "c-1"): 2, ("o-2", "c-1"): 1, ("c-1", "c-1"): 1}
    public = count_matches(engine, marked(item)).shown[0]["prompts"]
    assert public[None, None] == 40
