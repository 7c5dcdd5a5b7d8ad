"""From called groups to campaigns: one harvest each, with the operators whose accounts carry it.

A called harvest is a campaign. Harvests for one capability are one campaign if they go through the same accounts, or
through accounts with the same cards, devices and texts: a template in several wordings falls into several groups. A
called operator whose accounts no harvest explains is a campaign of its own. Requests, not accounts, are the unit of
blame.
"""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from hashlib import blake2b

import pyarrow as pa

from stillhunt.bystanders import organisations_beside, without_bystanders
from stillhunt.customers import BESIDE, ELICITING, customers_beside, never_talks, serves_people
from stillhunt.engine.base import Engine
from stillhunt.evidence.assess import Assessment
from stillhunt.parts import Accounts, hollow_wholes, innocent_parts, parts_of
from stillhunt.separation.mixture import ANCHOR, HINT, LEAD, LED, UNTIED
from stillhunt.separation.seeds import make_seeds
from stillhunt.separation.separate import separate_requests

SAME_ACCOUNTS = 0.5
"""Share of a group's accounts that makes its harvest the same as another, or explained by it."""
RUNS = 0.2
"""An operator runs a campaign that goes through this share of its accounts."""
CARRIES = 0.3
"""Share of what its accounts send that texts make up, from which the rest of an operator with few capabilities is like
them."""
RELAYED = 0.5
"""Share of what its accounts send from which texts that they share may be those of a relay."""


@dataclass
class Campaign:
    """A campaign in the making: which groups it is made of, its accounts, and who runs it."""

    groups: list[Assessment]
    accounts: set[str]
    takes: str | None = None
    """The capability that most of its requests ask for."""
    operators: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    """Groups whose requests are its own, as far as its accounts sent them; by default those that it is made of."""
    campaign_id: str = ""
    carried: float = 0.0
    """Share of what its accounts send that its texts make up."""

    def __post_init__(self) -> None:
        """Take the requests of its own groups, unless others were given."""
        self.sources = self.sources or [g.measures["g"] for g in self.groups]

    @property
    def strongest(self) -> Assessment:
        """The group with the most evidence: its bits are the campaign's, for dependent groups may not add up."""
        return max(self.groups, key=lambda a: (a.bits, -a.measures["g"]))

    @property
    def kind(self) -> str:
        """Relay if people's own conversations are what it carries, else distillation.

        Whoever relays people relays them with all that its accounts send. Where texts that are shared make up a small
        part of it, or ask for training material, somebody harvests among customers. Without anything that is asked for
        speaking at all, an operator found by infrastructure and behaviour is a relay as well; and so is one without any
        text whose accounts talk as people do.
        """
        strongest = self.strongest
        texts = [g for g in self.groups if _is(g, "content")]
        asked = sum(g.measures["requests"] * g.measures["elicitation"] for g in texts)
        some = bool(texts) and (
            self.carried < RELAYED or asked > ELICITING * sum(g.measures["requests"] for g in texts)
        )
        people = strongest.relays_people or not strongest.takes_content or (not texts and serves_people(strongest))
        return "relay" if people and not some else "distillation"


def stable_id(prefix: str, parts: Sequence[str]) -> str:
    """Return an id that depends on nothing but `parts`, in any order."""
    digest = blake2b("\x1f".join(sorted(parts)).encode(), digest_size=6).hexdigest()
    return f"{prefix}-{digest}"


