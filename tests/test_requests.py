"""Requests of mixed accounts: told apart where keys alone cannot, with posteriors that can be believed."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from stillhunt.config import load_secret
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.pipeline import Clock, measure
from stillhunt.separation import separate
from stillhunt.separation.contrast import FOLDS, fit_contrast, folds_of
from stillhunt.separation.mixture import ANCHOR, UNTIED, Units, excess, posteriors
from stillhunt.separation.separate import HELD, separate_requests
from stillhunt.separation.traits import COLUMNS, Scale
from stillhunt.simulate.simulator import simulate
from stillhunt.traffic import Traffic, read_traffic


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """Half innocent, nine wordings: the traffic, its groups, and who is guilty."""
    folder = tmp_path_factory.mktemp("wordings")
    made = simulate(folder / "traffic", scenario="wordings-50", accounts=400, days=4, seed=21)
    with DuckDBEngine(threads=1) as engine:
        traffic = Traffic([made.logs], made.accounts_file, made.releases_file)
        (folder / "features").mkdir()
        read_traffic(engine, traffic, folder / "features", load_secret(), lambda share: None)
        measure(engine, Clock(None))
        engine.load("truth", [Path(made.truth) / "exchanges.parquet"])
        engine.create("guilty", "SELECT f.* FROM features f JOIN truth t ON t.exchange_id = f.exchange_id")
        engine.create(
            "campaign_insiders",
            "SELECT DISTINCT i.a FROM guilty g JOIN account_index i ON i.account_id = g.account_id",
        )
        engine.create("customer_requests", "SELECT exchange_key FROM features WHERE 1 = 0")
        yield engine


def seed(engine, wordings=99, standing=ANCHOR):
    """Let the campaign be known by its most frequent wordings alone, or by its accounts."""
    named = f"""SELECT f.exchange_key FROM guilty f JOIN (
        SELECT system_key FROM guilty GROUP BY system_key ORDER BY count(*) DESC, system_key LIMIT {wordings}) w
        ON w.system_key = f.system_key"""
    everything = "SELECT exchange_key FROM features"
    engine.create(
        "campaign_seeds",
        f"""SELECT 'c-1' AS campaign_id, f.exchange_key, i.a, 9.0 AS bits, {standing} AS standing
            FROM features f JOIN account_index i ON i.account_id = f.account_id
            WHERE i.a IN (SELECT a FROM campaign_insiders)
              AND f.exchange_key IN ({named if standing else everything})""",
    )


def quality(engine, table="campaign_requests"):
    row = engine.fetch(
        f"""SELECT count(*) AS held, count(t.exchange_key) AS both, (SELECT count(*) FROM truth) AS guilty
            FROM {table} r LEFT JOIN guilty t ON t.exchange_key = r.exchange_key"""
    ).to_pylist()[0]
    return row["both"] / row["held"], row["both"] / row["guilty"]


def test_wordings_that_no_key_ties_are_found_and_customers_are_left_alone(engine):
    seed(engine, wordings=2)
    separate_requests(engine, by_account=())
    assert quality(engine, "campaign_seeds")[1] < 0.5  # what keys alone would hold
    precision, recall = quality(engine)
    assert precision >= 0.99
    assert recall >= 0.95


def test_posteriors_can_be_believed(engine):
    seed(engine, wordings=2)
    separate_requests(engine, by_account=())
    rows = engine.fetch(
        """SELECT f.exchange_id, coalesce(j.posterior, 0.0) AS posterior, t.exchange_id IS NOT NULL AS guilty
           FROM features f JOIN account_index i ON i.account_id = f.account_id
           LEFT JOIN judged_requests j ON j.exchange_key = f.exchange_key
           LEFT JOIN truth t ON t.exchange_id = f.exchange_id WHERE i.a IN (SELECT a FROM campaign_insiders)"""
    )
    posterior, guilty = rows["posterior"].to_numpy(), rows["guilty"].to_numpy()
    assert abs(posterior.mean() - guilty.mean()) < 0.03
    for low, high in ((0.0, 0.1), (0.1, 0.9), (0.9, 1.01)):
        some = (posterior >= low) & (posterior < high)
        if some.sum() >= 30:
            assert abs(posterior[some].mean() - guilty[some].mean()) < 0.1 + 2 / np.sqrt(some.sum())


def test_what_a_relay_puts_before_all_that_it_passes_on_says_nothing_of_its_customers(engine):
    """All requests of the accounts bear the relay's own system prompt; its customers are known in part."""
    engine.create("as_sent", "SELECT * FROM features")
    engine.create(
        "features",
        """SELECT f.* REPLACE (CASE WHEN i.a IS NULL THEN f.system_key ELSE 7 END AS system_key,
                               CASE WHEN i.a IS NULL THEN f.elicit_reasoning ELSE 0.98 END AS elicit_reasoning,
                               CASE WHEN i.a IS NULL THEN f.capability ELSE 'extraction' END AS capability,
                               CASE WHEN i.a IS NULL THEN f.words ELSE f.words + 900 END AS words,
                               CASE WHEN i.a IS NULL THEN f.semantic END AS semantic)
           FROM as_sent f LEFT JOIN (SELECT account_id, x.a FROM account_index x
                                     JOIN campaign_insiders n ON n.a = x.a) i ON i.account_id = f.account_id""",
    )
    seed(engine, wordings=2)
    engine.create("no_customers", "SELECT * FROM customer_requests")
    engine.create(
        "customer_requests",
        """SELECT exchange_key FROM features f JOIN account_index i ON i.account_id = f.account_id
           WHERE i.a IN (SELECT a FROM campaign_insiders) AND exchange_id NOT IN (SELECT exchange_id FROM truth)
             AND ts % 4 = 0""",
    )
    separate_requests(engine, by_account=())
    told, _ = quality(engine)
    engine.create("customer_requests", "SELECT * FROM no_customers")
    separate_requests(engine, by_account=())
    untold, _ = quality(engine)
    engine.create("features", "SELECT * FROM as_sent")
    assert told >= 0.99
    assert untold < 0.9


