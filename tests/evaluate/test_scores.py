"""Scores against hand-computed numbers: perfect, empty, everything called, split, merged."""

import json

import pytest
from rich.console import Console

from evaluate.small_world import PERFECT, WORLD, counts, of, own
from stillhunt.evaluate import evaluate
from stillhunt.evaluate.show import render
from stillhunt.runs import Run, write_table
from stillhunt.schema import PROFILE


def test_perfect_run(make_run, truth):
    found = evaluate(make_run(PERFECT, {"o1": (of("a", 10), 5.0), "o2": (of("b", 4), 5.0)}), truth)
    assert counts(found.accounts.precision) == counts(found.accounts.recall) == (14, 14)
    assert counts(found.requests.precision) == counts(found.requests.recall) == (120, 120)
    assert counts(found.campaigns.precision) == counts(found.campaigns.recall) == (2, 2)
    one, two = found.by_campaign
    assert (one.campaign, one.best, one.pieces, one.merged_with, one.found) == (
        "one",
        "c1",
        ("c1",),
        (),
        True,
    )
    assert counts(one.purity) == (100, 100)
    assert (two.accounts, two.requests) == (4, 20)
    assert counts(found.false_alarms.accounts) == (0, 26)
    # Fifteen people alone, their shared organisation, and the evaluators' company.
    assert counts(found.false_alarms.organisations) == (0, 17)
    # 400 calls less 120 harvesting; the mixed accounts' own twenty are innocent requests.
    assert counts(found.false_alarms.requests) == (0, 280)
    assert found.false_alarms.requests_per_million == 0
    assert found.false_campaigns == ()
    assert [(o.operator, o.best, counts(o.recall), counts(o.purity)) for o in found.operators] == [
        ("north", "o1", (10, 10), (10, 10)),
        ("south", "o2", (4, 4), (4, 4)),
    ]
    assert found.not_read == 0


def test_empty_run(make_run, truth):
    found = evaluate(make_run({}), truth)
    assert counts(found.accounts.precision) == (0, 0)
    assert found.accounts.precision.share is None
    assert counts(found.accounts.recall) == (0, 14)
    assert counts(found.requests.recall) == (0, 120)
    assert counts(found.campaigns.recall) == (0, 2)
    assert [(c.best, c.pieces, c.found, counts(c.best_holds)) for c in found.by_campaign] == [
        (None, (), False, (0, 10)),
        (None, (), False, (0, 4)),
    ]
    assert [(o.best, counts(o.recall), counts(o.purity)) for o in found.operators] == [
        (None, (0, 10), (0, 0)),
        (None, (0, 4), (0, 0)),
    ]


def test_everything_called(make_run, truth):
    everything = [e for e, _, _ in WORLD.calls()]
    found = evaluate(make_run({"all": (list(WORLD.requests), everything)}), truth)
    assert counts(found.accounts.precision) == (14, 40)
    assert counts(found.accounts.recall) == (14, 14)
    assert counts(found.requests.precision) == (120, 400)
    assert counts(found.campaigns.recall) == (2, 2)
    assert counts(found.campaigns.precision) == (0, 1)
    (false,) = found.false_campaigns
    assert (false.campaign_id, counts(false.innocent), false.kind) == ("all", (280, 400), "person")
    assert counts(found.false_alarms.accounts) == (26, 26)
    assert counts(found.false_alarms.organisations) == (17, 17)
    assert found.false_alarms.requests_per_million == 1e6
    kinds = {k.kind: k.alarms for k in found.by_kind}
    assert {k: counts(a.accounts) for k, a in kinds.items()} == {
        "nightly_evals": (6, 6),
        "person": (19, 19),
        "unnamed": (1, 1),
    }
    assert counts(kinds["nightly_evals"].organisations) == (1, 1)
    assert counts(kinds["person"].requests) == (190, 190)


