"""The tables of a run, made from campaigns and tested groups."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from stillhunt.campaigns import Campaign, stable_id
from stillhunt.engine.base import Engine
from stillhunt.evidence.assess import Assessment, exemplars
from stillhunt.schema import CAMPAIGNS, EVIDENCE, GROUPS, HARVESTED, MEMBERS, OPERATORS

MIN_CAPABILITY_SHARE = 0.05
"""Capabilities below this share of a campaign's requests are noise of the labels."""


def run_tables(engine: Engine, tested: Sequence[Assessment], campaigns: Sequence[Campaign]) -> dict[str, pa.Table]:
    """Return CAMPAIGNS, MEMBERS, HARVESTED, OPERATORS, GROUPS and EVIDENCE."""
    shown = exemplars(engine)
    ids = _group_ids(engine, shown)
    return _campaign_tables(engine, campaigns, ids) | _group_tables(tested, campaigns, shown, ids)


def _group_tables(
    tested: Sequence[Assessment],
    campaigns: Sequence[Campaign],
    shown: Mapping[int, Sequence[str]],
    ids: Mapping[int, str],
) -> dict[str, pa.Table]:
    """Return GROUPS and EVIDENCE, every tested group included."""
    joined: dict[int, str] = {}
    for campaign in campaigns:
        for g in (*campaign.operators, *(t.measures["g"] for t in campaign.groups)):
            joined.setdefault(g, campaign.campaign_id)
    groups, evidence = [], []
    for t in tested:
        g = t.measures["g"]
        named = {"group_id": ids[g], "campaign_id": joined.get(g)}
        groups.append(
            {
                **t.measures,
                **named,
                "exchanges": t.measures["requests"],
                "bits": t.bits,
                "called": t.called,
                "why": t.why,
            }
        )
        evidence += [{**row, **named, "exemplars": shown.get(g, [])} for row in t.evidence]
    order = [("called", "descending"), ("bits", "descending"), ("group_id", "ascending")]
    return {
        GROUPS.name: _rows(groups, GROUPS.arrow).sort_by(order),
        EVIDENCE.name: _rows(evidence, EVIDENCE.arrow).sort_by(
            [("group_id", "ascending"), ("family", "ascending"), ("test", "ascending")]
        ),
    }


def _campaign_tables(engine: Engine, campaigns: Sequence[Campaign], ids: Mapping[int, str]) -> dict[str, pa.Table]:
    """Return CAMPAIGNS, MEMBERS, HARVESTED and OPERATORS."""
    numbers = sorted({g for c in campaigns for g in c.operators})
    operator_ids = {g: ids[g].replace("g-", "o-", 1) for g in numbers}
    engine.register(
        "operator_names",
        pa.table(
            {
                "g": pa.array(numbers, pa.int64()),
                "operator_id": pa.array([operator_ids[g] for g in numbers], pa.string()),
            }
        ),
    )
    facts = {row["campaign_id"]: row for row in engine.fetch(_FACTS).to_pylist()}
    capabilities, models = _most_asked(engine, "capability"), _most_asked(engine, "model")
    for campaign, row in facts.items():
        shares = capabilities.get(campaign, {})
        row["capabilities"] = [word for word, share in shares.items() if share >= MIN_CAPABILITY_SHARE]
        row["models"] = list(models[campaign]) if campaign in models else None
    rows = [_campaign_row(c, facts[c.campaign_id], operator_ids) for c in campaigns if c.campaign_id in facts]
    return {
        CAMPAIGNS.name: _rows(rows, CAMPAIGNS.arrow),
        MEMBERS.name: engine.fetch(_MEMBERS).cast(MEMBERS.arrow),
        HARVESTED.name: engine.fetch(
            """SELECT s.exchange_id, r.campaign_id, r.bits, r.posterior FROM campaign_requests r
               JOIN suspect_calls s ON s.exchange_key = r.exchange_key ORDER BY s.exchange_id"""
        ).cast(HARVESTED.arrow),
        OPERATORS.name: engine.fetch(
            """SELECT n.operator_id, i.account_id, m.bits FROM group_members m JOIN operator_names n ON n.g = m.g
               JOIN account_index i ON i.a = m.a ORDER BY n.operator_id, i.account_id"""
        ).cast(OPERATORS.arrow),
    }


