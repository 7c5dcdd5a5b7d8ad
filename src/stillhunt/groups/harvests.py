"""Harvests: requests that carry the same fixed text or the same items.

Requests, not accounts, are the units here: one pool of accounts may carry several harvests beside the traffic of
innocent customers, and only the requests tell them apart. Makes `harvest_list` (g, old, keys), `harvest_members`
(g, a, bits, requests) and `harvest_requests` (g, exchange_key, a, bits).
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from stillhunt.engine.base import Engine
from stillhunt.engine.sampling import sampled_by_hash
from stillhunt.groups.communities import key_communities
from stillhunt.groups.holds import found_by
from stillhunt.groups.operators import MIN_ACCOUNTS
from stillhunt.groups.ties import MOST_TIES, RARITY, check_ties
from stillhunt.signals.base import Signal

SAMPLE_PER_KEY = 100
"""Requests a key that are looked at to see which keys belong to one template; membership counts all requests."""
MIN_REQUESTS = 2
"""Requests with the group's content that make an account a member; one may be a quotation."""


def find_harvests(engine: Engine, signals: Sequence[Signal], most_ties: int = MOST_TIES) -> None:
    """Find communities of content keys that go together in requests, those requests, and their accounts."""
    _tag_requests(engine, signals)
    _cluster_keys(engine, most_ties)
    # A request that holds keys of several templates belongs to the one that it holds most of.
    engine.create(
        "harvest_ties",
        f"""WITH keys AS (SELECT g.k, g.g, {RARITY.format("k")} AS bits FROM key_groups g
                          JOIN shared_keys k ON k.k = g.k)
            SELECT exchange_key, a, g, bits FROM (
                SELECT t.exchange_key, t.a, k.g, max(k.bits) AS bits,
                       row_number() OVER (PARTITION BY t.exchange_key ORDER BY count(*) DESC, k.g) AS place
                FROM tagged t JOIN keys k ON k.k = t.k GROUP BY t.exchange_key, t.a, k.g) q
            WHERE place = 1""",
    )
    engine.create(
        "harvest_accounts",
        f"""SELECT g, a, bits, requests FROM (
                SELECT g, a, max(bits) AS bits, count(*) AS requests FROM harvest_ties GROUP BY g, a) q
            WHERE requests >= {MIN_REQUESTS}""",
    )
    engine.create(
        "harvest_list",
        f"""SELECT dense_rank() OVER (ORDER BY q.g) - 1 AS g, q.g AS old,
                   (SELECT count(*) FROM key_groups k WHERE k.g = q.g) AS keys
            FROM (SELECT g FROM harvest_accounts GROUP BY g HAVING count(*) >= {MIN_ACCOUNTS}) q""",
    )
    engine.create(
        "harvest_members",
        "SELECT l.g, h.a, h.bits, h.requests FROM harvest_accounts h JOIN harvest_list l ON l.old = h.g",
    )
    engine.create(
        "harvest_requests",
        """SELECT l.g, t.exchange_key, t.a, t.bits FROM harvest_ties t JOIN harvest_list l ON l.old = t.g
           JOIN harvest_members m ON m.g = l.g AND m.a = t.a""",
    )


def _tag_requests(engine: Engine, signals: Sequence[Signal]) -> None:
    """Make `tagged` (exchange_key, a, k): requests that carry a content key of at least MIN_ACCOUNTS accounts.

    A request has a key once: a column holds it once, and what a signal found is distinct.
    """
    engine.create(
        "content_keys",
        f"""SELECT k, signal, key FROM shared_keys
            WHERE layer = 'content' AND alone AND accounts >= {MIN_ACCOUNTS}""",
    )
    tagged = " UNION ALL ".join(
        f"""SELECT t.exchange_key, i.a, t.k FROM (
                SELECT s.exchange_key, s.account_key, k.k
                FROM ({found_by(number, signal)}) s JOIN content_keys k ON k.signal = {number} AND k.key = s.key) t
            JOIN account_index i ON i.account_key = t.account_key"""
        for number, signal in enumerate(signals)
        if signal.layer == "content" and signal.alone
    )
    engine.create("tagged", tagged)


def _cluster_keys(engine: Engine, most_ties: int) -> None:
    """Make `key_groups` (k, g): content keys that stand in the same requests."""
    engine.create(
        "sampled",
        f"""SELECT t.exchange_key, t.k FROM tagged t WHERE t.exchange_key IN (
                SELECT exchange_key FROM ({sampled_by_hash(engine, "tagged", "k", SAMPLE_PER_KEY)}) s)""",
    )
    check_ties(engine, "SELECT exchange_key, k FROM sampled", "requests and the texts in them", most_ties)
    keys = engine.fetch(
        f"""SELECT k.k, k.signal, {RARITY.format("k")} + 1 AS bits FROM shared_keys k
            WHERE k.k IN (SELECT k FROM sampled) ORDER BY k.k"""
    )
    # Millions of edges: no more than two small numbers each.
    edges = engine.fetch(
        """SELECT CAST(dense_rank() OVER (ORDER BY exchange_key) - 1 AS INTEGER) AS unit, k
           FROM sampled ORDER BY k, unit"""
    )
    engine.make_room()
    numbers = keys["k"].to_numpy()
    community = key_communities(
        edges["unit"].to_numpy(),
        np.searchsorted(numbers, edges["k"].to_numpy()).astype(np.int32),
        keys["bits"].to_numpy(),
        keys["signal"].to_numpy().astype(np.int64),
    )
    engine.register("key_groups", pa.table({"k": pa.array(numbers, pa.int32()), "g": pa.array(community)}))
