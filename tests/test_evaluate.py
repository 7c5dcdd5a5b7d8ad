"""Evaluation against hand-computed numbers: perfect, empty, everything called, split, merged."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from stillhunt.cli import app
from stillhunt.errors import UsageError
from stillhunt.evaluate import evaluate, lost_before_detection
from stillhunt.evaluate.intervals import Proportion
from stillhunt.evaluate.show import render, render_losses
from stillhunt.runs import Run, finish, write_table
from stillhunt.schema import (
    CAMPAIGNS,
    EVIDENCE,
    FEATURES,
    GROUPS,
    HARVESTED,
    MEMBERS,
    OPERATORS,
    PROFILE,
    REJECTED,
)

DAY = 86_400_000_000


@dataclass
class World:
    """Accounts with so many requests a day: 'a0' makes 'a0-0', 'a0-1', ..., one a day from day 0.

    Campaign 'one' has ten accounts a0..a9 of operator 'north' with ten harvesting requests each; 'two' has
    four accounts b0..b3 of operator 'south' with five each, of ten that they make. The innocent: twenty
    people, five of whom share an organisation, and a company of six seats that runs evaluations.
    """

    requests: dict[str, int] = field(
        default_factory=lambda: (
            {f"a{i}": 10 for i in range(10)}
            | {f"b{i}": 10 for i in range(4)}
            | {f"p{i}": 10 for i in range(20)}
            | {f"e{i}": 10 for i in range(6)}
        )
    )

    @property
    def guilty(self) -> dict[str, str]:
        one = {f"a{i}-{n}": "one" for i in range(10) for n in range(10)}
        return one | {f"b{i}-{n}": "two" for i in range(4) for n in range(5)}

    def calls(self, until: int = 10) -> list[tuple[str, int, str]]:
        return [(f"{a}-{n}", n * DAY, a) for a, count in self.requests.items() for n in range(min(count, until))]


WORLD = World()


def of(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{i}" for i in range(count)]


def entity(account: str) -> str:
    if account in of("p", 5):
        return "org-people"
    return "org-evals" if account.startswith("e") else account


def fill(table, rows):
    columns = {c.name: [row.get(c.name) for row in rows] for c in table.columns}
    return pa.table(columns, schema=table.arrow)


@pytest.fixture
def truth(tmp_path):
    return write_truth(tmp_path / "truth")


def write_truth(folder: Path) -> Path:
    folder.mkdir()
    kinds = {"a": "harvester", "b": "mixed", "p": "person", "e": "nightly_evals"}
    operators = {"a": "north", "b": "south"}
    rows = [
        {"account_id": a, "kind": kinds[a[0]], "operator": operators.get(a[0])} for a in WORLD.requests if a != "p19"
    ]
    (folder / "accounts.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    guilty = WORLD.guilty
    pq.write_table(
        pa.table({"exchange_id": list(guilty), "campaign": list(guilty.values())}),
        folder / "exchanges.parquet",
    )
    return folder


@pytest.fixture
def make_run(tmp_path):
    def make(called, operators=None, *, name="run", until=10):
        """`called`: campaign id → (accounts, exchange ids)."""
        folder = tmp_path / name
        (folder / "features").mkdir(parents=True)
        calls = WORLD.calls(until)
        features = [dict(zip(("exchange_id", "ts", "account_id"), c, strict=True)) for c in calls]
        pq.write_table(fill(FEATURES, features[::2]), folder / "features" / "0.parquet")
        pq.write_table(fill(FEATURES, features[1::2]), folder / "features" / "1.parquet")
        members = [
            {"campaign_id": c, "account_id": a, "role": "harvester", "bits": 9.0, "harvest_share": 1.0}
            for c, (accounts, _) in called.items()
            for a in accounts
        ]
        harvested = [
            {"campaign_id": c, "exchange_id": e, "bits": 9.0} for c, (_, exchanges) in called.items() for e in exchanges
        ]
        found = [
            {"operator_id": o, "account_id": a, "bits": bits}
            for o, (accounts, bits) in (operators or {}).items()
            for a in accounts
        ]
        profile = [
            {
                "account_id": a,
                "exchanges": min(n, until),
                "active_days": min(n, until),
                "first_ts": 0,
                "last_ts": (min(n, until) - 1) * DAY,
                "entity": entity(a),
            }
            for a, n in WORLD.requests.items()
        ]
        write_table(folder, MEMBERS, fill(MEMBERS, members))
        write_table(folder, HARVESTED, fill(HARVESTED, harvested))
        write_table(folder, OPERATORS, fill(OPERATORS, found))
        write_table(folder, PROFILE, fill(PROFILE, profile))
        for table in (CAMPAIGNS, EVIDENCE, GROUPS, REJECTED):
            write_table(folder, table, table.empty())
        return finish(folder, {})

    return make


def own(campaign: str) -> list[str]:
    return [e for e, c in WORLD.guilty.items() if c == campaign]


PERFECT = {"c1": (of("a", 10), own("one")), "c2": (of("b", 4), own("two"))}


def counts(p: Proportion) -> tuple[int, int]:
    return p.hits, p.of


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


def test_lost_before_detection(make_run, truth):
    half = [e for e in own("one") if int(e.split("-")[1]) < 6]
    runs = [
        make_run(PERFECT, name="day10", until=10),
        make_run({}, name="day3", until=3),
        make_run({"c1": (of("a", 10), half)}, name="day6", until=6),
    ]
    one, two = lost_before_detection(runs, truth)
    assert (one.campaign, Path(one.detected_by).name, one.detected_ts) == ("one", "day6", 5 * DAY)
    assert counts(one.lost) == (60, 100)
    assert (Path(two.detected_by).name, two.detected_ts, counts(two.lost)) == ("day10", 9 * DAY, (20, 20))
    assert (one.began_ts, one.hours) == (0, 5 * 24)
    missed = lost_before_detection(runs[1:2], truth)
    assert [(m.detected_by, m.hours, counts(m.lost)) for m in missed] == [
        (None, None, (30, 100)),
        (None, None, (12, 20)),
    ]
    with pytest.raises(UsageError, match="No run to look at"):
        lost_before_detection([], truth)


def test_the_command_tells_losses_where_several_runs_are_given(make_run, truth, capsys):
    runs = [make_run({}, name="day3", until=3), make_run(PERFECT, name="day10")]
    said = []
    for some in (runs[1:], runs):
        with pytest.raises(SystemExit) as left:
            app(["evaluate", *(str(r.path) for r in some), "--truth", str(truth), "--json"])
        assert left.value.code == 0
        said.append(json.loads(capsys.readouterr().out))
    assert said[1].pop("losses")[0]["lost"]["share"] == 1.0
    assert said[0] == said[1] == evaluate(runs[1], truth).to_dict()
    shown = Console(width=200, record=True)
    shown.print(render_losses(lost_before_detection(runs[:1], truth)))
    assert "not found" in shown.export_text()


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


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: (t / "accounts.jsonl").unlink(), "No truth at"),
        (lambda t: (t / "exchanges.parquet").unlink(), "No truth at"),
        (lambda t: (t / "accounts.jsonl").write_text("account_id,kind\n"), "is not JSON Lines"),
        (lambda t: (t / "accounts.jsonl").write_text('{"account": "a0"}\n'), "without account_id or kind"),
        (
            lambda t: (t / "accounts.jsonl").write_text('{"account_id": "a", "kind": "k"}\n' * 2),
            "named twice",
        ),
        (lambda t: (t / "exchanges.parquet").write_text("no"), "is not a Parquet file"),
        (
            lambda t: pq.write_table(pa.table({"exchange_id": ["x"]}), t / "exchanges.parquet"),
            "no column campaign",
        ),
        (
            lambda t: pq.write_table(pa.table({"exchange_id": [1], "campaign": ["x"]}), t / "exchanges.parquet"),
            "no text in column exchange_id",
        ),
    ],
)
def test_a_bad_truth_is_told_in_one_sentence(make_run, truth, spoil, message):
    spoil(truth)
    with pytest.raises(UsageError, match=message) as error:
        evaluate(make_run({}), truth)
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


def test_intervals_against_published_values():
    # Wilson: Newcombe 1998, table I, 81 of 263; exact: the rule 1 - 0.025^(1/n) for none of n.
    assert Proportion(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert Proportion(0, 20).interval == pytest.approx((0.0, 1 - 0.025 ** (1 / 20)))
    assert Proportion(20, 20).interval == pytest.approx((0.025 ** (1 / 20), 1.0))
    assert Proportion(8792, 8792).words() == "100.00 % (8,792 of 8,792; 99.96 to 100.00 %)"
    assert Proportion(0, 0).words() == "unknown (0 of 0)"
    assert Proportion(0, 1_000_000).words() == "0.0000 % (0 of 1,000,000; 0.0000 to 0.0004 %)"


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_stays_between_nothing_and_all(pair):
    p = Proportion(*pair)
    low, high = p.interval
    assert 0 <= low <= p.share <= high <= 1


def test_open_run_gives_the_same(make_run, truth):
    run = make_run(PERFECT)
    assert evaluate(Run.open(run.path), truth) == evaluate(run, truth)
