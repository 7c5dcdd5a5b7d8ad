"""Ids over runs: who keeps one, who gets one back, and what is said of the others."""

import pyarrow as pa
import pytest

from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.lineage import settle
from stillhunt.runs import finish, write_table
from stillhunt.schema import CAMPAIGNS, EVIDENCE, HARVESTED, OPERATORS
from stillhunt.schema_time import FORMER, LINEAGE


def fill(table, rows):
    return pa.table({c.name: [row.get(c.name) for row in rows] for c in table.columns}, schema=table.arrow)


def tables(campaigns, operators):
    """`campaigns`: id → numbers of its requests; `operators`: id → its accounts."""
    held = [{"exchange_id": f"x{n}", "campaign_id": c, "bits": 1.0} for c, ns in campaigns.items() for n in ns]
    ran = [{"operator_id": o, "account_id": a, "bits": 1.0} for o, accounts in operators.items() for a in accounts]
    said = [
        {"campaign_id": c, "kind": "relay", "bits": 1.0, "confidence": 1.0, "operators": list(operators) or None,
         "accounts": 1, "exchanges": len(ns), "first_ts": 0, "last_ts": 0, "peak_per_day": 1, "capabilities": [],
         "summary": "made up"} for c, ns in campaigns.items()
    ]  # fmt: skip
    why = [{"group_id": "g", "family": "f", "test": "t", "bits": 0.0, "reason": "r", "would_change": "w"}]
    return {t.name: fill(t, rows) for t, rows in ((HARVESTED, held), (OPERATORS, ran), (CAMPAIGNS, said),
                                                  (EVIDENCE, why))}  # fmt: skip


@pytest.fixture
def follow(tmp_path):
    """Settle runs one after the other; returns each run's tables."""
    state = {"earlier": None, "number": 0}

    def step(campaigns, operators=None):
        with DuckDBEngine(threads=1) as engine:
            made = settle(engine, tables(campaigns, operators or {}), state["earlier"])
        folder = tmp_path / str(state["number"])
        folder.mkdir()
        for table in (HARVESTED, OPERATORS, CAMPAIGNS, LINEAGE, FORMER):
            write_table(folder, table, made[table.name])
        state.update(earlier=finish(folder, {}), number=state["number"] + 1)
        return made

    return step


def lineage(made, what="campaign"):
    rows = [r for r in made["lineage"].to_pylist() if r["what"] == what]
    return {(r["id"], r["previous_id"], r["how"]): r["share"] for r in rows}


def held(made):
    found = {}
    for row in made["exchanges"].to_pylist():
        found.setdefault(row["campaign_id"], set()).add(int(row["exchange_id"][1:]))
    return found


def test_what_goes_on_keeps_its_id_in_every_table(follow):
    first = follow({"c-a": range(10)}, {"o-a": ["p", "q"]})
    assert lineage(first) == {("c-a", None, "new"): None}
    second = follow({"c-b": range(2, 30), "c-c": range(50, 60)}, {"o-b": ["p", "q", "r"], "o-z": ["s"]})
    assert lineage(second) == {("c-a", "c-a", "continues"): 0.8, ("c-c", None, "new"): None}
    assert lineage(second, "operator") == {("o-a", "o-a", "continues"): 1.0, ("o-z", None, "new"): None}
    assert held(second) == {"c-a": set(range(2, 30)), "c-c": set(range(50, 60))}
    assert second["campaigns"]["campaign_id"].to_pylist() == ["c-a", "c-c"]
    assert second["campaigns"]["operators"].to_pylist() == [["o-a", "o-z"]] * 2
    assert second["evidence"]["campaign_id"].to_pylist() == [None]
    third = follow({"c-e": range(50, 70), "c-d": range(40)}, {"o-c": ["q", "r"]})
    assert set(held(third)) == {"c-a", "c-c"}


def test_the_largest_part_of_a_split_keeps_the_id_and_the_split_is_remembered(follow):
    follow({"c-a": range(100)})
    # The smaller part has the very id that the whole had: it may not bear it.
    split = follow({"c-a": range(30), "c-b": range(30, 100)})
    (other,) = set(held(split)) - {"c-a"}
    assert held(split)["c-a"] == set(range(30, 100))
    assert lineage(split) == {("c-a", "c-a", "continues"): 0.7, (other, "c-a", "split"): 0.3}
    later = follow({"c-x": range(30), "c-b": range(30, 100)})
    assert lineage(later) == {
        ("c-a", "c-a", "continues"): 1.0,
        (other, other, "continues"): 1.0,
        (other, "c-a", "split"): 0.3,
    }


def test_what_was_merged_is_named_and_gets_its_id_back(follow):
    follow({"c-a": range(60), "c-b": range(60, 100)})
    merged = follow({"c-c": range(100)})
    assert set(held(merged)) == {"c-a"}
    assert lineage(merged) == {("c-a", "c-a", "continues"): 1.0, ("c-a", "c-b", "merged"): 1.0}
    assert lineage(follow({"c-c": range(110)})) == lineage(merged)
    parted = follow({"c-d": range(60), "c-e": range(60, 110)})
    assert held(parted) == {"c-a": set(range(60)), "c-b": set(range(60, 110))}


def test_what_is_called_no_more_is_told_and_gets_its_id_back(follow):
    follow({"c-a": range(10)}, {"o-a": ["p"]})
    gone = follow({})
    assert lineage(gone) == {("c-a", "c-a", "dropped"): None}
    assert lineage(gone, "operator") == {("o-a", "o-a", "dropped"): None}
    assert {r["unit"] for r in gone["former"].to_pylist()} == {"p", *(f"x{n}" for n in range(10))}
    back = follow({"c-n": range(20)}, {"o-n": ["p", "q"]})
    assert set(held(back)) == {"c-a"}
    assert len(back["former"]) == 0


def test_a_few_requests_that_changed_hands_make_no_kin(follow):
    follow({"c-a": range(100)})
    made = follow({"c-b": range(92, 200), "c-c": range(92)})
    assert lineage(made) == {("c-a", "c-a", "continues"): 0.92, ("c-b", None, "new"): None}