_MEMBERS = """
SELECT m.campaign_id, i.account_id, CASE WHEN m.share >= 0.5 THEN 'harvester' ELSE 'mixed' END AS role, m.bits,
       m.share AS harvest_share
FROM campaign_members m JOIN account_index i ON i.a = m.a
WHERE m.campaign_id IN (SELECT campaign_id FROM campaign_requests)
ORDER BY m.campaign_id, i.account_id"""

_FACTS = """
WITH r AS (SELECT c.campaign_id, f.ts FROM campaign_requests c JOIN suspect_calls f ON f.exchange_key = c.exchange_key),
     total AS (SELECT campaign_id, count(*) AS exchanges, min(ts) AS first_ts,
                      max(ts) AS last_ts FROM r GROUP BY campaign_id),
     member AS (SELECT campaign_id, count(*) AS accounts FROM campaign_members GROUP BY campaign_id),
     peak AS (SELECT campaign_id, max(n) AS peak_per_day FROM (
                  SELECT campaign_id, ts // 86400000000 AS day, count(*) AS n FROM r
                  GROUP BY campaign_id, ts // 86400000000) q
              GROUP BY campaign_id)
SELECT total.*, member.accounts, peak.peak_per_day
FROM total JOIN member ON member.campaign_id = total.campaign_id JOIN peak ON peak.campaign_id = total.campaign_id"""


def _most_asked(engine: Engine, column: str) -> dict[str, dict[str, float]]:
    """Of each campaign the values of a column of its requests with their shares, those of most requests first."""
    rows = engine.fetch(
        f"""SELECT c.campaign_id, f.{column} AS word, count(*) AS n
            FROM campaign_requests c JOIN suspect_calls f ON f.exchange_key = c.exchange_key
            WHERE f.{column} IS NOT NULL GROUP BY c.campaign_id, f.{column} ORDER BY n DESC, word"""
    ).to_pylist()
    asked: dict[str, dict[str, int]] = {}
    for row in rows:
        asked.setdefault(row["campaign_id"], {})[row["word"]] = row["n"]
    return {c: {word: n / sum(words.values()) for word, n in words.items()} for c, words in asked.items()}


def _campaign_row(campaign: Campaign, facts: Mapping[str, Any], operators: Mapping[int, str]) -> dict[str, Any]:
    strongest = campaign.strongest
    names = [operators[g] for g in campaign.operators]
    capabilities = facts["capabilities"]
    days = (facts["last_ts"] - facts["first_ts"]) / 86_400_000_000
    taken = " and ".join(c.replace("_", " ") for c in capabilities[:2]) or "content of unknown kind"
    run_by = f", run by {len(names)} operator{'s' if len(names) > 1 else ''}" if names else ""
    return {
        **facts,
        "kind": campaign.kind,
        "bits": strongest.bits,
        "confidence": strongest.confidence,
        "operators": sorted(names),
        "summary": f"{facts['accounts']:,} accounts took {facts['exchanges']:,} exchanges of {taken} "
        f"in {days:.1f} days{run_by}",
    }


def _group_ids(engine: Engine, shown: Mapping[int, Sequence[str]]) -> dict[int, str]:
    rows = engine.fetch(
        """SELECT l.g, l.layer, list(i.account_id) AS accounts FROM group_list l
           JOIN group_members m ON m.g = l.g JOIN account_index i ON i.a = m.a GROUP BY l.g, l.layer"""
    ).to_pylist()
    return {r["g"]: stable_id("g", [r["layer"], *r["accounts"], *shown.get(r["g"], [])]) for r in rows}


def _rows(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([{n: r.get(n) for n in schema.names} for r in rows], schema=schema)
