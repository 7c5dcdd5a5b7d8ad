"""Whether two engines gave the same rows: in any order, whole numbers of any width, floats to a tolerance."""

import decimal
import math

from stillhunt.evaluate.measure import evaluate

FLOATS = 1e-6


def plain(value):
    return int(value) if isinstance(value, decimal.Decimal) else value


def place(row):
    """Sort key in which the last digits of a float count for nothing."""
    return tuple("" if v is None else f"{v:.4g}" if isinstance(v, float) else str(v) for v in row)


def rows(table):
    return sorted((tuple(map(plain, row.values())) for row in table.to_pylist()), key=place)


def same(one, other):
    if isinstance(one, float) and isinstance(other, float):
        alike = math.isclose(one, other, rel_tol=FLOATS, abs_tol=FLOATS)
        return alike or (math.isnan(one) and math.isnan(other))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def quality(run, truth):
    """What an evaluation says, but for where the run stands."""
    return {name: said for name, said in evaluate(run, truth).to_dict().items() if name != "run"}


def assert_same_rows(one, other):
    assert one.column_names == other.column_names
    assert one.num_rows == other.num_rows
    for left, right in zip(rows(one), rows(other), strict=True):
        assert all(map(same, left, right)), (left, right)
