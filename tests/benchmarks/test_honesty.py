"""Bits on benign traffic keep their promise, also when somebody looks every hour; at a size for every change."""

import honesty as benchmark
import numpy as np
import pytest

from stillhunt.calibrate import honesty


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    return [benchmark.one_seed(seed, None, (250, 1), (400, 2)) for seed in (301, 302)]


def test_the_share_of_groups_above_b_bits_is_at_most_two_to_minus_b(seeds):
    assert sum(seed.looks for seed in seeds) >= 40
    for bits in ([b for s in seeds for b in s.peeked], [b for s in seeds for b in s.ended]):
        assert len(bits) >= 10
        for row in honesty(np.array(bits), 12):
            assert row.share.interval[0] <= 2.0**-row.bits, f"more than {row.bits} bits: {row.share.words()}"


def test_no_innocent_customer_is_named(seeds):
    assert [seed.evaluation.false_alarms.accounts.hits for seed in seeds] == [0, 0]


def test_the_report_says_what_was_promised_and_where_it_is_broken(seeds):
    report = benchmark.Report(range(301, 303), seeds, ((250, 1), (400, 2)), "grammar")
    assert report.broken == []
    assert "| 12 | 0.024% |" in report.markdown()
    assert report.data()["curves"]["looked at every hour"][0]["bits"] == 1
    bold = benchmark.Seed([20.0] * 50, 1, [0.0], seeds[0].evaluation)
    assert "looked at every hour" in benchmark.Report([1], [bold], ((1, 1), (1, 1)), "none").broken[0]