def assemble(engine: Engine, tested: Sequence[Assessment]) -> list[Campaign]:
    """Make campaigns of the groups called, strongest first, and the tables `campaign_requests` and `campaign_members`.

    `campaign_requests` has campaign_id, exchange_id, a, bits, posterior: one campaign an exchange, the likeliest.
    """
    members = _members(engine)
    operators = [t for t in tested if _is(t, "infrastructure")]
    harvests = [t for t in tested if _is(t, "content")]
    takes = _capabilities(engine)
    quiet = _quiet(engine, operators)
    hollow = hollow_wholes(harvests, members)
    customers = _customers(harvests, operators, members, quiet, hollow)
    harvests = [h for h in harvests if h not in customers]
    chosen = _chosen(harvests, operators, members, hollow)
    campaigns = _merge(engine, chosen, takes)
    # What little but its operator speaks against joins a campaign that was called, and makes none by itself.
    campaigns = [c for c in campaigns if any(g.called or g.bits >= LED for g in c.groups)]
    harmless = _harmless(operators)
    caught = {o.measures["g"]: members[o.measures["g"]] for o in operators if o.called}
    organisation_of, verified = _organisations(engine, set().union(*caught.values(), *(c.accounts for c in campaigns)))
    told = [t for t in tested if t.called and t.measures["g"] not in hollow and t not in customers]
    own = [members[t.measures["g"]] for t in told]
    beside = set().union(*(organisations_beside(c, organisation_of, verified, own) for c in caught.values()))
    let_go = _belonging_to(engine, harmless) | beside
    suspected = _belonging_to(engine, caught) - beside
    for campaign in campaigns:
        called = [o for o in operators if o.called and o.measures["g"] in campaign.operators]
        held = _held(campaign, members, harmless)
        kept = without_bystanders(engine, campaign.groups, called, campaign.accounts, held, suspected)
        kept -= organisations_beside(kept, organisation_of, verified, own)
        let_go |= campaign.accounts - kept
        campaign.accounts = kept
        campaign.operators = _running(operators, campaign, members)
    campaigns = [c for c in campaigns if c.accounts]
    campaigns += _unexplained(campaigns, operators, harvests, members, let_go)
    campaigns = _merge(engine, campaigns, takes)
    sent = _sent(engine, campaigns)
    for campaign in campaigns:
        texts = sum(g.measures["requests"] for g in campaign.groups if _is(g, "content") and g.measures["whole"])
        texts = texts or sum(g.measures["requests"] for g in campaign.groups if _is(g, "content"))
        campaign.carried = texts / max(sum(sent[account] for account in campaign.accounts), 1)
        campaign.campaign_id = stable_id("c", [campaign.kind, str(campaign.takes), *campaign.accounts])
        if campaign.kind == "relay":
            # People's own words carry few keys: what a relay carries is whatever its operators' accounts send.
            campaign.sources += [g for g in campaign.operators if g not in campaign.sources]
    served = [members[c.measures["g"]] for c in customers]
    standing = {o.measures["g"]: UNTIED for o in operators}
    standing |= dict.fromkeys(_serving_nobody(campaigns, operators, members, quiet, served), LEAD)
    campaigns.sort(key=lambda c: (-c.strongest.bits, c.campaign_id))
    _requests(engine, campaigns, standing, [c.measures["g"] for c in customers])
    return campaigns


def _unexplained(
    campaigns: Sequence[Campaign],
    operators: Sequence[Assessment],
    harvests: Sequence[Assessment],
    members: Accounts,
    let_go: AbstractSet[str],
) -> list[Campaign]:
    """Give accounts of called operators that no campaign explains to the main one of each, or return a new campaign.

    Not those who were `let_go` before, unless a campaign holds them: who do not work for a campaign that they were
    taken for, are tied more to somebody against whom little speaks, or belong to an organisation that is a small part.
    """
    explained, made = set().union(*(c.accounts for c in campaigns)), []
    for operator in (o for o in operators if o.called):
        g = operator.measures["g"]
        own, rest = [c for c in campaigns if g in c.operators], members[g] - (let_go - explained)
        if len(rest & explained) < SAME_ACCOUNTS * len(rest):
            # Its other accounts are looked at as well; which of their requests harvest is judged by what these take.
            sources = [*_harvests_of(members[g], harvests, members), g]
            made.append(Campaign([operator], rest, operators=[g], sources=sources))
        elif own:
            # It was called with all that it holds: those whose texts no called harvest has are its main campaign's.
            main = max(own, key=lambda c: len(c.accounts & members[g]))
            main.accounts |= rest - explained
            main.sources.append(g)
    return made


