"""Which keys, and which pairs of keys, tie accounts together more than chance would.

One key is worth log2 of its rarity. A pair of keys of different families is worth the lift of the accounts that hold
both over the product of the margins, and counts only if a Poisson tail, corrected for every pair that could have
been tried (Bonferroni), says that strangers would not do that. Pairs of keys are counted, never pairs of accounts.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import poisson

from stillhunt.engine.base import Engine

TOP_KEYS = 8
"""Keys of one family that an account brings to pairs: those it used most. Bounds what one account costs, not how many
accounts a key may have."""
MIN_PAIR_ACCOUNTS = 3
MIN_LIFT = 8.0
"""A pair must be held together eight times as often as chance: below that, country and taste explain too much."""
MIN_PAIR_BITS = 7.0
"""Surprise of a pair after correction, in bits: below one per cent that any pair is chance."""
MIN_RARITY_BITS = 3.0
"""A key that more than an eighth of all accounts hold says nothing by itself about who belongs together."""
MIN_HARVEST_SHARE = 0.1
"""A harvest says who an account belongs with only if it makes up this share of what the account does."""
MAX_EDGE_BITS = 10.0
"""No single tie may outweigh everything else that an account does."""


def significant_nodes(engine: Engine) -> pa.Table:
    """Make the account side's evidence graph and return its nodes.

    Reads `held`, `shared_keys`, `harvest_list` and `harvest_members`; makes `nodes` and `infrastructure_edges` (a, node,
    bits). A node is a key (k1), a pair of keys (k1 and k2) or a harvest, which is a key of its accounts like any other;
    one row each: node, k1, k2, harvest, accounts, bits.
    """
    engine.create(
        "pair_keys",
        f"""SELECT h.a, h.k, h.family FROM (
                SELECT a, k, family, row_number() OVER (PARTITION BY a, family ORDER BY n DESC, k) AS place FROM held
            ) h JOIN shared_keys s ON s.k = h.k
            WHERE h.place <= {TOP_KEYS} AND s.accounts >= {MIN_PAIR_ACCOUNTS}""",
    )
    pairs = engine.fetch(
        f"""SELECT p.k1, p.k2, p.together, s1.accounts AS accounts1, s2.accounts AS accounts2,
                   least(s1.population, s2.population) AS population
            FROM (SELECT x.k AS k1, y.k AS k2, count(*) AS together
                  FROM pair_keys x JOIN pair_keys y ON x.a = y.a AND x.family < y.family
                  GROUP BY x.k, y.k HAVING count(*) >= {MIN_PAIR_ACCOUNTS}) p
            JOIN shared_keys s1 ON s1.k = p.k1 JOIN shared_keys s2 ON s2.k = p.k2
            WHERE s1.layer <> 'content' OR s2.layer <> 'content'
            ORDER BY p.k1, p.k2"""
    )
    tried = _pairs_possible(engine)
    kept = pairs.filter(pa.array(_surprising(pairs, tried)))
    together = kept["together"].to_numpy().astype(float)
    expected = _expected(kept)
    singles = engine.fetch(
        f"""SELECT k, accounts, log2(CAST(population AS DOUBLE) / accounts) AS bits FROM shared_keys
            WHERE alone AND layer <> 'content' AND log2(CAST(population AS DOUBLE) / accounts) >= {MIN_RARITY_BITS}
            ORDER BY k"""
    )
    engine.create(
        "harvest_ties_of_accounts",
        f"""SELECT m.g, m.a FROM harvest_members m JOIN account_index i ON i.a = m.a
            JOIN profile p ON p.account_id = i.account_id WHERE m.requests >= {MIN_HARVEST_SHARE} * p.exchanges""",
    )
    harvests = engine.fetch(
        f"""SELECT g, accounts, log2(population / accounts) AS bits FROM (
                SELECT g, count(*) AS accounts, (SELECT count(*) * 1.0 FROM account_index) AS population
                FROM harvest_ties_of_accounts GROUP BY g HAVING count(*) >= {MIN_PAIR_ACCOUNTS}) q
            WHERE log2(population / accounts) >= {MIN_RARITY_BITS} ORDER BY g"""
    )
    n1, n2, n3 = len(singles), len(kept), len(harvests)
    int32 = pa.int32()
    nodes = pa.table(
        {
            "node": pa.array(np.arange(n1 + n2 + n3, dtype=np.int32)),
            "k1": pa.chunked_array([*singles["k"].chunks, *kept["k1"].chunks, pa.nulls(n3, int32)], int32),
            "k2": pa.chunked_array([pa.nulls(n1, int32), *kept["k2"].chunks, pa.nulls(n3, int32)], int32),
            "harvest": pa.chunked_array(
                [pa.nulls(n1 + n2, pa.int64()), *harvests["g"].cast(pa.int64()).chunks], pa.int64()
            ),
            "accounts": np.concatenate(
                [singles["accounts"].to_numpy(), kept["together"].to_numpy(), harvests["accounts"].to_numpy()]
            ),
            "bits": np.minimum(
                np.concatenate([singles["bits"].to_numpy(), np.log2(together / expected), harvests["bits"].to_numpy()]),
                MAX_EDGE_BITS,
            ),
        }
    )
    engine.register("nodes", nodes)
    engine.create(
        "infrastructure_edges",
        """SELECT h.a, n.node, n.bits FROM held h JOIN nodes n ON n.k1 = h.k WHERE n.k2 IS NULL
           UNION ALL
           SELECT x.a, n.node, n.bits FROM nodes n JOIN held x ON x.k = n.k1 JOIN held y ON y.k = n.k2 AND y.a = x.a
           UNION ALL
           SELECT m.a, n.node, n.bits FROM harvest_ties_of_accounts m JOIN nodes n ON n.harvest = m.g""",
    )
    return nodes


def _pairs_possible(engine: Engine) -> float:
    counts = engine.fetch(
        f"SELECT family, count(*) AS c FROM shared_keys WHERE accounts >= {MIN_PAIR_ACCOUNTS} GROUP BY family"
    )["c"].to_numpy()
    return float(counts.sum() ** 2 - (counts**2).sum()) / 2


def _expected(pairs: pa.Table) -> NDArray[np.float64]:
    product = pairs["accounts1"].to_numpy().astype(float) * pairs["accounts2"].to_numpy()
    result: NDArray[np.float64] = product / np.maximum(pairs["population"].to_numpy(), 1)
    return result


def _surprising(pairs: pa.Table, tried: float) -> NDArray[np.bool_]:
    together = pairs["together"].to_numpy()
    expected = _expected(pairs)
    bits = -poisson.logsf(together - 1, expected) / np.log(2) - np.log2(max(tried, 1.0))
    result: NDArray[np.bool_] = (together >= MIN_LIFT * expected) & (bits >= MIN_PAIR_BITS)
    return result
