"""The parts of the window benchmark: statistics as the detector has them, and calibration that keeps its promise."""

import numpy as np
import pyarrow as pa
import pytest
from rivals.detectors import STATISTICS, PooledTest, WindowTest, contrasts, drawn, measured, parted
from rivals.mmd import Kernel, Reference
from rivals.query_sets import QuerySet
from scipy.stats import spearmanr
from window import threshold

from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.evidence import measures
from stillhunt.evidence.conduct import list_items
from stillhunt.features.capability import CAPABILITY


def queries(rng, rows, shift=0.0):
    vectors = rng.normal(shift, 1, (rows, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return QuerySet(
        vectors, vectors, rng.beta(1 + shift, 9, rows), rng.integers(0, 3 if shift else 13, rows),
        np.ones(rows), rng.integers(0, 10 * rows, rows),
    )  # fmt: skip


def test_windows_have_no_row_twice_and_none_in_common():
    first, second = parted(np.random.default_rng(1), 50, (20, 30), 7)
    assert (first.sum(axis=0) == 20).all()
    assert (second.sum(axis=0) == 30).all()
    assert ((first + second) == 1).all()


def test_mmd_is_that_of_its_definition():
    rng = np.random.default_rng(2)
    x, y = queries(rng, 30), queries(rng, 40, 0.5)
    kernel = Kernel.of(y.vectors, rng)
    gram = lambda a, b: np.mean(  # noqa: E731  the definition, at its shortest
        [np.exp(-((a[:, None] - b[None]) ** 2).sum(-1) / (2 * (kernel.widest / 2**k) ** 2)) for k in range(4)], axis=0
    )
    within = lambda k: (k.sum() - np.trace(k)) / (len(k) * (len(k) - 1))  # noqa: E731
    by_hand = (
        within(gram(x.vectors, x.vectors)) + within(gram(y.vectors, y.vectors)) - 2 * gram(x.vectors, y.vectors).mean()
    )
    test = WindowTest("vectors", kernel)
    assert test.against(x, np.ones((30, 1), np.float32), y)[0] == pytest.approx(by_hand, abs=1e-5)
    both, window = QuerySet.joined([x, y]), np.zeros((70, 1), np.float32)
    window[:30] = 1
    assert test.resplit(both, window, 1 - window)[0] == pytest.approx(by_hand, abs=1e-5)
    reference = Reference(kernel, y.vectors, kernel(y.vectors, y.vectors), within(gram(y.vectors, y.vectors)))
    assert reference.mmd2(x.vectors) == pytest.approx(by_hand, abs=1e-5)


@pytest.mark.parametrize("size", [20, 100])
def test_false_alarms_stay_where_they_were_set_and_attacks_are_found(size):
    rng = np.random.default_rng(size)
    alarms, found = {"window": [], "pooled": []}, {"window": [], "pooled": []}
    for _ in range(30):
        benign, attack = queries(rng, 600), queries(rng, 100, 2.0)
        before, tested = benign.take(slice(None, 350)), benign.take(slice(350, None))
        reference = before.take(slice(None, 150))
        splits = [parted(rng, 350, (size, 150), 100) for _ in range(2)]
        tests = {
            "window": WindowTest.of("vectors", reference, rng),
            "pooled": PooledTest.of([contrasts(*(measured(before, columns) for columns in splits[0]))]),
        }
        for name, test in tests.items():
            level = threshold(test.resplit(before, *splits[1]))
            alarms[name].append(test.against(tested, drawn(rng, 250, size, 5), reference) > level)
            found[name].append(test.against(attack, drawn(rng, 100, size, 5), reference) > level)
    assert max(np.mean(flags) for flags in alarms.values()) < 0.06
    assert min(np.mean(flags) for flags in found.values()) > 0.95


def test_statistics_rank_as_those_of_groups_do():
    """The window benchmark has the statistics of evidence/measures.py in matrices: groups of a size rank alike."""
    rng = np.random.default_rng(4)
    labels = np.array([label.name for label in CAPABILITY])
    rows = QuerySet.joined([queries(rng, 60, shift) for shift in (0.0, 0.5, 1.0, 2.0)])
    rows.item[120:180] = rng.integers(0, 90, 60)
    windows = np.zeros((240, 20), np.float32)
    for window, column in enumerate(windows.T):
        column[rng.choice(np.arange(window * 8, window * 8 + 80), 60, replace=False)] = 1
    with DuckDBEngine(threads=1) as engine:
        engine.register("features", calls(rows, labels))
        engine.create("calls", f"SELECT *, {measures.ELICITATION} AS elicitation, 0 AS follows FROM features")
        row, window = np.nonzero(windows)
        engine.register("in_group", pa.table({"a": row, "g": window}))
        engine.create(
            "group_features",
            f"""SELECT i.g, f.*, {measures.ELICITATION} AS elicitation, 0 AS follows, 0 AS ts
                FROM features f JOIN in_group i ON i.a = f.a""",
        )
        list_items(engine)
        measures._content(engine)
        measures._concentration(engine)
        groups = engine.fetch(
            """SELECT c.elicitation, k.concentration, c.work_list FROM group_content c
               JOIN group_concentration k ON k.g = c.g ORDER BY c.g"""
        )
    ours = contrasts(measured(rows, windows), measured(rows, np.ones((240, 1), np.float32)))
    for name in STATISTICS:
        assert spearmanr(ours[name], groups[name].to_numpy()).statistic > 0.85, name


def calls(rows, labels):
    """Calls by as many accounts."""
    names = ("grading", "rewriting", "generation", "cleaning", "bypass")
    return pa.table({
        "a": list(range(240)), "account_id": [f"a{i}" for i in range(240)], "capability": labels[rows.capability],
        "prompt_key": rows.item, "turns": [1] * 240, "elicit_reasoning": rows.elicitation,
        **{f"elicit_{name}": pa.array([0.0] * 240) for name in names},
    })  # fmt: skip
