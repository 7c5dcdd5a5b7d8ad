"""Profiles of accounts whose every answer is known by hand."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ids import with_keys

from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.profiles import build_profiles
from stillhunt.schema import ACCOUNT_KEYS, FEATURES, PROFILE

HOUR = 3_600_000_000
MINUTE = HOUR // 60
DAY = 24 * HOUR
MONDAY = 20_514 * DAY


@pytest.fixture(scope="module")
def engine():
    with DuckDBEngine(threads=2) as engine:
        yield engine


def call(account, ts, **fields):
    return with_keys({"exchange_id": f"{account}-{ts}", "account_id": account, "ts": MONDAY + ts, **fields})


def profiles(engine, calls, accounts=()):
    engine.register("features", pa.Table.from_pylist(list(calls), schema=FEATURES.arrow))
    engine.register(
        "account_keys", pa.Table.from_pylist([with_keys(row) for row in accounts], schema=ACCOUNT_KEYS.arrow)
    )
    build_profiles(engine)
    return engine.fetch("SELECT * FROM profile ORDER BY account_id")


def one(engine, calls, accounts=()):
    return profiles(engine, calls, accounts).to_pylist()[0]


def test_columns_are_those_of_the_schema(engine):
    rows = profiles(engine, [call("a", 0)])
    assert rows.schema.names == list(PROFILE.names)
    assert rows.schema.types == PROFILE.arrow.types
    assert profiles(engine, []).num_rows == 0


def test_what_is_unknown_stays_unknown(engine):
    row = one(engine, [call("a", 0)])
    assert row | {"exchanges": 1, "active_days": 1, "sessions": 1, "entity": "account:a"} == row
    unknown = ("org_id", "verified", "pathway", "day_rhythm", "follow_ups", "elicitation", "distinct_prompts")
    assert [row[name] for name in unknown] == [None] * len(unknown)


def test_volumes_and_sessions(engine):
    moments = (0, 30 * MINUTE, 61 * MINUTE, DAY, 3 * DAY + 5)
    row = one(engine, [call("a", ts) for ts in moments])
    assert (row["exchanges"], row["active_days"], row["sessions"]) == (5, 3, 4)
    assert (row["first_ts"], row["last_ts"]) == (MONDAY, MONDAY + 3 * DAY + 5)


def test_who_an_account_openly_is(engine):
    calls = [
        *(call("file", n, org_id="other") for n in range(3)),
        call("calls", 0, org_id="small"),
        *(call("calls", n, org_id="large") for n in (1, 2)),
        call("mail", 0),
        call("public", 0),
    ]
    accounts = [
        {"account_id": "file", "org_id": "declared", "mail_domain": 7, "verified": True, "pathway": "cloud"},
        {"account_id": "mail", "mail_domain": -7},
        {"account_id": "public"},
        {"account_id": "idle", "org_id": "never called"},
    ]
    rows = {row["account_id"]: row for row in profiles(engine, calls, accounts).to_pylist()}
    assert {name: row["entity"] for name, row in rows.items()} == {
        "calls": "large",
        "file": "declared",
        "mail": "account:mail",
        "public": "account:public",
    }
    assert (rows["file"]["org_id"], rows["file"]["verified"], rows["file"]["pathway"]) == ("declared", True, "cloud")


def test_follow_ups(engine):
    calls = [
        call("a", 0, turns=1),
        call("a", 1, turns=2),
        call("a", 2, opening=5),
        call("a", 3, conversation=9),
        call("a", 4, conversation=9),
        call("b", 4, conversation=9),
        call("a", 5),
    ]
    rows = profiles(engine, calls)["follow_ups"].to_pylist()
    assert rows == [3 / 5, 0.0]


def test_elicitation_is_the_mean_of_the_highest(engine):
    calls = [
        call("a", 0, elicit_reasoning=0.25, elicit_bypass=0.75),
        call("a", 1, elicit_grading=0.25),
        call("a", 2, elicit_grading=float("nan")),
        call("a", 3),
    ]
    assert one(engine, calls)["elicitation"] == 0.5


def test_distinct_prompts(engine):
    assert one(engine, [call("a", n, prompt_key=k) for n, k in enumerate((1, 1, 2, None))])["distinct_prompts"] == 2 / 3


def test_rhythm_of_one_hour_of_all_hours_and_of_too_few(engine):
    one_hour = [call("hour", day * DAY + 9 * HOUR + n * MINUTE) for day in range(10) for n in range(4)]
    round_the_clock = [call("flat", n * HOUR) for n in range(72)]
    seven = [call("seven", day * DAY) for day in range(7)]
    one_day = [call("short", n * HOUR) for n in range(12)]
    rows = profiles(engine, [*one_hour, *round_the_clock, *seven, *one_day])
    rhythm = dict(zip(rows["account_id"].to_pylist(), rows["day_rhythm"].to_pylist(), strict=True))
    assert rhythm["hour"] == pytest.approx(1, abs=1e-5)
    assert rhythm["flat"] == pytest.approx(-1 / 71, abs=1e-5)
    assert rhythm["seven"] is rhythm["short"] is None


def test_rhythm_has_no_bias(engine):
    """Accounts that pick ten hours at random have no rhythm on average; calls in bursts do not change that."""
    chance = np.random.default_rng(5)
    calls = [
        call(f"a{account:03}", int(hour) * HOUR + minute * MINUTE)
        for account in range(300)
        for hour in chance.choice(24 * 30, 10, replace=False)
        for minute in range(3)
    ]
    rhythm = np.array(profiles(engine, calls)["day_rhythm"].to_pylist())
    assert abs(rhythm.mean()) < 4 * rhythm.std() / np.sqrt(len(rhythm))


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_order_changes_nothing(engine, data):
    """The same calls in any order give the same bits, fractions included."""
    chance = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    calls = [
        call(
            f"a{chance.integers(4)}",
            int(chance.integers(20 * DAY)),
            exchange_id=f"x{n}",
            turns=int(chance.integers(1, 4)),
            conversation=int(chance.integers(9)),
            org_id=f"o{chance.integers(3)}",
            prompt_key=int(chance.integers(30)),
            elicit_reasoning=float(chance.random()),
            elicit_grading=float(chance.random()),
        )
        for n in range(120)
    ]
    before = profiles(engine, calls)
    assert profiles(engine, data.draw(st.permutations(calls))).equals(before)
