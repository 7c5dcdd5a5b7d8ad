"""A silent relay carries people's own prompts: it is found by what relays do, and is named so."""

import pytest

from stillhunt.evaluate.measure import evaluate
from stillhunt.pipeline import hunt
from stillhunt.schema import CAMPAIGNS, EVIDENCE, GROUPS
from stillhunt.simulate.simulator import simulate


@pytest.fixture(scope="module")
def relayed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("relay")
    world = simulate(folder / "traffic", scenario="relay", accounts=1_500, days=7, seed=77)
    run = hunt([world.logs], accounts=world.accounts_file, releases=world.releases_file, out=folder / "run")
    return run, evaluate(run, world.truth)


def test_a_relay_is_found_with_all_that_it_carries(relayed):
    _, found = relayed
    assert [c.found for c in found.by_campaign] == [True]
    assert found.accounts.recall.share >= 0.99
    assert found.requests.recall.share >= 0.99
    assert found.requests.precision.share >= 0.99
    assert found.false_alarms.accounts.hits == 0


def test_it_is_named_relay_and_not_distillation(relayed):
    run, _ = relayed
    assert run.table(CAMPAIGNS)["kind"].to_pylist() == ["relay"]


def test_relay_behaviour_and_infrastructure_speak_and_nothing_that_is_asked(relayed):
    run, _ = relayed
    campaign = run.table(CAMPAIGNS)["campaign_id"][0].as_py()
    strongest = next(g for g in run.table(GROUPS).to_pylist() if g["campaign_id"] == campaign)
    bits = {r["test"]: r["bits"] for r in run.table(EVIDENCE).to_pylist() if r["group_id"] == strongest["group_id"]}
    assert strongest["called"]
    assert 0 < bits["relayed_people"] == max(bits.values())  # conversations, times relay software, times secret sharing
    assert max(bits["elicitation"], bits["work_list"], bits["concentration"], bits["marked_work"]) <= 0


def test_a_campaign_by_template_is_not_named_relay(tmp_path):
    """It goes through the same kind of software, and is still told by what it asks."""
    world = simulate(tmp_path / "traffic", scenario="rate-13", accounts=1_500, days=7, seed=77)
    run = hunt([world.logs], accounts=world.accounts_file, releases=world.releases_file, out=tmp_path / "run")
    assert run.table(CAMPAIGNS)["kind"].unique().to_pylist() == ["distillation"]