def _quiet(engine: Engine, operators: Sequence[Assessment]) -> set[int]:
    """Called operators whose accounts hardly ever continue a conversation, as people do."""
    called = [o for o in operators if o.called]
    usual = engine.fetch("SELECT round(1 - avg(single), 6) AS share FROM usual_conduct")["share"][0].as_py()
    told = engine.fetch(
        f"""SELECT g, avg(CASE WHEN follows IS NULL THEN 0.0 ELSE 1.0 END) AS told FROM group_features
            WHERE g IN ({", ".join(str(o.measures["g"]) for o in called) or "-1"}) GROUP BY g"""
    )
    of = dict(zip(told["g"].to_pylist(), told["told"].to_pylist(), strict=True))
    return {o.measures["g"] for o in called if never_talks(o, usual, of.get(o.measures["g"], 0.0))}


def _serving_nobody(
    campaigns: Sequence[Campaign],
    operators: Sequence[Assessment],
    members: Accounts,
    quiet: Collection[int],
    served: Sequence[set[str]],
) -> set[int]:
    """Called operators that serve no people: all that they send is a harvest, and becomes the main one's of each.

    They never talk; or their texts are a good part of what they send, the whole keeps to fewer capabilities than benign
    groups do, and no customers were seen.
    """
    nobody = set()
    for operator in operators:
        g = operator.measures["g"]
        own = [c for c in campaigns if g in c.operators and c.kind == "distillation"]
        if not operator.called or not own:
            continue
        main = max(own, key=lambda c: (g in c.sources, len(c.accounts & members[g]), c.carried, c.campaign_id))
        narrow = operator.exceeds("concentration") and main.carried >= CARRIES
        if g in quiet or (narrow and not any(len(s & members[g]) >= BESIDE * len(s) for s in served)):
            main.sources += [g] if g not in main.sources else []
            nobody.add(g)
    return nobody


def _is(tested: Assessment, layer: str) -> bool:
    return bool(tested.measures["layer"] == layer)


def _harmless(operators: Sequence[Assessment]) -> set[int]:
    """Operators against whom no more speaks than against one innocent group in sixteen."""
    return {o.measures["g"] for o in operators if not o.called and o.bits < LED}


def _held(campaign: Campaign, members: Accounts, harmless: Collection[int]) -> set[str]:
    """Accounts of a campaign's operators, and of its parts that were called; not by operators that are harmless."""
    parts = [p.measures for p in campaign.groups if p.called and p.measures["operator"] is not None]
    operators = [g for g in campaign.operators if g not in harmless]
    return set().union(*(members[g] for g in (*operators, *(p["g"] for p in parts if p["operator"] not in harmless))))


def _customers(
    harvests: Sequence[Assessment],
    operators: Sequence[Assessment],
    members: Accounts,
    quiet: Collection[int],
    hollow: Collection[int],
) -> list[Assessment]:
    """Texts of people that go through accounts which harvest with other texts.

    Those texts were called themselves, or speak for a harvest through a called operator. Operators that never talk have
    no customers.
    """
    guilty = {o.measures["g"] for o in operators if o.called}
    asked = [
        h
        for h in harvests
        if (h.called or (h.bits >= LED and _carried_by(h, guilty, members))) and h.measures["g"] not in hollow
    ]
    alone = set().union(*(members[g] for g in quiet))
    texts = [h for h in harvests if len(members[h.measures["g"]] & alone) < BESIDE * len(members[h.measures["g"]])]
    return customers_beside(texts, asked, members)


