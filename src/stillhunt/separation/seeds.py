"""What campaigns are known by: requests with a key of theirs, accounts that are no background, and customers."""

from collections.abc import Sequence

import pyarrow as pa

from stillhunt.engine.base import Engine
from stillhunt.separation.mixture import UNTIED


def make_seeds(
    engine: Engine,
    groups: Sequence[tuple[str, int, int]],
    accounts: Sequence[tuple[str, str]],
    operators: Sequence[int],
    customers: Sequence[int],
) -> None:
    """Make `campaign_seeds`, `campaign_insiders` and `customer_requests`, which `separate_requests` describes.

    Args:
        engine: Has `group_requests`, `group_members` and `account_index`.
        groups: Campaign, group and standing: whose requests are a campaign's, as far as its accounts sent them.
        accounts: Campaign and account.
        operators: Groups of those who run campaigns.
        customers: Groups of texts that are customers'.
    """
    engine.register(
        "campaign_groups",
        pa.table(
            {
                "campaign_id": pa.array([g[0] for g in groups], pa.string()),
                "g": pa.array([g[1] for g in groups], pa.int64()),
                "standing": pa.array([g[2] for g in groups], pa.int64()),
            }
        ),
    )
    engine.register(
        "campaign_accounts",
        pa.table(
            {
                "campaign_id": pa.array([a[0] for a in accounts], pa.string()),
                "account_id": pa.array([a[1] for a in accounts], pa.string()),
            }
        ),
    )
    engine.create(
        "campaign_seeds",
        """SELECT campaign_id, exchange_key, a, bits, standing FROM (
               SELECT c.campaign_id, r.exchange_key, r.a, r.bits, c.standing,
                      row_number() OVER (PARTITION BY r.exchange_key
                                         ORDER BY c.standing DESC, r.bits DESC, c.campaign_id) AS place
               FROM campaign_groups c JOIN group_requests r ON r.g = c.g JOIN account_index i ON i.a = r.a
               JOIN campaign_accounts m ON m.campaign_id = c.campaign_id AND m.account_id = i.account_id) q
           WHERE place = 1""",
    )
    engine.create(
        "campaign_insiders",
        f"""SELECT i.a FROM campaign_accounts c JOIN account_index i ON i.account_id = c.account_id
            UNION SELECT a FROM group_members WHERE g IN ({", ".join(map(str, operators)) or "-1"})""",
    )
    engine.create(
        "customer_requests",
        f"""SELECT DISTINCT exchange_key FROM group_requests WHERE g IN ({", ".join(map(str, customers)) or "-1"})
            AND exchange_key NOT IN (SELECT exchange_key FROM campaign_seeds WHERE standing > {UNTIED})""",
    )