def test_split_merged_and_stray(make_run, truth):
    # 'one' is cut into 50, 30 and 4 requests (the last under one in twenty: no piece); the largest piece
    # takes in all of 'two' and one innocent call of a mixed account and one of a person.
    one = own("one")
    called = {
        "big": ([*of("a", 5), *of("b", 4), "p7"], [*one[:50], *own("two"), "b0-9", "p7-0"]),
        "mid": (["a5", "a6", "a7"], one[50:80]),
        "tiny": (["a8"], one[80:84]),
    }
    found = evaluate(make_run(called, {"o": ([*of("a", 8), "b0", "p7"], 5.0), "late": (["b0", "b1"], 9.0)}), truth)
    first, second = found.by_campaign
    assert (first.best, first.pieces, first.merged_with, first.found) == (
        "big",
        ("big", "mid"),
        ("two",),
        True,
    )
    assert counts(first.best_holds) == (5, 10)
    assert counts(first.account_recall) == (9, 10)
    assert counts(first.request_recall) == (84, 100)
    assert counts(first.purity) == (80, 102)
    assert (second.best, second.pieces, second.merged_with) == ("big", ("big",), ("one",))
    assert counts(second.purity) == (20, 72)
    assert counts(found.accounts.precision) == (13, 14)
    assert counts(found.requests.precision) == (104, 106)
    assert counts(found.campaigns.precision) == (3, 3)
    assert counts(found.false_alarms.requests) == (2, 280)
    assert found.false_alarms.requests_per_million == pytest.approx(7142.857, abs=0.001)
    # b0 belongs to the operator that holds it with more bits.
    assert [(o.best, counts(o.recall), counts(o.purity)) for o in found.operators] == [
        ("o", (8, 10), (8, 9)),
        ("late", (2, 4), (2, 2)),
    ]


def test_a_campaign_in_many_small_pieces_is_not_found(make_run, truth):
    one = own("one")
    called = {f"c{i}": ([f"a{i}"], one[10 * i : 10 * i + 10]) for i in range(10)}
    found = evaluate(make_run(called), truth)
    assert not found.by_campaign[0].found
    assert len(found.by_campaign[0].pieces) == 10
    assert counts(found.by_campaign[0].account_recall) == (10, 10)


def test_truth_org_stands_before_the_profile(make_run, truth):
    rows = [{"account_id": a, "kind": "person", "org": "acme"} for a in of("p", 20)]
    (truth / "accounts.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    found = evaluate(make_run(PERFECT), truth)
    assert counts(found.false_alarms.organisations) == (0, 2)
    assert found.operators == ()


def test_a_line_delivered_twice_counts_once(make_run, truth):
    run = make_run(PERFECT)
    once = evaluate(run, truth)
    (run.path / "features" / "2.parquet").write_bytes(run.features[0].read_bytes())
    assert evaluate(run, truth) == once


def test_requests_that_the_run_did_not_read_are_told(make_run, truth):
    found = evaluate(make_run({}, until=2), truth)
    assert found.not_read == 120 - 28
    assert counts(found.requests.recall) == (0, 28)


def test_a_run_that_read_nothing(make_run, truth):
    run = make_run({})
    for file in run.features:
        file.unlink()
    write_table(run.path, PROFILE, PROFILE.empty())
    found = evaluate(run, truth)
    assert found.by_campaign == ()
    assert found.not_read == 120
    assert found.false_alarms.requests_per_million is None


def test_json_and_tables_say_the_same(make_run, truth):
    run = make_run(PERFECT | {"c3": (["e0", "[red]"], ["e0-0"])}, {"o1": (of("a", 10), 5.0)})
    found = evaluate(run, truth)
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["accounts"]["recall"] == {
        "hits": 14,
        "of": 14,
        "share": 1.0,
        "low": pytest.approx(0.7684, abs=1e-4),
        "high": 1.0,
    }
    assert plain["by_campaign"][0]["found"] is True
    assert plain["false_alarms"]["requests_per_million"] == pytest.approx(3571.4, abs=0.1)
    assert plain["by_campaign"][0]["merged_with"] == []
    with (run.path / "terminal").open("w", encoding="utf-8") as file:
        console = Console(width=200, record=True, file=file)
        console.print(render(found))
    text = console.export_text()
    assert "100.0 % (14 of 14; 76.8 to 100.0 %)" in text
    assert "False campaign c3: 100.0 %" in text


def test_open_run_gives_the_same(make_run, truth):
    run = make_run(PERFECT)
    assert evaluate(Run.open(run.path), truth) == evaluate(run, truth)
