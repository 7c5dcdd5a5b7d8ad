"""Groups of both layers in one numbering: operators from what accounts run on, harvests from what requests say.

Tables made: `group_list` (g, layer, keys), `group_members` (g, a, bits, requests) and `group_requests` (g, exchange_id,
a, bits). Groups overlap where accounts serve several.
"""

from collections.abc import Sequence

from stillhunt.engine.base import Engine
from stillhunt.groups.harvests import find_harvests
from stillhunt.groups.operators import find_operators
from stillhunt.signals.base import Signal


def find_groups(engine: Engine, signals: Sequence[Signal]) -> None:
    """Find the groups of both layers in `held`, `shared_keys`, `features` and `profile`."""
    find_harvests(engine, signals)
    find_operators(engine)
    first_harvest = engine.fetch("SELECT count(*) AS c FROM operator_list")["c"][0].as_py()
    engine.create(
        "group_list",
        f"""SELECT g, 'infrastructure' AS layer, keys FROM operator_list
            UNION ALL SELECT g + {first_harvest}, 'content', keys FROM harvest_list""",
    )
    engine.create(
        "group_members",
        f"""SELECT g, a, bits, requests FROM operator_members
            UNION ALL SELECT g + {first_harvest}, a, bits, requests FROM harvest_members""",
    )
    engine.create(
        "group_requests",
        f"""SELECT m.g, f.exchange_id, m.a, m.bits FROM operator_members m
            JOIN account_index i ON i.a = m.a JOIN features f ON f.account_id = i.account_id
            UNION ALL SELECT g + {first_harvest}, exchange_id, a, bits FROM harvest_requests""",
    )
