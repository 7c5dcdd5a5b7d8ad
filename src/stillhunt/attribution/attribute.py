"""Who profits: every campaign against every actor of the file that the user gave."""

import pyarrow as pa

from stillhunt.attribution.indicators import INDICATORS
from stillhunt.attribution.marks import Suspects
from stillhunt.attribution.matches import count_matches
from stillhunt.attribution.verdict import judge, rows
from stillhunt.attribution.weigh import best_of_families, surroundings, weigh
from stillhunt.engine.base import Engine
from stillhunt.schema import CAMPAIGNS
from stillhunt.schema_actors import ATTRIBUTION


def who_profits(engine: Engine, suspects: Suspects | None, campaigns: pa.Table) -> dict[str, pa.Table]:
    """Return ATTRIBUTION, and CAMPAIGNS with the beneficiaries that could be named.

    Args:
        engine: Has `features`, `account_keys`, `campaign_requests` and `account_pools`.
        suspects: The actors, if the user gave any; without them nobody is named.
        campaigns: CAMPAIGNS.
    """
    attribution = _judged(engine, suspects, campaigns) if suspects else ATTRIBUTION.empty()
    return {ATTRIBUTION.name: attribution, CAMPAIGNS.name: _with_beneficiaries(campaigns, attribution)}


def _judged(engine: Engine, suspects: Suspects, campaigns: pa.Table) -> pa.Table:
    matches = count_matches(engine, suspects.marks)
    by_name = {indicator.name: indicator for indicator in INDICATORS}
    found = []
    for campaign in campaigns.to_pylist():
        around = surroundings(campaign["campaign_id"], campaign["operators"] or [], matches.total)
        findings = {}
        for number, name in enumerate(suspects.names):
            weighed = (
                weigh(by_name[indicator], shown, matches, around) for indicator, shown in matches.shown[number].items()
            )
            findings[name] = best_of_families(f for f in weighed if f is not None)
        found += rows(campaign["campaign_id"], judge(findings))
    return pa.Table.from_pylist(found, schema=ATTRIBUTION.arrow)


def _with_beneficiaries(campaigns: pa.Table, attribution: pa.Table) -> pa.Table:
    named = {row["campaign_id"]: row for row in attribution.to_pylist() if row["named"]}
    filled = []
    for row in campaigns.to_pylist():
        of = named.get(row["campaign_id"], {})
        filled.append(row | {"beneficiary": of.get("actor"), "beneficiary_confidence": of.get("confidence")})
    return pa.Table.from_pylist(filled, schema=CAMPAIGNS.arrow)
