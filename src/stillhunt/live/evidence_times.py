"""When the hunt last held a request against each member: from then on what it found of the account grows old."""

from stillhunt.engine.base import Engine
from stillhunt.live.sample import Campaigns
from stillhunt.schema import HARVESTED


def last_evidence(engine: Engine, campaigns: Campaigns) -> list[int]:
    """Return the time of the last request held against each member, µs UTC, in the order of `campaigns.members`.

    A member without one, which is of the campaign by its operator alone, stands by the campaign's last.

    Args:
        engine: Has `features`, and the run's held requests, as `sample.sides` loads them.
        campaigns: What the run called.
    """
    rows = engine.fetch(
        f"""SELECT h.campaign_id, f.account_id, max(f.ts) AS last
            FROM run_{HARVESTED.name} h JOIN features f ON f.exchange_id = h.exchange_id
            GROUP BY h.campaign_id, f.account_id"""
    )
    last = {(row["campaign_id"], row["account_id"]): row["last"] for row in rows.to_pylist()}
    of_campaign = {row["campaign_id"]: row["last_ts"] for row in campaigns.rows}
    return [last.get((m["campaign_id"], m["account_id"]), of_campaign[m["campaign_id"]]) for m in campaigns.members]
