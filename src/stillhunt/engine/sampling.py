"""The same few rows of each group in every run, without sorting large groups.

A few rows are chosen by the least of their keys, which are hashes. An engine that ranks them holds a whole group in
memory, and the largest may have millions of rows; so what cannot be among the least is left out first.
"""

import pyarrow as pa

from stillhunt.engine.base import Engine

SPARE = 8
"""Rows of a large group that are ranked, times those asked for: fewer than are asked for never remain."""
_KEYS = 2**64


def sampled_by_hash(engine: Engine, table: str, group: str, most: int) -> str:
    """Return SQL for exchange_key and `group` of at most `most` rows of each group, by the least keys.

    Args:
        engine: Holds `table`; gets `<table>_bounds`.
        table: Has exchange_key and `group`.
        group: Column that says which group a row is of.
        most: Rows of a group; eight times as many and more make a group large.
    """
    large = engine.fetch(
        f"SELECT {group}, count(*) AS n FROM {table} GROUP BY {group} HAVING count(*) > {SPARE * most}"
    )
    bounds = [_KEYS * SPARE * most // n - _KEYS // 2 for n in large["n"].to_pylist()]
    engine.register(f"{table}_bounds", pa.table({group: large[group], "bound": pa.array(bounds, pa.int64())}))
    return f"""SELECT exchange_key, {group} FROM (
                   SELECT t.exchange_key, t.{group},
                          row_number() OVER (PARTITION BY t.{group} ORDER BY t.exchange_key) AS place
                   FROM {table} t LEFT JOIN {table}_bounds b ON b.{group} = t.{group}
                   WHERE b.bound IS NULL OR t.exchange_key < b.bound) q
               WHERE place <= {most}"""
