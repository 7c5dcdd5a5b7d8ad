"""A reference from a provider's own traffic: what it holds, what it leaves out, and that a hunt takes it."""

import json

import numpy as np
import pytest

from stillhunt.calibrate import calibrate, honesty
from stillhunt.config import Settings
from stillhunt.errors import InputError, UsageError
from stillhunt.evidence.lifetimes import Life
from stillhunt.evidence.reference import Reference, benign_bits
from stillhunt.evidence.tests import TESTS
from stillhunt.pipeline import hunt
from stillhunt.simulate.simulator import simulate


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return simulate(tmp_path_factory.mktemp("own"), accounts=700, days=4, seed=21, scenario="mixed")


@pytest.fixture(scope="module")
def made(world, tmp_path_factory):
    out = tmp_path_factory.mktemp("reference") / "own.json"
    settings = Settings(threads=1)
    files = {"accounts": world.accounts_file, "releases": world.releases_file}
    return out, calibrate([world.logs], out=out, settings=settings, **files)


def test_campaigns_that_are_called_are_no_benign_groups(made):
    _, calibration = made
    assert calibration.left_out >= 2
    assert sum(calibration.own.values()) >= 10


def test_too_few_groups_of_ones_own_join_the_shipped_ones_and_the_name_says_so(made):
    _, calibration = made
    assert calibration.reference.source.startswith("own traffic")
    assert "shipped default" in calibration.reference.source
    assert len(calibration.reference) > sum(calibration.own.values())


def test_the_file_is_what_was_made_and_a_hunt_says_that_it_used_it(made, world, tmp_path):
    out, calibration = made
    again = Reference.load(out)
    assert again.source == calibration.reference.source
    assert again.excess == calibration.reference.excess
    for name, values in calibration.reference.statistics.items():
        assert np.array_equal(again.statistics[name], values, equal_nan=True)
    files = {"accounts": world.accounts_file, "releases": world.releases_file}
    run = hunt([world.logs], out=tmp_path / "run", settings=Settings(threads=1, reference=str(out)), **files)
    assert run.info["control"]["reference"] == calibration.reference.source
    assert run.campaigns.num_rows >= 1


def test_its_own_groups_keep_the_promise_to_each_other(made):
    for row in made[1].honesty:
        assert row.share.interval[0] <= 2.0**-row.bits


def lives(rng, count, shift=0.0):
    """Benign lives with independent statistics, a few of them of a campaign nobody knows of."""
    return [
        Life("content", frozenset({f"{i}-{j}" for j in range(int(rng.integers(5, 80)))}), 0.1, 0.0, True,
             {t.name: float(rng.normal() + shift) for t in TESTS})
        for i in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("bad", [0, 30])
def test_bits_stay_honest_when_part_of_the_calibration_traffic_is_bad(bad):
    """30 of 600 groups are of an unknown campaign: innocent groups get fewer bits by it, never more."""
    rng = np.random.default_rng(5)
    origins = [i % 10 for i in range(600)]
    benign = lives(rng, 600 - bad)
    reference = Reference.of("test", benign + lives(rng, bad, shift=4.0), origins)
    bits = benign_bits(reference)[: 600 - bad]
    for row in honesty(bits, 8):
        assert row.share.interval[0] <= 2.0**-row.bits


def test_verified_customers_are_in_no_reference():
    rng = np.random.default_rng(6)
    known = lives(rng, 5)
    for life in known:
        life.verified = 1.0
    assert len(Reference.of("test", lives(rng, 20) + known, [0] * 25)) == 20


def test_what_is_wrong_is_said_in_a_sentence(tmp_path, world):
    with pytest.raises(UsageError, match="give a file in a folder that exists"):
        calibrate([world.logs], out=tmp_path)
    log = tmp_path / "one.jsonl"
    log.write_text(
        json.dumps({"exchange_id": "1", "ts": 1_780_272_000_000_000, "account_id": "a", "prompt": "hello"}) + "\n"
    )
    with pytest.raises(InputError, match="no group of accounts to calibrate on"):
        calibrate([log], out=tmp_path / "r.json")
    (tmp_path / "broken.json").write_text("{}")
    with pytest.raises(UsageError, match="is no reference of this version"):
        Reference.load(tmp_path / "broken.json")
    with pytest.raises(UsageError, match="No such file"):
        Reference.load(tmp_path / "none.json")


def test_logs_that_can_hardly_be_read_make_no_reference(world, tmp_path):
    logs = tmp_path / "calls.jsonl"
    broken = "no call\n" * 30
    good = {"exchange_id": "e1", "ts": "2026-03-01T10:00:00Z", "account_id": "a", "prompt": "How tall is it?"}
    logs.write_text(json.dumps(good) + "\n" + broken)
    with pytest.raises(InputError, match="30 of 31 input lines were rejected, more than the 5% allowed"):
        calibrate([logs], out=tmp_path / "own.json", settings=Settings(threads=1))
    assert not (tmp_path / "own.json").exists()


def test_settings_of_work_hold_while_calibrating(world, tmp_path):
    with pytest.raises(UsageError, match="more than the 10 that one process may take"):
        calibrate([world.logs], out=tmp_path / "own.json", settings=Settings(threads=1, max_ties=10))
