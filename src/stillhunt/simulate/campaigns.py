"""Campaigns at work: whose requests go through which account, when, from where, and what becomes of the accounts."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from stillhunt.simulate.bans import Lives, accounts_in_all, lives
from stillhunt.simulate.clock import SECOND, START, people
from stillhunt.simulate.equipment import dealt, equip, exits
from stillhunt.simulate.harvest import Harvest, carried
from stillhunt.simulate.ids import Hashes, join, mix, pick
from stillhunt.simulate.infrastructure import COUNTRIES, UTC_OFFSETS
from stillhunt.simulate.operators import Campaign, Operator
from stillhunt.simulate.plan import Cast, Plan, Play, World
from stillhunt.simulate.population import from_sessions, own_ids, private_domains
from stillhunt.simulate.text import Voice

_CUSTOMER = Voice(pool="person", follow="follow")


@dataclass(frozen=True)
class Operation:
    """The actor: one operator with its campaigns and its innocent customers."""

    operator: Operator
    campaigns: tuple[Campaign, ...]

    @property
    def name(self) -> str:
        """The operator's name."""
        return self.operator.name

    @property
    def accounts(self) -> int:
        """All accounts, replacements included."""
        return accounts_in_all(self.operator)

    def play(self, world: World) -> Play:
        """Run the operator for the length of the run."""
        ids = own_ids(self.name, world.seed, self.accounts)
        rng = world.rng(self.name)
        plans, facts = [], []
        for number, campaign in enumerate(self.campaigns):
            own = world.rng(f"{self.name}/{campaign.name}")
            plans.append(Harvest(world, self.operator, campaign, number, own).plan())
            facts.append(self._facts(campaign, plans[-1]))
        plans.append(self._customers(world, rng, sum(len(plan) for plan in plans)))
        plan = Plan.joined(plans)
        lived = lives(self.operator, rng, plan["account"].astype(np.int64), plan["ts"])
        plan.columns["account"] = lived.owner
        plan = plan.take(lived.owner >= 0)
        equip(self.operator, world, plan, ids)
        plan = Plan.joined([plan, self._retries(rng, plan)])
        equip(self.operator, world, plan, ids)
        cast = self._cast(world, rng, ids, lived)
        voices = tuple(self._voice(world, campaign) for campaign in self.campaigns)
        return Play(cast, plan, (*voices, _CUSTOMER), tuple(facts))

    @staticmethod
    def _voice(world: World, campaign: Campaign) -> Voice:
        """Return how a campaign asks."""
        style = world.styles[campaign.style]
        if campaign.paraphrase == "bare":
            return style.bare()
        return style.voice("fixed" if campaign.paraphrase == "none" else campaign.paraphrase)

    def _facts(self, campaign: Campaign, plan: Plan) -> dict[str, Any]:
        """Return what truth says of a campaign."""
        return {
            "campaign": campaign.name,
            "operator": self.operator.name,
            "capability": campaign.capability,
            "style": campaign.style,
            "rate": campaign.rate,
            "accounts": carried(self.operator, campaign),
            "start": max(START, int(plan["ts"].min())) if len(plan) else None,
        }

    def _customers(self, world: World, rng: np.random.Generator, harvest: int) -> Plan:
        """Plan the innocent customers of the operator: strangers who buy access, with talk of their own."""
        share = self.operator.innocent_share
        if share <= 0:
            return Plan.of(0)
        wanted = harvest * share / (1 - share)
        strangers = max(10, int(wanted / world.days / 3.0))
        country = rng.choice(len(COUNTRIES), strangers)
        rate = rng.lognormal(-0.5, 1.0, strangers)
        rate *= wanted / world.days / rate.sum()
        calls = people(rng, rate, UTC_OFFSETS[country], world.days, think_seconds=world.think_seconds)
        plan = from_sessions(calls, own_ids(f"{self.name}/customers", world.seed, strangers))
        # Where accounts are left to themselves, a customer keeps the one that was sold to them.
        kept = "author" if self.operator.rotation == "own" else "conversation"
        slot = pick(mix(plan[kept], 19), self.operator.accounts)
        plan.columns["account"] = slot.astype(np.int32)
        plan.columns["voice"][:] = len(self.campaigns)
        plan.columns["model"][:] = len(world.models) - 2
        return plan

    def _retries(self, rng: np.random.Generator, plan: Plan) -> Plan:
        """Let a share of calls meet a limit, and send each again on the next account seconds later."""
        hit = np.flatnonzero(rng.random(len(plan)) < self.operator.retries)
        again = plan.take(hit)
        plan.columns["status"][hit] = 429
        again.columns["ts"] = again["ts"] + rng.integers(2 * SECOND, 25 * SECOND, len(hit))
        alive = np.unique(plan["account"])
        again.columns["account"] = alive[(np.searchsorted(alive, again["account"]) + 1) % max(len(alive), 1)]
        return again

    def _cast(self, world: World, rng: np.random.Generator, ids: Hashes, lived: Lives) -> Cast:
        """Return the accounts as they registered."""
        op, rows = self.operator, len(ids)
        number = np.arange(rows)
        key = own_ids(f"{op.name}/cards", 0, 1)[0]
        domains = [f"{int(key):016x}"[:6] + ".example" for key in own_ids(f"{op.name}/mail", 0, 3)]
        private = private_domains(ids, 0.05)
        operated = rng.random(rows) < op.mail_share
        mail = [domains[n % 3] if own else other for n, own, other in zip(number, operated, private, strict=True)]
        card = dealt(op, number) // op.card_reuse + 1
        payment = join(card, np.full(rows, key)) if op.card_reuse > 1 else mix(ids, 41)
        country = rng.choice(len(COUNTRIES), rows)
        if op.network in ("home", "mobile"):  # who rents a home line registers where it stands
            country = world.networks.country[exits(op, world, number)[1]]
        return Cast(
            kind="fraudulent",
            created=lived.created,
            country=country,
            payment=payment,
            mail=mail,
            plan=["pro" if n % 3 else "api" for n in number],
            pathway=[op.pathways[n % len(op.pathways)] for n in number],
            verified=rng.random(rows) < 0.04,
            org=np.zeros(rows, dtype=np.uint64),
            operator=op.name,
            suspended=lived.suspended,
            successor=lived.successor,
            resumed=lived.resumed,
        )
