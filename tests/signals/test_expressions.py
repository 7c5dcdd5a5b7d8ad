"""Keys and buckets against plain arithmetic."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.signals.expressions import HOUR, MULTIPLIER, PRIME, bucket, combined_key, label_key

BIGINT = st.integers(-(2**63), 2**63 - 1)


@pytest.fixture(scope="module")
def engine():
    with DuckDBEngine(threads=1) as engine:
        yield engine


def answer(engine, sql):
    return engine.fetch(f"SELECT {sql} AS answer")["answer"][0].as_py()


def combined(parts):
    """The reference: remainders with the sign of the dividend, as SQL has them."""
    key = parts[0]
    for part in parts[1:]:
        key = int(math.copysign(abs(key) % PRIME, key)) * MULTIPLIER + int(math.copysign(abs(part) % PRIME, part))
    return key


@given(parts=st.lists(BIGINT, min_size=2, max_size=5))
def test_combined_key_stays_in_range(engine, parts):
    key = answer(engine, combined_key(*(f"CAST('{part}' AS BIGINT)" for part in parts)))
    assert key == combined(parts)
    assert -(2**63) <= key < 2**63


def test_combined_key_tells_order_and_nulls_apart(engine):
    small = [(a, b, c) for a in range(8) for b in range(8) for c in range(8)]
    assert len({combined(parts) for parts in small}) == len(small)
    assert answer(engine, combined_key("1", "CAST(NULL AS BIGINT)")) is None


def test_label_keys_differ(engine):
    labels = (
        "",
        "standard",
        "startup",
        "education",
        "enterprise",
        "research",
        "cloud",
        "tier 1",
        "tier 2",
        "é",
        "漢字",
    )
    keys = [answer(engine, label_key(f"'{label}'")) for label in labels]
    assert len(set(keys)) == len(labels)
    assert answer(engine, label_key("CAST(NULL AS VARCHAR)")) == keys[0]


@given(ts=st.integers(0, 2**62))
def test_bucket_is_where_the_hour_began(engine, ts):
    assert answer(engine, bucket(f"CAST('{ts}' AS BIGINT)", HOUR)) == ts // HOUR * HOUR
