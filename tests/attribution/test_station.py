"""The whole hunt on a transfer station: who runs it, what goes through it, and who profits from what."""

import json

import pytest

from attribution import station
from stillhunt.config import Settings
from stillhunt.pipeline import hunt
from stillhunt.report.summary import summary
from stillhunt.runs import Run
from stillhunt.schema import HARVESTED, OPERATORS
from stillhunt.schema_actors import ATTRIBUTION, CROSS

SEED = 31


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> station.Station:
    return station.build(tmp_path_factory.mktemp("station") / "world", SEED)


@pytest.fixture(scope="module")
def hunted(world, tmp_path_factory):
    """Runs of the same logs by what the actor file names."""
    runs: dict[str, Run] = {}
    actors = {"labs": [*world.labs(), *world.decoys()], "decoys": world.decoys()}

    def get(name: str) -> Run:
        if name not in runs:
            folder = tmp_path_factory.mktemp(name)
            file = folder / "actors.jsonl"
            file.write_text("".join(json.dumps(actor) + "\n" for actor in actors[name]), encoding="utf-8")
            runs[name] = hunt(
                [world.made.logs],
                accounts=world.made.accounts_file,
                releases=world.made.releases_file,
                actors=file,
                out=folder / "run",
                settings=Settings(threads=1),
            )
        return runs[name]

    return get


def campaigns_by_truth(world: station.Station, run: Run) -> dict[str, dict]:
    """The campaign called that holds most of each true campaign's requests."""
    held = run.table(HARVESTED).to_pylist()
    rows = {row["campaign_id"]: row for row in run.campaigns.to_pylist()}
    found = {}
    for name in station.LABS:
        counts: dict[str, int] = {}
        for row in held:
            if world.campaign_of.get(row["exchange_id"]) == name:
                counts[row["campaign_id"]] = counts.get(row["campaign_id"], 0) + 1
        if counts:
            found[name] = rows[max(counts, key=counts.get)]
    return found


def test_one_operator_carries_three_campaigns(world, hunted):
    run = hunted("labs")
    operators = run.table(OPERATORS).to_pylist()
    assert len({row["operator_id"] for row in operators}) == 1
    found = {row["account_id"] for row in operators}
    assert len(found & world.accounts) >= 0.9 * len(world.accounts)
    assert len(found - world.accounts) <= 0.1 * len(found)
    campaigns = campaigns_by_truth(world, run)
    assert len({row["campaign_id"] for row in campaigns.values()}) == len(run.campaigns) == 3


def test_innocent_customers_of_the_same_accounts_are_not_held(world, hunted):
    held = hunted("labs").table(HARVESTED)["exchange_id"].to_pylist()
    innocent = [line["exchange_id"] for line in world.lines if line["exchange_id"] not in world.campaign_of]
    assert len(set(held) & set(innocent)) <= 0.01 * len(innocent)


def test_the_cross_table_is_near_the_truth_and_adds_up(world, hunted):
    run = hunted("labs")
    rows = run.table(CROSS).to_pylist()
    campaigns = campaigns_by_truth(world, run)
    (operator,) = {row["operator_id"] for row in rows if row["operator_id"]}
    cells = {row["campaign_id"]: row for row in rows if row["operator_id"] == operator}
    for name, taken in world.taken().items():
        assert cells[campaigns[name]["campaign_id"]]["exchanges"] == pytest.approx(taken, rel=0.05)
    assert cells[None]["operator_share"] == pytest.approx(station.CUSTOMERS, abs=0.03)
    assert sum(row["operator_share"] for row in cells.values()) == pytest.approx(1.0)
    for campaign in run.campaigns.to_pylist():
        own = [row["exchanges"] for row in rows if row["campaign_id"] == campaign["campaign_id"]]
        assert sum(own) == campaign["exchanges"]
    sent = [line for line in world.lines if line["account_id"] in world.accounts]
    assert sum(row["exchanges"] for row in cells.values()) == pytest.approx(len(sent), rel=0.1)


def test_each_campaign_is_given_to_its_lab_and_not_to_who_runs_the_accounts(world, hunted):
    campaigns = campaigns_by_truth(world, hunted("labs"))
    named = {name: row["beneficiary"] for name, row in campaigns.items()}
    assert named == station.LABS
    assert all(0.8 <= row["beneficiary_confidence"] < 1 for row in campaigns.values())


def test_every_actor_is_listed_with_why_and_what_would_change_it(world, hunted):
    rows = hunted("labs").table(ATTRIBUTION).to_pylist()
    for campaign in {row["campaign_id"] for row in rows}:
        judged = [row for row in rows if row["campaign_id"] == campaign]
        assert [row["rank"] for row in judged] == [1, 2, 3, 4, 5, 6]
        assert {row["actor"] for row in judged} == {*station.LABS.values(), "Transfer Ltd", "Lab Dogwood", None}
        assert sum(row["confidence"] for row in judged) == pytest.approx(1, abs=1e-5)
        assert all(row["would_change"] for row in judged)
        assert judged[0]["reasons"]
        (runs,) = (row for row in judged if row["actor"] == "Transfer Ltd")
        assert any("speaks of who runs the accounts" in said for said in runs["against"])


def test_a_file_of_decoys_names_nobody(hunted):
    run = hunted("decoys")
    assert run.campaigns["beneficiary"].to_pylist() == [None] * 3
    assert not any(run.table(ATTRIBUTION)["named"].to_pylist())


def test_report_and_summary_say_who_profits(world, hunted):
    run = hunted("labs")
    text = (run.path / "report.md").read_text(encoding="utf-8")
    for row in campaigns_by_truth(world, run).values():
        assert f"{row['beneficiary']}, " in text
    told = {c["beneficiary"]: c["suspects"] for c in summary(run)["campaigns"]}
    assert set(told) == set(station.LABS.values())
    assert all(suspects[0]["would_change"] for suspects in told.values())


def test_nothing_of_the_actor_file_but_names_lands_in_the_run(world, hunted):
    run = hunted("labs")
    told = ("prompts", "payment_ids", "mail_domains", "ips", "device_ids")
    raw = {value for actor in [*world.labs(), *world.decoys()] for field in told for value in actor.get(field, [])}
    held = "".join((run.path / name).read_text(encoding="utf-8") for name in ("run.json", "report.md", "report.html"))
    held += json.dumps(run.table(ATTRIBUTION).to_pylist())
    assert "Lab Ash" in held
    assert not [value for value in {*raw, "sells access"} if value in held]
