"""Operators: accounts that run on the same cards, devices, networks and relay software, or carry the same harvests.

A harvest ties accounts like any other key, but one text alone makes no operator: users of one public tool share that
too. Two harvests that the same accounts carry do. Nor does text alone make an account part of an operator whose
others share more: honest people ask the questions that harvesters ask.

Makes `operator_list` (g, old, keys) and `operator_members` (g, a, bits, requests).
"""

import numpy as np
import pyarrow as pa

from stillhunt.engine.base import Engine
from stillhunt.groups.communities import key_communities
from stillhunt.groups.joining import BELONGS
from stillhunt.groups.significance import significant_nodes
from stillhunt.groups.ties import MOST_TIES, check_ties

MIN_ACCOUNTS = 5
"""Fewer accounts than this are a household or a team, and no statistic could tell."""
MIN_HARVESTS = 2
"""Harvests that the same accounts carry, from which they belong together though nothing else ties them."""


def find_operators(engine: Engine, most_ties: int = MOST_TIES) -> None:
    """Find communities of keys and key pairs, and the accounts that hold enough of one."""
    nodes = significant_nodes(engine, most_ties)
    check_ties(engine, "SELECT * FROM infrastructure_edges", "accounts and what they run on", most_ties)
    edges = engine.fetch("SELECT a, node FROM infrastructure_edges ORDER BY node, a")
    engine.make_room()
    community = key_communities(
        edges["a"].to_numpy().astype(np.int64),
        edges["node"].to_numpy().astype(np.int64),
        nodes["bits"].to_numpy(),
        np.unique(nodes["kind"].to_numpy(zero_copy_only=False), return_inverse=True)[1].astype(np.int64),
    )
    engine.register("node_groups", nodes.append_column("old", pa.array(community)))
    # As in communities.Ties, an account's tie is the sum over kinds of its strongest key.
    # Sums are rounded so that the order in which an engine adds them cannot move an account over a threshold.
    engine.create(
        "operator_ties",
        """SELECT old, a, round(sum(bits), 6) AS bits, sum(harvests) AS harvests, sum(others) AS others FROM (
               SELECT g.old, e.a, g.kind, max(e.bits) AS bits, count(g.harvest) AS harvests,
                      count(*) - count(g.harvest) AS others
               FROM infrastructure_edges e JOIN node_groups g ON g.node = e.node GROUP BY g.old, e.a, g.kind) q
           GROUP BY old, a""",
    )
    engine.create(
        "operator_accounts",
        f"""SELECT t.old, t.a, t.bits FROM operator_ties t
            JOIN (SELECT old, median(bits) AS middle FROM operator_ties GROUP BY old) m ON m.old = t.old
            JOIN (SELECT x.old, median(x.others) AS usual FROM operator_ties x
                  JOIN (SELECT old, median(bits) AS middle FROM operator_ties GROUP BY old) y ON y.old = x.old
                  WHERE x.bits >= y.middle GROUP BY x.old) u ON u.old = t.old
            WHERE t.bits >= {BELONGS} * m.middle
              AND (t.others > 0 OR (u.usual < {MIN_HARVESTS} AND t.harvests >= {MIN_HARVESTS}))""",
    )
    engine.create(
        "operator_list",
        f"""SELECT dense_rank() OVER (ORDER BY q.old) - 1 AS g, q.old, k.keys
            FROM (SELECT old FROM operator_accounts GROUP BY old HAVING count(*) >= {MIN_ACCOUNTS}) q
            JOIN (SELECT old, count(*) AS keys FROM node_groups GROUP BY old
                  HAVING count(*) > count(harvest) OR count(harvest) >= {MIN_HARVESTS}) k
            ON k.old = q.old""",
    )
    engine.create(
        "operator_members",
        """SELECT l.g, s.a, s.bits, p.exchanges AS requests FROM operator_accounts s
           JOIN operator_list l ON l.old = s.old
           JOIN account_index i ON i.a = s.a JOIN profile p ON p.account_id = i.account_id""",
    )