def test_without_any_key_less_is_held_of_what_everybody_asks(engine):
    """How much less depends on how like the innocent the campaign asks; nothing is promised here but the direction."""
    seed(engine, standing=UNTIED)
    separate_requests(engine, by_account=())
    before, _ = quality(engine, "campaign_seeds")
    precision, recall = quality(engine)
    assert precision > before + 0.2
    assert recall >= 0.9


@pytest.mark.parametrize("standing", [UNTIED, ANCHOR])
def test_a_relay_keeps_all_its_requests_at_its_accounts_share(engine, standing):
    """A text that its people's words share makes none of them surer."""
    seed(engine, standing=standing)
    separate_requests(engine, by_account={"c-1"})
    held = engine.fetch(
        "SELECT a, count(DISTINCT posterior) AS n, max(posterior) AS p FROM campaign_requests GROUP BY a"
    )
    assert set(held["n"].to_pylist()) == {1}
    assert all(0 < p <= 1 for p in held["p"].to_pylist())
    assert (
        engine.fetch("SELECT * FROM campaign_requests").num_rows
        == engine.fetch("SELECT * FROM campaign_seeds").num_rows
    )


def test_too_little_to_learn_from_leaves_what_the_keys_decided(engine, monkeypatch):
    seed(engine)
    monkeypatch.setattr(separate, "LEAST", 10**9)
    separate_requests(engine, by_account=())
    both = [engine.fetch(f"SELECT exchange_key FROM {t} ORDER BY 1") for t in ("campaign_requests", "campaign_seeds")]
    assert both[0].equals(both[1])
    assert engine.fetch("SELECT min(posterior) AS p FROM campaign_requests")["p"].to_pylist() == [0.99]


def test_parts_change_nothing_and_members_are_those_of_whom_requests_are_held(engine, monkeypatch):
    seed(engine, wordings=3)
    separate_requests(engine, by_account=())
    whole = engine.fetch("SELECT * FROM campaign_requests ORDER BY exchange_key")
    monkeypatch.setattr(separate, "AT_ONCE", 500)
    separate_requests(engine, by_account=())
    assert engine.fetch("SELECT * FROM campaign_requests ORDER BY exchange_key").equals(whole)
    members = engine.fetch("SELECT a, share FROM campaign_members ORDER BY a")
    held = engine.fetch("SELECT DISTINCT a FROM campaign_requests ORDER BY a")["a"]
    assert members["a"].to_pylist() == held.to_pylist()
    assert all(0 <= share <= 1 for share in members["share"].to_pylist())
    assert min(whole["posterior"].to_pylist()) >= HELD