def _sent(engine: Engine, campaigns: Sequence[Campaign]) -> dict[str, int]:
    """How much each account of these campaigns sent."""
    _ask_of(engine, set().union(*(c.accounts for c in campaigns)))
    rows = engine.fetch("SELECT account_id, exchanges FROM profile JOIN asked_of USING (account_id)")
    return dict(zip(rows["account_id"].to_pylist(), rows["exchanges"].to_pylist(), strict=True))


def _belonging_to(engine: Engine, operators: Collection[int]) -> set[str]:
    """Accounts that are tied to one of these operators more than to any other."""
    rows = engine.fetch(
        f"""SELECT i.account_id FROM main_operator m JOIN account_index i ON i.a = m.a
            WHERE m.operator IN ({", ".join(map(str, sorted(operators))) or "-1"})"""
    )
    return set(rows["account_id"].to_pylist())


def _organisations(engine: Engine, accounts: AbstractSet[str]) -> tuple[dict[str, str], set[str]]:
    """The organisation of each of these accounts that has one, and which of them somebody verified."""
    _ask_of(engine, accounts)
    rows = engine.fetch(
        """SELECT account_id, org_id, coalesce(verified, false) AS verified
           FROM profile JOIN asked_of USING (account_id) WHERE org_id IS NOT NULL"""
    ).to_pylist()
    return {r["account_id"]: r["org_id"] for r in rows}, {r["org_id"] for r in rows if r["verified"]}


def _members(engine: Engine) -> dict[int, set[str]]:
    rows = engine.fetch(
        """SELECT m.g, list(i.account_id) AS accounts FROM group_members m JOIN account_index i ON i.a = m.a
           GROUP BY m.g"""
    )
    return {row["g"]: set(row["accounts"]) for row in rows.to_pylist()}


def _chosen(
    harvests: Sequence[Assessment], operators: Sequence[Assessment], members: Accounts, hollow: Collection[int]
) -> list[Campaign]:
    """One campaign in the making for each harvest called, as a whole or in the parts that are.

    Of a whole, the parts that speak for innocence on their own are left out. A part is also taken if its operator was
    called and its content speaks for harvesting; and of a whole, if operators that were called carry most of it, the
    accounts of operators against which something speaks. Of a hollow whole nothing is left.
    """
    guilty = {o.measures["g"] for o in operators if o.called}
    harmless = _harmless(operators)
    suspected = set().union(*(members[o.measures["g"]] for o in operators if o.called or o.bits >= LED))
    chosen, done = [], set[int]()
    for harvest in harvests:
        number, g = harvest.measures["harvest"], harvest.measures["g"]
        if harvest.measures["whole"] and harvest.called and g not in hollow:
            called = [p for p in parts_of(harvest, harvests) if p.called]
            innocent = innocent_parts(harvest, harvests, members, harmless)
            chosen.append(Campaign([harvest, *called], members[g] - innocent))
            done.add(number)
    for harvest in harvests:
        g = harvest.measures["g"]
        if harvest.measures["harvest"] in done or g in hollow:
            continue
        if harvest.called or _carried_by(harvest, guilty, members):
            alone = harvest.called or harvest.measures["operator"] is not None
            chosen.append(Campaign([harvest], set(members[g]) if alone else members[g] & suspected))
    for campaign in chosen:
        campaign.operators = _running(operators, campaign, members)
    return chosen


def _carried_by(harvest: Assessment, guilty: Collection[int], members: Accounts) -> bool:
    """Whether harvest content goes through these operators: one, or over half of its accounts if it is a campaign."""
    operator, own = harvest.measures["operator"], members[harvest.measures["g"]]
    if operator is not None or harvest.bits < LED:
        return operator in guilty and harvest.takes_content
    held = own.intersection(set().union(*(members[g] for g in guilty)))
    return harvest.takes_content and len(held) >= SAME_ACCOUNTS * len(own)


def _running(operators: Sequence[Assessment], campaign: Campaign, members: Accounts) -> list[int]:
    """Operators of whose accounts enough are the campaign's."""
    numbers = (o.measures["g"] for o in operators)
    return [g for g in numbers if len(members[g] & campaign.accounts) >= RUNS * len(members[g])]


