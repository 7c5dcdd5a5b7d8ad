"""A few rows of each group, chosen by key, without ranking large groups as a whole."""

import pyarrow as pa
from ids import key_of

from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.engine.sampling import sampled_by_hash

RANKED = """SELECT exchange_key, g FROM (
                SELECT *, row_number() OVER (PARTITION BY g ORDER BY exchange_key) AS place FROM rows) q
            WHERE place <= 20 ORDER BY ALL"""


def test_the_rows_are_those_of_ranking_everything():
    sizes = {0: 3, 1: 20, 2: 161, 3: 500, 4: 40_000}
    groups = [g for g, n in sizes.items() for _ in range(n)]
    with DuckDBEngine(threads=1) as engine:
        engine.register("rows", pa.table({"exchange_key": [key_of(f"x{i}") for i in range(len(groups))], "g": groups}))
        chosen = engine.fetch(f"SELECT * FROM ({sampled_by_hash(engine, 'rows', 'g', 20)}) s ORDER BY ALL")
        assert chosen == engine.fetch(RANKED)
        assert engine.fetch("SELECT count(*) AS n FROM rows_bounds")["n"].to_pylist() == [3]