def test_a_sample_takes_conversations_and_single_calls_alike(engine):
    """It is the units of the least numbers: those of either kind lie as densely there as anywhere."""
    engine.create("as_sent", "SELECT * FROM features")
    engine.create(
        "features",
        """SELECT f.* REPLACE (CASE WHEN ts % 2 = 0 THEN coalesce(conversation, body_key, ts) END AS conversation)
           FROM as_sent f""",
    )
    seed(engine)
    separate_requests(engine, by_account=())
    rows = engine.fetch(
        """SELECT f.conversation IS NULL AS single FROM candidate_requests c
           JOIN features f ON f.exchange_key = c.exchange_key ORDER BY c.unit, c.exchange_key"""
    )
    engine.create("features", "SELECT * FROM as_sent")
    single = rows["single"].to_numpy(zero_copy_only=False)
    assert 0.2 < single.mean() < 0.8
    assert single[: len(single) // 10].mean() == pytest.approx(single.mean(), abs=0.1)


def test_another_campaigns_anchors_stay_its_own(engine):
    seed(engine, wordings=1)
    engine.create("first", "SELECT * FROM campaign_seeds")
    seed(engine, wordings=3)
    engine.create(
        "campaign_seeds",
        """SELECT * FROM first UNION ALL
           SELECT 'c-2' AS campaign_id, exchange_key, a, bits, standing FROM campaign_seeds
           WHERE exchange_key NOT IN (SELECT exchange_key FROM first)""",
    )
    separate_requests(engine, by_account=())
    rows = engine.fetch("SELECT count(*) AS n, count(DISTINCT exchange_key) AS d FROM campaign_requests").to_pylist()[0]
    assert rows["n"] == rows["d"]
    moved = engine.fetch(
        """SELECT count(*) AS n FROM campaign_requests r JOIN campaign_seeds s ON s.exchange_key = r.exchange_key
           WHERE s.campaign_id <> r.campaign_id"""
    )
    assert moved["n"].to_pylist() == [0]


def units(account, ratio, standing):
    return Units(np.array(account), np.array(ratio, float), np.array(standing), np.ones(len(account)))


def test_an_account_that_harvests_little_needs_more_to_be_blamed():
    rng = np.random.default_rng(5)
    guilty = np.concatenate([rng.random(400) < 0.9, rng.random(400) < 0.05])
    # A content score whose log ratio is what it says: normal with means ± 2 and variance 4.
    score = np.where(guilty, 2.0, -2.0) + 2.0 * rng.standard_normal(800)
    standing = np.where(guilty & (rng.random(800) < 0.5), ANCHOR, UNTIED)
    sure = posteriors(units([0] * 400 + [1] * 400, score, standing))
    assert sure[:400].mean() == pytest.approx(guilty[:400].mean(), abs=0.05)
    assert sure[400:].mean() == pytest.approx(guilty[400:].mean(), abs=0.05)
    alike = posteriors(units([0] * 400 + [1] * 400 + [0, 1], [*score, 1.0, 1.0], [*standing, UNTIED, UNTIED]))[-2:]
    assert alike[0] > 0.5 > alike[1]


def test_a_key_is_no_proof_against_content_that_says_otherwise():
    sure = posteriors(units([0] * 1000, [6.0] * 495 + [-9.0] * 505, [ANCHOR] * 500 + [UNTIED] * 500))
    assert sure[:495].min() > 0.99
    assert sure[495:500].max() < 0.5


def test_what_is_no_rarer_among_members_than_elsewhere_is_no_excess():
    everybody = np.log(np.full(100, 0.4))
    assert excess(np.log([0.4, 40.0]), everybody) == pytest.approx([0.0, 0.99])
    assert excess(np.zeros(5), np.zeros(100)) == pytest.approx(np.zeros(5))  # a relay of people


def test_dependent_traits_are_not_counted_twice():
    rng = np.random.default_rng(3)
    own, others = 1.0 + rng.standard_normal(2000), rng.standard_normal(2000)
    for copies in (1, 6):
        lines, background = (
            np.column_stack([np.repeat(x[:, None], copies, axis=1), np.ones(2000)]) for x in (own, others)
        )
        contrast, _ = fit_contrast(lines, np.ones(2000), np.arange(2000) % FOLDS, background)
        # The true log ratio is x - 1/2, however often the trait is repeated.
        assert np.abs(contrast.log_ratio(lines) - (own - 0.5)).mean() < 0.15


def test_a_wording_is_left_out_whole_unless_it_is_most_of_all():
    wording = np.repeat([1, 2, 3, 4, 5], [10, 10, 10, 10, 60])
    fold = folds_of(wording, np.ones(100))
    assert all(len(set(fold[wording == w])) == 1 for w in (1, 2, 3, 4))
    assert set(fold[wording == 5]) == set(range(FOLDS))


def test_unknown_traits_are_zero_and_no_error():
    columns = {name: pa.nulls(3, pa.binary(64) if name == "semantic" else _type(name)) for name in COLUMNS}
    rows = pa.table(columns)
    lines = Scale.of(rows, rows).apply(rows)
    assert lines.shape == (3, lines.shape[1])
    assert np.isfinite(lines).all()


def test_projecting_is_what_the_lines_times_the_weights_are():
    rng = np.random.default_rng(4)
    size = 40_000  # more than a block of sketches
    columns = {
        name: pa.array(rng.integers(0, 9, size), _type(name), mask=rng.random(size) < 0.2)
        for name in COLUMNS
        if name not in {"capability", "script", "semantic"}
    }
    columns |= {name: pa.array(rng.choice(["one", "two", None], size)) for name in ("capability", "script")}
    sketches = [rng.bytes(64) if known else None for known in rng.random(size) < 0.9]
    rows = pa.table(columns | {"semantic": pa.array(sketches, pa.binary(64))})
    scale = Scale.of(rows, rows)
    lines = scale.apply(rows)
    weights = rng.standard_normal(lines.shape[1])
    assert np.allclose(scale.project(rows, weights), lines @ weights, atol=1e-9)


def _type(name):
    if name in {"capability", "script"}:
        return pa.string()
    return pa.float32() if name.startswith(("elicit", "capability_p")) else pa.int64()
