"""What is measured of a group: by what is known of it, against accounts that called, by either key of a pair."""

import numpy as np
import pyarrow as pa
import pytest
from ids import key_of, with_keys

from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.evidence.measures import measure_groups
from stillhunt.schema import FEATURES, PROFILE

HOUR = 3_600_000_000
OPERATOR, CROWD = "operator", "crowd"
KEYS = {
    "rotation": ("relay", "behaviour"),
    "header_tuple": ("client", "infrastructure"),
    "template_head": ("template", "content"),
    "same_slots": ("time", "behaviour"),
}


@pytest.fixture
def engine():
    with DuckDBEngine(threads=1) as engine:
        yield engine


def calls(account, count, **traits):
    """Calls of one account, an hour apart, each with an item of its own and whatever is given."""
    ordinary = {"turns": 1, "capability": "coding", "elicit_reasoning": 0.1}
    return [
        ordinary
        | {"exchange_id": f"{account}-{n}", "account_id": account, "ts": n * HOUR, "prompt_key": hash_of(account, n)}
        | {name: value[n % len(value)] if isinstance(value, list) else value for name, value in traits.items()}
        for n in range(count)
    ]


def hash_of(account, number):
    return int.from_bytes(f"{account}/{number}".encode()[-7:], "big")


def measured(engine, members, crowd=(), *, entities=None, pair=()):
    """Measure one group of all the calls of `members`, in a run that `crowd` calls too."""
    rows = [row for some in (*members, *crowd) for row in some]
    names = sorted({row["account_id"] for row in rows})
    number = {name: a for a, name in enumerate(names)}
    ours = [some[0]["account_id"] for some in members]
    full = [{name: with_keys(row).get(name) for name in FEATURES.names} for row in rows]
    engine.register("features", pa.Table.from_pylist(full, schema=FEATURES.arrow))
    engine.register(
        "account_index",
        pa.table(
            {
                "account_id": names,
                "account_key": [key_of(name) for name in names],
                "a": pa.array(range(len(names)), pa.int32()),
            }
        ),
    )
    entity = {name: f"account:{name}" for name in names} | (entities or {})
    profile = [dict.fromkeys(PROFILE.names) | {"account_id": name, "entity": entity[name]} for name in names]
    profile = [row | {"exchanges": 1, "active_days": 1, "first_ts": 0, "last_ts": 1, "sessions": 1} for row in profile]
    engine.register("profile", pa.Table.from_pylist(profile, schema=PROFILE.arrow))
    mine = [row for some in members for row in some]
    engine.register("group_requests", pa.table({"g": [0] * len(mine), "a": [number[r["account_id"]] for r in mine],
                                                "exchange_key": [key_of(r["exchange_id"]) for r in mine]}))  # fmt: skip
    engine.register("group_members", pa.table({"g": [0] * len(ours), "a": [number[n] for n in ours],
                                               "requests": [len(some) for some in members]}))  # fmt: skip
    engine.create(
        "group_list", "SELECT 0 AS g, 'content' AS layer, 1 AS keys, 0 AS harvest, 0 AS operator, true AS whole"
    )
    known = [*((k, *KEYS[name]) for k, name in enumerate(pair)), (9, "network", "infrastructure")]
    keys = ", ".join(f"({k}, '{family}', '{layer}', 100, {len(ours)})" for k, family, layer in known)
    engine.create("shared_keys", f"SELECT * FROM (VALUES {keys}) v(k, family, layer, population, accounts)")
    engine.create("nodes", "SELECT 0 AS node, 0 AS k1, CAST(1 AS INTEGER) AS k2")
    tied = " UNION ALL ".join(f"SELECT {number[name]} AS a, 0 AS node" for name in ours)
    engine.create("infrastructure_edges", f"SELECT * FROM ({tied}) t WHERE {'true' if pair else 'false'}")
    for name, columns in (("node_groups", "1 AS k1, 1 AS k2, 1 AS old"), ("operator_list", "1 AS g, 1 AS old"),
                          ("key_groups", "1 AS k, 1 AS g"), ("harvest_list", "1 AS g, 1 AS old"),
                          ("held", "1 AS k, 1 AS a")):  # fmt: skip
        engine.create(name, f"SELECT {columns} WHERE false")
    measure_groups(engine)
    (row,) = engine.fetch("SELECT * FROM group_measures").to_pylist()
    return row


def test_one_text_among_many_that_are_unknown_proves_little(engine):
    people = [calls(f"p{n}", 20) for n in range(5)]
    one = [calls(f"m{n}", 25, elicit_reasoning=[0.9, *[None] * 99]) for n in range(4)]
    few = measured(engine, one, people)["elicitation"]
    many = measured(engine, [calls(f"m{n}", 25, elicit_reasoning=0.9) for n in range(4)], people)["elicitation"]
    assert 0 < few < many / 3


