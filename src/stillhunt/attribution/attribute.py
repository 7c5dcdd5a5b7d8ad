"""Who profits: every campaign against every actor of the file that the user gave."""

import pyarrow as pa

from stillhunt.attribution.indicators import INDICATORS
from stillhunt.attribution.matches import count_matches
from stillhunt.attribution.verdict import judge, rows
from stillhunt.attribution.weigh import best_of_families, surroundings, weigh
from stillhunt.engine.base import Engine
from stillhunt.ingest.actors import ActorFile
from stillhunt.schema import ATTRIBUTION, CAMPAIGNS


def attribute(engine: Engine, file: ActorFile, marks: pa.Table, campaigns: pa.Table) -> pa.Table:
    """Return ATTRIBUTION: how likely each actor is to profit from each campaign.

    Args:
        engine: Has `features`, `account_keys`, `campaign_requests` and `account_pools`.
        file: The actors.
        marks: What they are known by, as `actor_marks` makes it of the file.
        campaigns: CAMPAIGNS.
    """
    matches = count_matches(engine, marks)
    by_name = {indicator.name: indicator for indicator in INDICATORS}
    found = []
    for campaign in campaigns.to_pylist():
        around = surroundings(campaign["campaign_id"], campaign["operators"] or [], matches.total)
        findings = {}
        for number, actor in enumerate(file.actors):
            weighed = (
                weigh(by_name[name], shown, matches, around)
                for (of, name), shown in matches.shown.items()
                if of == number
            )
            findings[actor.name] = best_of_families(f for f in weighed if f is not None)
        found += rows(campaign["campaign_id"], judge(findings))
    return pa.Table.from_pylist(found, schema=ATTRIBUTION.arrow)


def with_beneficiaries(campaigns: pa.Table, attribution: pa.Table) -> pa.Table:
    """Return CAMPAIGNS with the actors that were named, and with null where nobody was."""
    named = {row["campaign_id"]: row for row in attribution.to_pylist() if row["named"]}
    filled = []
    for row in campaigns.to_pylist():
        of = named.get(row["campaign_id"], {})
        filled.append(row | {"beneficiary": of.get("actor"), "beneficiary_confidence": of.get("confidence")})
    return pa.Table.from_pylist(filled, schema=CAMPAIGNS.arrow)
