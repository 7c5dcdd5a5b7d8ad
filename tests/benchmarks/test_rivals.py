"""Each rival gives sane answers, and wins in a world where it must: else it would be a straw man."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rivals import components, itself, outliers, per_account, synchrony, window_test
from rivals.answers import ALLOWED, SMALLEST, Answer, Answers, from_scores, measure, tuned
from rivals.world import Asked, hunted, made

from stillhunt.schema import ACCOUNT, EXCHANGE
from stillhunt.simulate.simulator import Simulated

PLAIN = (*itself.RIVALS, *per_account.RIVALS, *synchrony.RIVALS, *components.RIVALS)
EXTRA = (*window_test.RIVALS, *outliers.RIVALS)
HOUR = 3_600_000_000
START = 1_772_409_600_000_000
PEOPLE, WORKERS = 120, 8
SUBJECTS = ("bread", "rivers", "violins", "taxes", "knitting", "comets", "chess", "herbs", "glaciers", "trams")
TOLD = tuple(
    f"My {subject} {verb} since {day}, what would you do about it?"
    for subject in SUBJECTS
    for verb in ("failed", "froze", "broke", "grew", "leaked", "smelled", "worked", "stopped", "spoke", "vanished")
    for day in ("Monday", "March", "noon", "winter", "school")
)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    with made(Asked("mixed", 5, 300, 3, None, 1), tmp_path_factory.mktemp("mixed"), TOLD * 8) as world:
        yield world


@pytest.fixture(scope="module")
def loud(tmp_path_factory):
    """Eight accounts with one card, one address and one template ask 150 questions each, in the same hours."""
    folder = tmp_path_factory.mktemp("loud")
    calls = [call for a in range(PEOPLE) for call in person(a)] + [call for a in range(WORKERS) for call in worker(a)]
    accounts = [
        {"account_id": name(a), "payment_id": "one card" if a >= PEOPLE else f"card {a}"}
        for a in range(PEOPLE + WORKERS)
    ]
    (folder / "logs").mkdir()
    (folder / "truth").mkdir()
    pq.write_table(pa.Table.from_pylist(calls, schema=EXCHANGE.arrow), folder / "logs" / "day.parquet")
    pq.write_table(pa.Table.from_pylist(accounts, schema=ACCOUNT.arrow), folder / "accounts.parquet")
    (folder / "releases.jsonl").write_text('{"model": "m", "released_at": "2026-01-05T00:00:00Z"}\n')
    lines = [
        json.dumps({"account_id": name(a), "kind": kind, "operator": operator, "org": None})
        for kind, operator, numbers in (
            ("person", None, range(PEOPLE)),
            ("fraudulent", "shop", range(PEOPLE, PEOPLE + WORKERS)),
        )
        for a in numbers
    ]
    (folder / "truth" / "accounts.jsonl").write_text("\n".join(lines) + "\n")
    harvested = [call["exchange_id"] for call in calls if call["exchange_id"].startswith("w")]
    pq.write_table(
        pa.table({"exchange_id": harvested, "campaign": ["harvest"] * len(harvested)}),
        folder / "truth" / "exchanges.parquet",
    )
    traffic = Simulated(folder, folder / "logs", folder / "accounts.parquet", folder / "releases.jsonl",
                        folder / "truth", len(accounts), len(calls), len(harvested))  # fmt: skip
    with hunted(Asked("loud", 1, PEOPLE + WORKERS, 1, None, 1), traffic, folder / "run", TOLD * 9) as world:
        yield world


def name(account):
    return f"account-{account:03d}"


def person(a):
    return [
        {"exchange_id": f"p{a}-{n}", "ts": START + (a * 7 + n * 5) % 24 * HOUR + a * 1000, "account_id": name(a),
         "prompt": TOLD[(a * 37 + n) % len(TOLD)], "ip": f"10.0.{a}.1", "turns": 1, "status": 200}
        for n in range(12)
    ]  # fmt: skip


def worker(a):
    return [
        {"exchange_id": f"w{a}-{n}", "ts": START + n % 10 * HOUR + n * 5_000_000, "account_id": name(PEOPLE + a),
         "prompt": "You are an expert tutor of sums who shows your reasoning, step by step, before each result. "
         f"Add {a * 1000 + n} to {n * n} and write a proof that the total is right",
         "ip": "10.9.9.9", "turns": 1, "status": 200}
        for n in range(150)
    ]  # fmt: skip


def sane(answers, world):
    for answer in (answers.own, *answers.others):
        flagged = answer.flagged
        assert len(flagged) == len(np.unique(flagged))
        assert not len(flagged) or (flagged.min() >= 0 and flagged.max() < len(world.guilty))
    best = measure(tuned(answers, world), world)
    assert best.alarms.hits <= ALLOWED * best.alarms.of
    own = measure(answers.own, world)
    assert own.recall.of == world.guilty.sum()
    assert own.precision.of == own.recall.hits + own.alarms.hits
    assert sum(p.hits for p in own.kinds.values()) == own.alarms.hits


@pytest.mark.parametrize("rival", PLAIN, ids=lambda rival: rival.name)
def test_answers_are_sane(rival, mixed):
    answers = rival.answer(mixed)
    sane(answers, mixed)
    if rival.grouped and rival not in itself.RIVALS:
        assert all(len(g) >= SMALLEST for answer in (answers.own, *answers.others) for g in answer.groups)


@pytest.mark.parametrize("rival", PLAIN[1:], ids=lambda rival: rival.name)
def test_wins_where_it_must(rival, loud):
    best = measure(tuned(rival.answer(loud), loud), loud)
    assert (best.recall.share, best.precision.share, best.found_pure.share) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("rival", EXTRA, ids=lambda rival: rival.name)
def test_with_the_extra(rival, loud, mixed):
    for module in ("pyod", "wordllama"):
        pytest.importorskip(module, reason="needs requirements-rivals.lock")
    sane(rival.answer(mixed), mixed)
    best = measure(tuned(rival.answer(loud), loud), loud)
    assert (best.recall.share, best.precision.share) == (1.0, 1.0)


def test_an_oracle_takes_the_most_that_it_may(loud):
    guilty = np.flatnonzero(loud.guilty)
    everybody = Answer("everybody", (np.arange(len(loud.guilty)),))
    some, most = Answer("some", (guilty[:3],)), Answer("most", (guilty[:6],))
    assert tuned(Answers(everybody, (some, most)), loud) is most
    assert not tuned(Answers(everybody), loud).groups


def test_unknown_scores_are_never_flagged():
    answers = from_scores(np.array([np.nan, 3.0, 1.0, 2.0, np.nan]), 1.5)
    assert answers.own.flagged.tolist() == [1, 3]
    assert all(0 not in answer.flagged for answer in answers.others)


def test_campaigns_count_once_and_pure_groups_apart(loud):
    everybody = measure(Answer("everybody", (np.arange(len(loud.guilty)),)), loud)
    assert (everybody.found.hits, everybody.found_pure.hits) == (1, 0)
    apart = measure(Answer("pieces", tuple(np.flatnonzero(loud.guilty)[i : i + 2] for i in range(0, 8, 2))), loud)
    assert (apart.found.hits, apart.recall.share) == (0, 1.0)
