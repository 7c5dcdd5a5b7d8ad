"""Organisations and operators that are a campaign's: whatever else they hold may be acted on with it.

An innocent customer of a shared organisation must not be hit. So a holder is a campaign's only if nobody has verified
any of its accounts, and most of these, two at the least, harvest for the campaign themselves. Accounts that made no
call count as well.
"""

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillhunt.engine.base import Engine
from stillhunt.features.keyed import Hasher
from stillhunt.live.sample import Campaigns
from stillhunt.runs import Run
from stillhunt.schema import ACCOUNT_KEYS, OPERATORS, PROFILE

HARVESTS: Final = 0.5
"""Harvest share from which a member harvests itself, and is not somebody who was harvested through."""
LEAST: Final = 2
"""Accounts that must harvest, for one alone says nothing of who holds it."""


def holders(engine: Engine, run: Run, campaigns: Campaigns, last: list[int]) -> list[dict[str, Any]]:
    """Return what the campaigns' organisations and operators hold.

    Args:
        engine: Has what `sample.sides` loads.
        run: The run.
        campaigns: What it called.
        last: Time of the last request held against each member, µs UTC.

    Returns:
        For each organisation, and each account of an operator that is no member: `kind`, its `id`, the `number` of the
        campaign, the `share` of the holder's accounts that harvest, and when a request was `last` held against any.
    """
    number = {row["campaign_id"]: n for n, row in enumerate(campaigns.rows)}
    called = {
        "account_id": pa.array([m["account_id"] for m in campaigns.members], pa.string()),
        "number": pa.array([number[m["campaign_id"]] for m in campaigns.members], pa.int64()),
        "share": pa.array([m["harvest_share"] for m in campaigns.members], pa.float64()),
        "last": pa.array(last, pa.int64()),
    }
    engine.register("called", pa.table(called))
    engine.load(f"run_{OPERATORS.name}", [run.path / f"{OPERATORS.name}.parquet"])
    profile, keys, operators = f"run_{PROFILE.name}", f"run_{ACCOUNT_KEYS.name}", f"run_{OPERATORS.name}"
    # The account that is judged counts as one more, which does not harvest: nobody has seen it do so.
    found = engine.fetch(
        f"""WITH held AS (
                SELECT 'organisation' AS kind, org_id AS holder, account_id FROM {profile} WHERE org_id IS NOT NULL
                UNION SELECT 'organisation', org_id, account_id FROM {keys} WHERE org_id IS NOT NULL
                UNION SELECT 'operator', operator_id, account_id FROM {operators}),
            sized AS (
                SELECT h.kind, h.holder, count(*) AS accounts, coalesce(bool_or(k.verified), false) AS verified
                FROM held h LEFT JOIN {keys} k ON k.account_id = h.account_id GROUP BY h.kind, h.holder),
            harvesting AS (
                SELECT h.kind, h.holder, c.number, count(*) AS harvesters, max(c.last) AS last
                FROM held h JOIN called c ON c.account_id = h.account_id AND c.share >= {HARVESTS}
                GROUP BY h.kind, h.holder, c.number),
            theirs AS (
                SELECT t.*, t.harvesters / (s.accounts + 1.0) AS share
                FROM harvesting t JOIN sized s ON s.kind = t.kind AND s.holder = t.holder
                WHERE NOT s.verified AND t.harvesters >= {LEAST} AND 2 * t.harvesters > s.accounts)
            SELECT kind, holder AS id, number, share, last FROM theirs WHERE kind = 'organisation'
            UNION ALL
            SELECT t.kind, h.account_id, t.number, max(t.share), max(t.last)
            FROM theirs t JOIN held h ON h.kind = t.kind AND h.holder = t.holder
            WHERE t.kind = 'operator' AND h.account_id NOT IN (SELECT account_id FROM called)
            GROUP BY t.kind, h.account_id, t.number ORDER BY 1, 2, 3"""
    )
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows


def keyed_holders(rows: list[dict[str, Any]], secret: bytes) -> dict[str, NDArray[Any]]:
    """Return the same as arrays of a watch list: organisations and accounts by the keyed hashes of their ids."""
    of = {"organisation": Hasher("organisation", secret), "operator": Hasher("account", secret)}
    keys = np.array([of[row["kind"]](row["id"]) for row in rows], np.int64).view(np.uint64)
    order = np.argsort(keys, kind="stable")
    return {
        "held_key": keys[order],
        "held_group": np.array([row["number"] for row in rows], np.uint16)[order],
        "held_share": np.array([row["share"] for row in rows], np.float32)[order],
        "held_last": np.array([row["last"] for row in rows], np.int64)[order],
    }
