"""Groups of both layers in one numbering: operators, and harvests as far as they go through one operator's accounts.

The same text may come from a harvester's pool and from honest users of a public tool. So a harvest is cut along
operators: its part in the accounts of each operator is a group, and its part in accounts of no operator is another.
Each is tested on its own beside the whole, and the innocent part of a shared template neither hides nor shares the
guilty part's fate.

Tables made: `group_list` (g, layer, keys, harvest, operator, whole), `group_members` (g, a, bits, requests) and
`group_requests` (g, exchange_key, a, bits). Groups overlap where accounts serve several.
"""

from collections.abc import Sequence

from stillhunt.engine.base import Engine
from stillhunt.groups.harvests import find_harvests
from stillhunt.groups.operators import MIN_ACCOUNTS, find_operators
from stillhunt.groups.ties import MOST_TIES
from stillhunt.signals.base import Signal


def find_groups(engine: Engine, signals: Sequence[Signal], most_ties: int = MOST_TIES) -> None:
    """Find the groups of both layers in `held`, `shared_keys`, `features` and `profile`.

    Raises:
        UsageError: If the graph of one of them has more than `most_ties` ties, before any of them is fetched.
    """
    find_harvests(engine, signals, most_ties)
    find_operators(engine, most_ties)
    _cut_along_operators(engine)
    engine.create(
        "group_list",
        """SELECT g, 'infrastructure' AS layer, keys, CAST(NULL AS BIGINT) AS harvest, CAST(NULL AS BIGINT) AS operator,
                  true AS whole FROM operator_list
           UNION ALL
           SELECT c.g, 'content', l.keys, c.harvest, c.operator, c.whole FROM cell_list c
           JOIN harvest_list l ON l.g = c.harvest""",
    )
    engine.create(
        "group_members",
        """SELECT g, a, bits, requests FROM operator_members
           UNION ALL
           SELECT c.g, m.a, m.bits, m.requests FROM harvest_members m
           JOIN cell_of c ON c.harvest = m.g AND c.a = m.a""",
    )
    engine.create(
        "group_requests",
        """SELECT m.g, f.exchange_key, m.a, m.bits FROM operator_members m
           JOIN account_index i ON i.a = m.a JOIN features f ON f.account_key = i.account_key
           UNION ALL
           SELECT c.g, r.exchange_key, r.a, r.bits FROM harvest_requests r
           JOIN cell_of c ON c.harvest = r.g AND c.a = r.a""",
    )


def _cut_along_operators(engine: Engine) -> None:
    """Make `cell_list` (g, harvest, operator, whole) and `cell_of` (g, harvest, a).

    An account counts at its main operator. Every harvest is a cell as a whole; its parts are cells too if there are
    several. A harvest that goes through one operator alone is that operator's.
    """
    engine.create(
        "main_operator",
        """SELECT a, g AS operator FROM (
               SELECT a, g, row_number() OVER (PARTITION BY a ORDER BY bits DESC, g) AS place FROM operator_members) q
           WHERE place = 1""",
    )
    engine.create(
        "harvest_parts",
        """SELECT m.g AS harvest, coalesce(o.operator, -1) AS part, m.a FROM harvest_members m
           LEFT JOIN main_operator o ON o.a = m.a""",
    )
    engine.create(
        "cell_list",
        f"""WITH sizes AS (SELECT harvest, part, count(*) AS accounts FROM harvest_parts GROUP BY harvest, part),
                 wholes AS (SELECT harvest, min(part) AS only_part, count(*) AS parts FROM sizes GROUP BY harvest),
                 cells AS (
                     SELECT harvest, CASE WHEN parts = 1 THEN only_part ELSE -1 END AS part, true AS whole FROM wholes
                     UNION ALL
                     SELECT s.harvest, s.part, false FROM sizes s JOIN wholes w ON w.harvest = s.harvest
                     WHERE w.parts > 1 AND s.accounts >= {MIN_ACCOUNTS})
            SELECT row_number() OVER (ORDER BY harvest, part, whole) - 1 + (SELECT count(*) FROM operator_list) AS g,
                   harvest, part, whole, CASE WHEN part >= 0 THEN part END AS operator
            FROM cells""",
    )
    engine.create(
        "cell_of",
        """SELECT l.g, p.harvest, p.a FROM harvest_parts p
           JOIN cell_list l ON l.harvest = p.harvest AND (l.whole OR l.part = p.part)""",
    )
