"""Which keys, and which pairs of keys, tie accounts together more than chance would.

One key is worth log2 of its rarity. A pair of keys of different families is worth the lift of the accounts that hold
both over the product of the margins, and counts only if a Poisson tail, corrected for every pair that could have
been tried (Bonferroni), says that strangers would not do that. Pairs of keys are counted, never pairs of accounts.
"""

import numpy as np
import pyarrow as pa
from scipy.special import pdtrc  # of scipy.stats, whose import takes half a second, nothing else is needed

from stillhunt.engine.base import Engine
from stillhunt.groups.ties import MOST_TIES, RARITY, check_ties

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
MAX_EDGE_BITS = 6.0
"""No single tie may outweigh everything else that an account does."""


def significant_nodes(engine: Engine, most_ties: int = MOST_TIES) -> pa.Table:
    """Make the account side's evidence graph and return its nodes.

    Reads `held`, `shared_keys` and `harvest_members`; makes `nodes` and `infrastructure_edges` (a, node, bits). A node
    is a key (k1), a pair of keys (k1 and k2) or a harvest, which is a key of its accounts like any other. One row a
    node, in order: node, k1, k2, harvest, kind, bits.
    """
    engine.register("key_pairs", _surprising_pairs(engine, most_ties))
    engine.create(
        "harvest_ties_of_accounts",
        f"""SELECT m.g, m.a FROM harvest_members m JOIN account_index i ON i.a = m.a
            JOIN profile p ON p.account_id = i.account_id WHERE m.requests >= {MIN_HARVEST_SHARE} * p.exchanges""",
    )
    engine.create(
        "nodes",
        f"""WITH singles AS (
                SELECT k AS k1, CAST(NULL AS INTEGER) AS k2, CAST(NULL AS BIGINT) AS harvest, name AS kind,
                       {RARITY.format("shared_keys")} AS bits
                FROM shared_keys WHERE alone AND layer <> 'content'),
            harvests AS (
                SELECT CAST(NULL AS INTEGER), CAST(NULL AS INTEGER), g, 'harvest',
                       round(log2((SELECT count(*) FROM account_index) / CAST(count(*) AS DOUBLE)), 9) AS bits
                FROM harvest_ties_of_accounts GROUP BY g HAVING count(*) >= {MIN_PAIR_ACCOUNTS}),
            pairs AS (
                SELECT p.k1, p.k2, CAST(NULL AS BIGINT), concat(s1.name, ' and ', s2.name), p.bits FROM key_pairs p
                JOIN shared_keys s1 ON s1.k = p.k1 JOIN shared_keys s2 ON s2.k = p.k2)
            SELECT CAST(row_number() OVER (ORDER BY kind, k1, k2, harvest) - 1 AS INTEGER) AS node, k1, k2, harvest,
                   kind, least(bits, {MAX_EDGE_BITS}) AS bits
            FROM (SELECT * FROM singles UNION ALL SELECT * FROM harvests UNION ALL SELECT * FROM pairs) q
            WHERE bits >= {MIN_RARITY_BITS}""",
    )
    engine.create(
        "infrastructure_edges",
        """SELECT h.a, n.node, n.bits FROM held h JOIN nodes n ON n.k1 = h.k WHERE n.k2 IS NULL
           UNION ALL
           SELECT x.a, n.node, n.bits FROM nodes n JOIN held x ON x.k = n.k1 JOIN held y ON y.k = n.k2 AND y.a = x.a
           UNION ALL
           SELECT m.a, n.node, n.bits FROM harvest_ties_of_accounts m JOIN nodes n ON n.harvest = m.g""",
    )
    return engine.fetch("SELECT * FROM nodes ORDER BY node")


def _surprising_pairs(engine: Engine, most_ties: int) -> pa.Table:
    """Return pairs of keys that more accounts hold together than chance allows: k1, k2, bits (log2 of the lift)."""
    engine.create(
        "pair_keys",
        f"""SELECT h.a, h.k, h.family FROM (
                SELECT a, k, family, row_number() OVER (PARTITION BY a, family ORDER BY n DESC, k) AS place FROM held
            ) h JOIN shared_keys s ON s.k = h.k
            WHERE h.place <= {TOP_KEYS} AND s.accounts >= {MIN_PAIR_ACCOUNTS}""",
    )
    engine.create(
        "pair_counts",
        f"""SELECT x.k AS k1, y.k AS k2, count(*) AS together
            FROM pair_keys x JOIN pair_keys y ON x.a = y.a AND x.family < y.family
            GROUP BY x.k, y.k HAVING count(*) >= {MIN_PAIR_ACCOUNTS}""",
    )
    check_ties(engine, "SELECT * FROM pair_counts", "keys and keys that go with them", most_ties)
    pairs = engine.fetch(
        """SELECT p.k1, p.k2, p.together, s1.accounts AS accounts1, s2.accounts AS accounts2,
                   least(s1.population, s2.population) AS population
            FROM pair_counts p
            JOIN shared_keys s1 ON s1.k = p.k1 JOIN shared_keys s2 ON s2.k = p.k2
            WHERE s1.layer <> 'content' OR s2.layer <> 'content'
            ORDER BY p.k1, p.k2"""
    )
    together = pairs["together"].to_numpy().astype(np.float64)
    margins = pairs["accounts1"].to_numpy().astype(np.float64) * pairs["accounts2"].to_numpy()
    expected = margins / np.maximum(pairs["population"].to_numpy(), 1)
    tried = _pairs_possible(engine)
    with np.errstate(divide="ignore"):  # chance too small for a number is no chance
        surprise = -np.log(pdtrc(together - 1, expected)) / np.log(2) - np.log2(max(tried, 1.0))
    kept = (together >= MIN_LIFT * expected) & (surprise >= MIN_PAIR_BITS)
    lift = pa.array(np.log2(together / expected))
    return pairs.select(["k1", "k2"]).append_column("bits", lift).filter(pa.array(kept))


def _pairs_possible(engine: Engine) -> float:
    counts = engine.fetch(
        f"SELECT family, count(*) AS c FROM shared_keys WHERE accounts >= {MIN_PAIR_ACCOUNTS} GROUP BY family"
    )["c"].to_numpy()
    return float(counts.sum() ** 2 - (counts**2).sum()) / 2
