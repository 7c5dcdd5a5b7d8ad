"""The same few rows of each group in every run, without sorting large groups.

A few rows are chosen by the least hashes of their ids. An engine that ranks them holds a whole group in memory, and the
largest may have millions of rows; so what cannot be among the least is left out first.
"""

import pyarrow as pa

from stillhunt.engine.base import Engine

SPARE = 8
"""Rows of a large group that are ranked, times those asked for: fewer than are asked for never remain."""
_HASHES = 2**32


def sampled_by_hash(engine: Engine, table: str, group: str, most: int) -> str:
    """Return SQL for exchange_id and `group` of at most `most` rows of each group, by the least md5 of their ids.

    Args:
        engine: Holds `table`; gets `<table>_bounds`.
        table: Has exchange_id and `group`.
        group: Column that says which group a row is of.
        most: Rows of a group; eight times as many and more make a group large.
    """
    large = engine.fetch(
        f"SELECT {group}, count(*) AS n FROM {table} GROUP BY {group} HAVING count(*) > {SPARE * most}"
    )
    bounds = [f"{int(_HASHES * SPARE * most / n):08x}" for n in large["n"].to_pylist()]
    engine.register(f"{table}_bounds", pa.table({group: large[group], "bound": pa.array(bounds, pa.string())}))
    return f"""SELECT exchange_id, {group} FROM (
                   SELECT t.exchange_id, t.{group},
                          row_number() OVER (PARTITION BY t.{group} ORDER BY md5(t.exchange_id), t.exchange_id) AS place
                   FROM {table} t LEFT JOIN {table}_bounds b ON b.{group} = t.{group}
                   WHERE b.bound IS NULL OR md5(t.exchange_id) < b.bound) q
               WHERE place <= {most}"""
