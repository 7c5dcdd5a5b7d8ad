"""One request is compared as a column of many is: keys, look-ups and traits."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from stillhunt.live.keytable import of_many
from stillhunt.live.lookup import find
from stillhunt.live.outcomes import OWN, SHARED, tiers
from stillhunt.live.style import one_trait
from stillhunt.live.watchkeys import COLUMNS, LISTS, NAMES, PAIRS, SALTS, facts_of_one, placed
from stillhunt.schema import ACCOUNT_KEYS, FEATURES
from stillhunt.separation.traits import COLUMNS as TRAITS
from stillhunt.separation.traits import _columns

KEY = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.just(0))
ROWS = st.lists(
    st.fixed_dictionaries(
        {name: KEY for name in COLUMNS if name not in {n for n, _, _ in LISTS}}
        | {name: st.one_of(st.none(), st.lists(st.integers(-(2**63), 2**63 - 1), max_size=9)) for name, _, _ in LISTS}
    ),
    min_size=1,
    max_size=6,
)
TYPES = {field.name: field.type for table in (ACCOUNT_KEYS, FEATURES) for field in table.arrow}


def table_of(rows, names) -> pa.Table:
    return pa.table({name: pa.array([row[name] for row in rows], TYPES[name]) for name in names})


@settings(deadline=None)
@given(ROWS)
def test_keys_of_one_are_those_of_many(rows):
    many = of_many(table_of(rows, COLUMNS))
    for row, expected in zip(rows, many, strict=True):
        facts, known = facts_of_one(row)
        assert placed(facts[None, :], known[None, :])[0].tolist() == expected.tolist()


@settings(deadline=None)
@given(ROWS, st.data())
def test_what_is_found_is_what_a_search_of_the_keys_finds(rows, data):
    keys = of_many(table_of(rows, COLUMNS))
    known = sorted({int(key) for key in keys.ravel() if key})
    chosen = data.draw(st.lists(st.sampled_from(known), unique=True)) if known else []
    watched = np.array(sorted([*chosen, 1, 2**64 - 1]), np.uint64)
    hits = np.zeros(len(SALTS), np.int64)
    for row, line in zip(rows, keys, strict=True):
        count = find(*facts_of_one(row), SALTS, len(PAIRS), watched, hits)
        assert watched[hits[:count]].tolist() == [key for key in line.tolist() if key in chosen]


def test_a_fact_counts_by_its_kind_and_a_pair_by_both_sides():
    row = {"head_key": 7, "tail_key": 7, "header_tuple": 5, "network": 6}
    keys = dict(zip(NAMES, placed(*(part[None, :] for part in facts_of_one(row)))[0].tolist(), strict=True))
    assert len({key for key in keys.values() if key}) == 5
    assert keys["header_tuple and network"]
    assert not keys["header_tuple and asn"]


TRAIT_ROWS = st.fixed_dictionaries(
    {
        **{n: st.one_of(st.none(), st.integers(-9, 5_000)) for n in ("words", "turns", "tools_count", "images")},
        **dict.fromkeys(("system_key", "tools_key", "opening", "head_key"), KEY),
        **{n: st.one_of(st.none(), st.floats(0, 1, width=32)) for n in TRAITS if n.startswith("elicit_")},
        "capability": st.sampled_from([None, "coding", "chat", "of a later version"]),
        "capability_p": st.one_of(st.none(), st.floats(0, 1, width=32)),
        "script": st.sampled_from([None, "latin", "han"]),
        "semantic": st.one_of(st.none(), st.binary(min_size=64, max_size=64)),
    }
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(TRAIT_ROWS, min_size=1, max_size=4))
def test_traits_of_one_are_those_of_many(rows):
    many = _columns(table_of(rows, TRAITS), ("chat", "coding"), ("latin",))
    for row, expected in zip(rows, many, strict=True):
        assert np.allclose(one_trait(row, ("chat", "coding"), ("latin",)), expected)


def test_tiers_say_how_few_innocents_hold_a_key():
    assert tiers(np.array([0]), 1000).tolist() == [OWN]
    assert tiers(np.array([0]), 5).tolist() == [SHARED]  # of five customers nobody can say what is rare
    assert (np.diff(tiers(np.arange(0, 400, 10), 1000).astype(int)) <= 0).all()
