"""Which called campaign is which true campaign, and which found operator is which true operator."""

from collections import defaultdict

from stillhunt.engine.base import Engine
from stillhunt.evaluate.intervals import Proportion
from stillhunt.evaluate.result import CampaignResult, FalseCampaign, OperatorResult

COUNTS_AS_PIECE = 0.05
"""A called campaign with a smaller share of a true one's requests touched it by chance: it is no piece."""


def campaign_results(engine: Engine) -> tuple[CampaignResult, ...]:
    """Return what became of each true campaign, in order of name; `engine` is that of `open_comparison`."""
    shared = _shared_requests(engine)
    sizes = {row["campaign_id"]: row["n"] for row in engine.fetch(_HELD_BY_CALLED).to_pylist()}
    totals = {row["campaign"]: row for row in engine.fetch(_TRUE_CAMPAIGNS).to_pylist()}
    members = {(row["campaign"], row["campaign_id"]): row["n"] for row in engine.fetch(_SHARED_ACCOUNTS).to_pylist()}

    def is_piece(campaign: str, called: str) -> bool:
        return shared[campaign].get(called, 0) >= COUNTS_AS_PIECE * int(totals[campaign]["requests"])

    results = []
    for campaign, total in totals.items():
        ranked = sorted(shared[campaign], key=lambda called: (-shared[campaign][called], called))
        best = ranked[0] if ranked else None
        pieces = tuple(called for called in ranked if is_piece(campaign, called))
        results.append(
            CampaignResult(
                campaign=campaign,
                accounts=total["accounts"],
                requests=total["requests"],
                best=best,
                best_holds=Proportion(members.get((campaign, best), 0), total["accounts"]),
                account_recall=Proportion(total["accounts_called"], total["accounts"]),
                request_recall=Proportion(total["requests_called"], total["requests"]),
                pieces=pieces,
                purity=Proportion(
                    sum(shared[campaign][called] for called in pieces),
                    sum(sizes[called] for called in pieces),
                ),
                merged_with=tuple(
                    other for other in totals if other != campaign and best is not None and is_piece(other, best)
                ),
            )
        )
    return tuple(results)


def false_campaigns(engine: Engine) -> tuple[FalseCampaign, ...]:
    """Return the called campaigns most of whose requests are innocent, or that have no request at all."""
    rows = engine.fetch(_FALSE_CAMPAIGNS).to_pylist()
    return tuple(
        FalseCampaign(row["campaign_id"], Proportion(row["innocent"], row["requests"]), row["kind"]) for row in rows
    )


def operator_results(engine: Engine) -> tuple[OperatorResult, ...]:
    """Return what became of each true operator with accounts in the run, in order of name.

    A found operator of innocents alone is no accusation, so it counts against nobody here.
    """
    rows = engine.fetch(_OPERATORS).to_pylist()
    return tuple(
        OperatorResult(
            operator=row["operator"],
            best=row["best"],
            recall=Proportion(row["shared"], row["accounts"]),
            purity=Proportion(row["shared"], row["size"]),
        )
        for row in rows
    )


def _shared_requests(engine: Engine) -> dict[str, dict[str, int]]:
    shared: dict[str, dict[str, int]] = defaultdict(dict)
    for row in engine.fetch(_SHARED_REQUESTS).to_pylist():
        shared[row["campaign"]][row["campaign_id"]] = row["n"]
    return shared


_SHARED_REQUESTS = """
SELECT g.campaign, h.campaign_id, count(*) AS n FROM guilty g JOIN held h USING (exchange_id)
GROUP BY g.campaign, h.campaign_id"""

_HELD_BY_CALLED = "SELECT campaign_id, count(*) AS n FROM held GROUP BY campaign_id"

_TRUE_CAMPAIGNS = """
SELECT g.campaign, count(*) AS requests, count(DISTINCT g.account_id) AS accounts,
       count(DISTINCT h.exchange_id) AS requests_called, count(DISTINCT m.account_id) AS accounts_called
FROM guilty g
LEFT JOIN (SELECT DISTINCT exchange_id FROM held) h ON h.exchange_id = g.exchange_id
LEFT JOIN (SELECT DISTINCT account_id FROM member) m ON m.account_id = g.account_id
GROUP BY g.campaign ORDER BY g.campaign"""

_SHARED_ACCOUNTS = """
SELECT g.campaign, m.campaign_id, count(*) AS n
FROM (SELECT DISTINCT campaign, account_id FROM guilty) g JOIN member m USING (account_id)
GROUP BY g.campaign, m.campaign_id"""

_FALSE_CAMPAIGNS = """
WITH requests AS (
  SELECT h.campaign_id, h.exchange_id, a.kind, g.exchange_id IS NULL AS innocent
  FROM held h JOIN accounts a ON a.account_id = h.account_id
  LEFT JOIN guilty g ON g.exchange_id = h.exchange_id),
kinds AS (
  SELECT campaign_id, kind, row_number() OVER (PARTITION BY campaign_id ORDER BY count(*) DESC, kind) AS place
  FROM requests WHERE innocent GROUP BY campaign_id, kind),
called AS (SELECT DISTINCT campaign_id FROM member)
SELECT c.campaign_id, count(r.exchange_id) AS requests, count(*) FILTER (WHERE r.innocent) AS innocent,
       coalesce(max(k.kind), 'unknown') AS kind
FROM called c LEFT JOIN requests r ON r.campaign_id = c.campaign_id
LEFT JOIN kinds k ON k.campaign_id = c.campaign_id AND k.place = 1
GROUP BY c.campaign_id
HAVING count(r.exchange_id) = 0 OR 2 * count(*) FILTER (WHERE r.innocent) > count(r.exchange_id)
ORDER BY c.campaign_id"""

_OPERATORS = """
WITH truth AS (SELECT operator, account_id FROM accounts WHERE operator IS NOT NULL),
totals AS (SELECT operator, count(*) AS accounts FROM truth GROUP BY operator),
sizes AS (SELECT operator_id, count(*) AS size FROM found_op GROUP BY operator_id),
shared AS (
  SELECT t.operator, f.operator_id, count(*) AS n,
         row_number() OVER (PARTITION BY t.operator ORDER BY count(*) DESC, f.operator_id) AS place
  FROM truth t JOIN found_op f USING (account_id) GROUP BY t.operator, f.operator_id)
SELECT t.operator, s.operator_id AS best, t.accounts, coalesce(s.n, 0) AS shared, coalesce(z.size, 0) AS size
FROM totals t LEFT JOIN shared s ON s.operator = t.operator AND s.place = 1
LEFT JOIN sizes z ON z.operator_id = s.operator_id
ORDER BY t.operator"""
