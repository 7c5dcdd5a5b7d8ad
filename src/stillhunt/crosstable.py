"""Operators against campaigns: how much of what goes through whose accounts.

Operators are found on infrastructure and campaigns on content, and each may have several of the other. What the
accounts of an operator send beside its campaigns is there too: its own customers, or what nobody knows.
"""

import pyarrow as pa

from stillhunt.engine.base import Engine
from stillhunt.schema_actors import CROSS


def cross_table(engine: Engine) -> pa.Table:
    """Return CROSS; reads `features`, `account_index`, `group_members`, `operator_names` and `campaign_requests`.

    Makes `account_pools` (account_key, operator_id, operators, pool), one row an account. An account is counted at its
    main operator, the one of the operators named that it is tied to best; `operators` says of how many it is a member.
    `pool` is that operator, or for a campaign's account without one the campaign that took most through it, else null.
    """
    engine.create("account_pools", _POOLS)
    return engine.fetch(_CROSS).cast(CROSS.arrow)


_POOLS = """
WITH main AS (
         SELECT a, operator_id, operators FROM (
             SELECT m.a, n.operator_id, count(*) OVER (PARTITION BY m.a) AS operators,
                    row_number() OVER (PARTITION BY m.a ORDER BY m.bits DESC, n.operator_id) AS place
             FROM group_members m JOIN operator_names n ON n.g = m.g) ranked
         WHERE place = 1),
     carried AS (
         SELECT a, campaign_id FROM (
             SELECT a, campaign_id, row_number() OVER (PARTITION BY a ORDER BY count(*) DESC, campaign_id) AS place
             FROM campaign_requests GROUP BY a, campaign_id) ranked
         WHERE place = 1)
SELECT i.account_key, main.operator_id, coalesce(main.operators, 0) AS operators,
       coalesce(main.operator_id, carried.campaign_id) AS pool
FROM account_index i LEFT JOIN main ON main.a = i.a LEFT JOIN carried ON carried.a = i.a"""

_CROSS = """
SELECT operator_id, campaign_id, accounts, overlapping, exchanges,
       CASE WHEN operator_id IS NOT NULL
            THEN exchanges / CAST(sum(exchanges) OVER (PARTITION BY operator_id) AS DOUBLE) END AS operator_share
FROM (
    SELECT p.operator_id, r.campaign_id, count(DISTINCT p.account_key) AS accounts,
           count(DISTINCT CASE WHEN p.operators > 1 THEN p.account_key END) AS overlapping, count(*) AS exchanges
    FROM features f JOIN account_pools p ON p.account_key = f.account_key
    LEFT JOIN campaign_requests r ON r.exchange_key = f.exchange_key
    WHERE p.operator_id IS NOT NULL OR r.campaign_id IS NOT NULL
    GROUP BY p.operator_id, r.campaign_id) crossed
ORDER BY operator_id NULLS LAST, campaign_id NULLS LAST"""