def test_doing_what_everybody_does_is_no_work_list(engine):
    twice = [calls(f"m{n}", 20, prompt_key=[hash_of(f"m{n}", i // 2) for i in range(20)]) for n in range(4)]
    others = [calls(f"p{n}", 20, prompt_key=[hash_of(f"p{n}", i // 2) for i in range(20)]) for n in range(4)]
    assert measured(engine, twice, others)["work_list"] == pytest.approx(0, abs=1e-6)


def test_calls_of_which_nothing_says_whether_they_continue_are_of_the_usual_kind(engine):
    people = [calls(f"p{n}", 20, turns=[1, 2]) for n in range(20)]
    unknown = measured(engine, [calls(f"m{n}", 20, turns=None) for n in range(4)], people)["work_list"]
    alike = measured(engine, [calls(f"m{n}", 20, turns=[1, 2]) for n in range(4)], people)["work_list"]
    assert unknown == pytest.approx(alike, abs=0.05)


@pytest.mark.parametrize(
    ("pair", "relayed", "covert"),
    [
        (("header_tuple", "rotation"), True, True),
        (("rotation", "template_head"), True, False),
        (("header_tuple", "template_head"), False, True),
        (("template_head", "same_slots"), False, False),
    ],
)
def test_a_pair_counts_for_what_either_of_its_keys_is(engine, pair, relayed, covert):
    row = measured(engine, [calls(f"m{n}", 10) for n in range(6)], pair=pair)
    assert (row["relayed"] > 0, row["covert"] > 0) == (relayed, covert)


def test_seats_of_one_organisation_are_one_stranger(engine):
    members = [calls(f"m{n}", 20, elicit_reasoning=0.95) for n in range(8)]
    people, pair = [calls(f"p{n}", 20) for n in range(60)], ("header_tuple", "rotation")
    strangers = measured(engine, members, people, pair=pair)["secret_asked"]
    seats = measured(engine, members, people, pair=pair, entities={f"m{n}": "org" for n in range(7)})["secret_asked"]
    assert 0 < seats < strangers / 1.5


def test_a_crowd_of_whom_no_more_ask_than_of_others_is_none(engine, monkeypatch):
    """However many thousands of accounts a phrase is common to."""
    monkeypatch.setattr("stillhunt.evidence.measures.CROWD", 150)
    now_and_then = [0.95] + [0.1] * 9
    people = [calls(f"p{n}", 20, elicit_reasoning=now_and_then) for n in range(100)]
    crowd = [calls(f"m{n}", 20, elicit_reasoning=now_and_then) for n in range(200)]
    assert measured(engine, crowd, people)["strangers"] == 0
    asking = [calls(f"m{n}", 20, elicit_reasoning=0.95) for n in range(200)]
    assert measured(engine, asking, people)["strangers"] == pytest.approx(np.log2(1 + 200 * 20 / 22), abs=0.01)


def test_the_yardstick_leaves_out_who_is_tested(engine, monkeypatch):
    """A harvest that is most of the run does not make asking usual."""
    monkeypatch.setattr("stillhunt.evidence.measures.CROWD", 50)
    asking = [calls(f"m{n}", 20, elicit_reasoning=0.95) for n in range(100)]
    people = [calls(f"p{n}", 20) for n in range(30)]
    assert measured(engine, asking, people)["strangers"] > np.log2(100 * 20 / 22) - 0.5


def test_an_own_item_that_is_asked_again_is_still_an_own_item(engine):
    again = calls("m0", 20, prompt_key=[hash_of("m0", n // 2) for n in range(20)])
    measured(engine, [again, *(calls(f"m{n}", 20) for n in range(1, 5))])
    assert engine.fetch("SELECT min(once) AS once FROM member_conduct")["once"].to_pylist() == [1.0]


def test_without_turns_a_call_continues_unless_it_is_the_first_of_its_conversation(engine):
    talk = calls("m0", 6, turns=[None, None, None, 3, None, None], conversation=[7, 7, 8, 8, 8, None])
    measured(engine, [talk, *(calls(f"m{n}", 6) for n in range(1, 5))])
    shown = engine.fetch(
        """SELECT c.follows FROM calls c JOIN features f ON f.exchange_key = c.exchange_key
           WHERE f.account_id = 'm0' ORDER BY f.exchange_id"""
    )
    assert shown["follows"].to_pylist() == [0, 1, 0, 1, 1, None]


def test_an_item_is_alone_where_one_account_sends_it_however_often(engine):
    shared = hash_of("all", 1)
    measured(engine, [calls(f"m{n}", 4, prompt_key=[n, n, shared, 100 + n]) for n in range(5)])
    items = engine.fetch("SELECT n, alone FROM group_items ORDER BY n, alone").to_pylist()
    assert items == [{"n": 1, "alone": True}] * 5 + [{"n": 2, "alone": True}] * 5 + [{"n": 5, "alone": False}]