def _harvests_of(accounts: set[str], harvests: Sequence[Assessment], members: Accounts) -> list[int]:
    """Harvests with harvest content that most accounts of an operator carry: the rest of what they send is others'."""
    carried = {
        h.measures["g"]: members[h.measures["g"]] & accounts
        for h in harvests
        if h.measures["whole"] and h.takes_content
    }
    covered: set[str] = set().union(*carried.values())
    return [g for g, some in carried.items() if some] if len(covered) >= SAME_ACCOUNTS * len(accounts) else []


def _capabilities(engine: Engine) -> dict[int, str | None]:
    """The capability that most requests of each group ask for."""
    rows = engine.fetch(
        """SELECT g, capability FROM (
               SELECT g, capability, row_number() OVER (PARTITION BY g ORDER BY count(*) DESC, capability) AS place
               FROM group_features GROUP BY g, capability) q WHERE place = 1"""
    )
    return dict(zip(rows["g"].to_pylist(), rows["capability"].to_pylist(), strict=True))


def _ask_of(engine: Engine, accounts: AbstractSet[str]) -> None:
    """Make `asked_of`: these accounts, which are few among all."""
    engine.register("asked_of", pa.table({"account_id": pa.array(sorted(accounts), pa.string())}))


def _strong_keys(engine: Engine, campaigns: Sequence[Campaign]) -> dict[str, set[int]]:
    """Keys of each account that tie by themselves: cards, devices, harvests, what crosses accounts; not pairs."""
    _ask_of(engine, set().union(*(c.accounts for c in campaigns)))
    rows = engine.fetch(
        """SELECT account_id, list(e.node) AS nodes FROM account_index i JOIN asked_of USING (account_id)
           JOIN infrastructure_edges e ON e.a = i.a JOIN nodes n ON n.node = e.node
           WHERE n.k2 IS NULL GROUP BY account_id"""
    )
    return {row["account_id"]: set(row["nodes"]) for row in rows.to_pylist()}


def _merge(engine: Engine, found: Sequence[Campaign], takes: Mapping[int, str | None]) -> list[Campaign]:
    """Join harvests for one capability whose accounts or strong keys are the same."""
    keys = _strong_keys(engine, found)
    merged: list[Campaign] = []
    for harvest in sorted(found, key=lambda c: (-len(c.accounts), c.groups[0].measures["g"])):
        harvest.takes = takes[harvest.groups[0].measures["g"]]
        for campaign in merged:
            theirs = set().union(*(keys.get(a, set()) for a in campaign.accounts))
            tied = sum(a in campaign.accounts or bool(keys.get(a, set()) & theirs) for a in harvest.accounts)
            if harvest.takes == campaign.takes and tied >= SAME_ACCOUNTS * len(harvest.accounts):
                campaign.groups += harvest.groups
                campaign.sources += harvest.sources
                campaign.accounts |= harvest.accounts
                campaign.operators += [o for o in harvest.operators if o not in campaign.operators]
                break
        else:
            merged.append(harvest)
    return merged


def _requests(
    engine: Engine, campaigns: Sequence[Campaign], by_infrastructure: Mapping[int, int], customers: Sequence[int]
) -> None:
    texts = [t for c in campaigns for t in c.groups if _is(t, "content")]
    standing = {t.measures["g"]: ANCHOR if t.called else LEAD if t.bits >= LED else HINT for t in texts}
    groups = [
        (c.campaign_id, g, by_infrastructure.get(g, standing.get(g, HINT)))
        for c in campaigns
        for g in sorted(set(c.sources))
    ]
    accounts = [(c.campaign_id, account) for c in campaigns for account in sorted(c.accounts)]
    make_seeds(engine, groups, accounts, [g for c in campaigns for g in c.operators], customers)
    separate_requests(engine, {c.campaign_id for c in campaigns if c.kind == "relay"})
