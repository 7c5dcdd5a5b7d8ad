"""SQL turned into Spark's: what would differ in silence is turned or refused."""

import pytest

from stillhunt.engine.translate import to_spark


def test_fractions_are_doubles_and_whole_numbers_are_not():
    assert to_spark("SELECT 0.5 * x, 2 * x, '0.5' AS y FROM t") == (
        "SELECT CAST(0.5 AS DOUBLE) * x, 2 * x, '0.5' AS y FROM t"
    )


def test_nulls_come_last_on_both():
    assert "ORDER BY x NULLS LAST, y DESC" in to_spark("SELECT * FROM t ORDER BY x, y DESC")
    assert "ORDER BY x NULLS LAST" in to_spark("SELECT row_number() OVER (ORDER BY x) AS n FROM t")


def test_whole_division_stays_whole():
    assert to_spark("SELECT ts // 86400000000 AS day FROM t") == "SELECT ts DIV 86400000000 AS day FROM t"


@pytest.mark.parametrize(
    "sql",
    ["SELECT list(x ORDER BY y) AS l FROM t", "SELECT l[i] AS x FROM t", "SELECT quantile_cont(x, 0.3) AS q FROM t"],
)
def test_what_differs_in_silence_is_refused(sql):
    with pytest.raises(ValueError, match="Not the same on every engine"):
        to_spark(sql)
