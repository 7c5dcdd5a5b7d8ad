"""From called groups to campaigns: one harvest each, with the operators whose accounts carry it.

A called content group is a campaign; content groups over the same accounts and for the same capability are one. A
called infrastructure group is a campaign of its own only if no content campaign explains its accounts; otherwise it is
an operator of those. Requests, not accounts, are the unit of blame.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import pyarrow as pa

from stillhunt.engine.base import Engine
from stillhunt.evidence.assess import Assessment

SAME_ACCOUNTS = 0.5
"""Two harvests for one capability are one campaign if they share this part of the smaller one's accounts."""
RUN_BY = 0.2
"""An infrastructure group runs a campaign if it holds this share of the campaign's accounts, or these half of it."""


@dataclass
class Campaign:
    """A campaign in the making: which groups it is made of and who runs it."""

    groups: list[Assessment]
    accounts: set[str]
    operators: list[int] = field(default_factory=list)
    campaign_id: str = ""

    @property
    def strongest(self) -> Assessment:
        """The group with the most evidence: its bits are the campaign's, for dependent groups may not add up."""
        return max(self.groups, key=lambda a: (a.bits, -a.measures["g"]))

    @property
    def kind(self) -> str:
        """Distillation if its content is a harvest, relay if only its infrastructure and behaviour are."""
        by_content = any(a.measures["layer"] == "content" for a in self.groups)
        content_bits = max((e["bits"] for e in self.strongest.evidence if e["family"] == "content"), default=0.0)
        return "distillation" if by_content or content_bits > 0 else "relay"


def stable_id(prefix: str, parts: Sequence[str]) -> str:
    """Return an id that depends on nothing but `parts`, in any order."""
    digest = blake2b("\x1f".join(sorted(parts)).encode(), digest_size=6).hexdigest()
    return f"{prefix}-{digest}"


def assemble(engine: Engine, tested: Sequence[Assessment]) -> list[Campaign]:
    """Make campaigns of the groups called, strongest first, and the tables `campaign_groups` and `campaign_requests`.

    `campaign_requests` has campaign_id, exchange_id, a, bits: one campaign an exchange, content before infrastructure.
    """
    members = _members(engine)
    campaigns = _merge_harvests(engine, [t for t in tested if _is(t, "content") and t.called], members)
    operators = [t for t in tested if _is(t, "infrastructure")]
    explained = set().union(*(c.accounts for c in campaigns)) if campaigns else set()
    for operator in operators:
        accounts = members[operator.measures["g"]]
        if operator.called and len(accounts & explained) < SAME_ACCOUNTS * len(accounts):
            campaigns.append(Campaign([operator], accounts))
    for campaign in campaigns:
        campaign.campaign_id = stable_id("c", [campaign.kind, *sorted(campaign.accounts)])
        campaign.operators = [o.measures["g"] for o in operators if _runs(members[o.measures["g"]], campaign.accounts)]
    campaigns.sort(key=lambda c: (-c.strongest.bits, c.campaign_id))
    _requests(engine, campaigns)
    return campaigns


def _is(tested: Assessment, layer: str) -> bool:
    return bool(tested.measures["layer"] == layer)


def _members(engine: Engine) -> dict[int, set[str]]:
    rows = engine.fetch("SELECT m.g, i.account_id FROM group_members m JOIN account_index i ON i.a = m.a ORDER BY m.g")
    members: dict[int, set[str]] = {}
    for g, account in zip(rows["g"].to_pylist(), rows["account_id"].to_pylist(), strict=True):
        members.setdefault(g, set()).add(account)
    return members


def _runs(operator: set[str], campaign: set[str]) -> bool:
    common = len(operator & campaign)
    return common >= RUN_BY * len(campaign) or common >= SAME_ACCOUNTS * len(operator)


def _merge_harvests(engine: Engine, called: Sequence[Assessment], members: dict[int, set[str]]) -> list[Campaign]:
    rows = engine.fetch(
        """SELECT g, capability FROM (
               SELECT g, capability, row_number() OVER (PARTITION BY g ORDER BY count(*) DESC, capability) AS place
               FROM group_features GROUP BY g, capability) q WHERE place = 1"""
    )
    capability = dict(zip(rows["g"].to_pylist(), rows["capability"].to_pylist(), strict=True))
    merged: list[Campaign] = []
    for group in sorted(called, key=lambda t: (-t.measures["accounts"], t.measures["g"])):
        g = group.measures["g"]
        for campaign in merged:
            same = capability[g] == capability[campaign.groups[0].measures["g"]]
            if same and len(members[g] & campaign.accounts) >= SAME_ACCOUNTS * len(members[g]):
                campaign.groups.append(group)
                campaign.accounts |= members[g]
                break
        else:
            merged.append(Campaign([group], set(members[g])))
    return merged


def _requests(engine: Engine, campaigns: Sequence[Campaign]) -> None:
    pairs = [(c.campaign_id, t.measures["g"], _is(t, "content")) for c in campaigns for t in c.groups]
    engine.register(
        "campaign_groups",
        pa.table(
            {
                "campaign_id": pa.array([p[0] for p in pairs], pa.string()),
                "g": pa.array([p[1] for p in pairs], pa.int64()),
                "by_content": pa.array([p[2] for p in pairs], pa.bool_()),
            }
        ),
    )
    engine.create(
        "campaign_requests",
        """SELECT campaign_id, exchange_id, a, bits FROM (
               SELECT c.campaign_id, r.exchange_id, r.a, r.bits,
                      row_number() OVER (PARTITION BY r.exchange_id
                                         ORDER BY c.by_content DESC, r.bits DESC, c.campaign_id) AS place
               FROM campaign_groups c JOIN group_requests r ON r.g = c.g) q WHERE place = 1""",
    )
