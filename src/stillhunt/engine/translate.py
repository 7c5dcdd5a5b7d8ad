"""SQL as it is written here (DuckDB's dialect, a portable subset) turned into Spark's."""

from functools import lru_cache

import sqlglot
from sqlglot import exp

_ENGINES_OWN = (exp.Quantile, exp.PercentileCont, exp.Bracket)
"""What SQLGlot turns into something that runs on Spark and answers differently, or does not run."""


@lru_cache(maxsize=1024)
def to_spark(sql: str) -> str:
    """Return `sql` in Spark's dialect.

    Fractions are written out as DOUBLE: Spark reads `0.5` as a decimal of one place, whose quotients it rounds. Nulls
    are put last wherever rows are ordered, as DuckDB does.

    Raises:
        ValueError: If `sql` uses what the engines answer differently in silence; that is a mistake of our own.
        sqlglot.errors.SqlglotError: If it cannot be read or turned.
    """
    tree = sqlglot.parse_one(sql, read="duckdb")
    for node in list(tree.walk()):
        ordered_list = isinstance(node, exp.ArrayAgg) and node.find(exp.Order) is not None
        if isinstance(node, _ENGINES_OWN) or ordered_list:
            raise ValueError(f"Not the same on every engine: {node.sql(dialect='duckdb')}")
        if isinstance(node, exp.Literal) and not node.is_string and "." in node.name:
            node.replace(exp.cast(node.copy(), "DOUBLE"))
    return tree.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
