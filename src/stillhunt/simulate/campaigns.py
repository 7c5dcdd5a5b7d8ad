"""Campaigns: an operator runs a network of accounts; a campaign harvests through some of them.

The two are apart because they are apart in the world: one operator serves several campaigns and innocent customers
through the same accounts, and one campaign may use several operators.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from stillhunt.simulate.clock import DAY, SECOND, START, flat, moments, paced, people
from stillhunt.simulate.ids import Hashes, Ints, chance, join, mix, names, pick
from stillhunt.simulate.infrastructure import COUNTRIES, UTC_OFFSETS, VERSIONS, Client
from stillhunt.simulate.plan import Cast, Plan, Play, World
from stillhunt.simulate.population import from_sessions, in_run, own_ids, private_domains
from stillhunt.simulate.text import Voice

_CUSTOMER = Voice(pool="person", follow="follow")


@dataclass(frozen=True)
class Operator:
    """Who registers, pays and proxies.

    Attributes:
        name: Name of the operator.
        accounts: Accounts in use at one time.
        card_reuse: Accounts on one card.
        address_reuse: Accounts that leave through one address.
        network: Kind of network of those addresses.
        header_reuse: Accounts that show one frozen header tuple; 0 gives each account a client like anybody's.
        device_reuse: Accounts that show one device id; 0 sends none.
        mail_share: Share of accounts whose mail is at the operator's few domains.
        signup_spread_days: Days over which accounts were registered, up to `signup_age_days` before the run.
        signup_age_days: Days between the last sign-up and the start of the run.
        innocent_share: Share of all calls that are those of unrelated paying customers.
        rotation: `lru` visits accounts in cyclic order, `random` does not, `own` leaves each account to itself.
        sticky: Calls that stay together on an account before the next one is taken.
        retries: Share of calls that meet a limit and are sent again, word for word, on another account.
        bans: Days of the run on which accounts are suspended, each with the share that is.
        replaced: Whether the suspended are replaced the same day.
        pathways: Pathways of the accounts.
        silent: Whether the accounts' metadata is stripped.
    """

    name: str
    accounts: int
    card_reuse: int = 25
    address_reuse: int = 12
    network: str = "hosting"
    header_reuse: int = 1_000_000
    device_reuse: int = 40
    mail_share: float = 0.7
    signup_spread_days: float = 6.0
    signup_age_days: float = 12.0
    innocent_share: float = 0.0
    rotation: Literal["lru", "random", "own"] = "lru"
    sticky: int = 1
    retries: float = 0.02
    bans: tuple[tuple[float, float], ...] = ()
    replaced: bool = True
    pathways: tuple[str, ...] = ("standard",)
    silent: bool = False


@dataclass(frozen=True)
class Campaign:
    """Whose prompts, for which capability.

    Attributes:
        name: Name of the campaign.
        capability: What it takes.
        style: One of STYLES: how it asks.
        rate: Harvesting calls per account and day while it runs.
        share: Share of the operator's accounts that carry it.
        from_account: Where in the operator's accounts its part begins, as a share.
        paraphrase: `none`, `account` or `request`: who varies the wording of the template.
        clock: `flat` day and night, `paced` at even spacing, or `office`: cover of working hours.
        work_list: `round_robin` hands items out in order, `residues` gives each account its own residue of one list.
        samples: Times that each item is asked.
        start_day: Day on which it begins.
        pivot_to_release: Whether it moves half of its calls to a new model within a day, and all soon after.
        relay: Whether its calls are the relayed prompts of people who know nothing of it.
        temperature: Fixed decoding setting.
    """

    name: str
    capability: str
    style: str
    rate: float
    share: float = 1.0
    from_account: float = 0.0
    paraphrase: Literal["none", "account", "request"] = "none"
    clock: Literal["flat", "paced", "office"] = "flat"
    work_list: Literal["round_robin", "residues"] = "round_robin"
    samples: int = 1
    start_day: float = 0.0
    pivot_to_release: bool = True
    relay: bool = False
    temperature: float = 0.7


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
        return self.operator.accounts + sum(len(gone) for _, gone in self._bans())

    def _bans(self) -> list[tuple[float, Ints]]:
        """Return day and slots of each ban."""
        chances = chance(mix(np.arange(self.operator.accounts), 15))
        bans = []
        for number, (day, share) in enumerate(self.operator.bans):
            moved = (chances + 0.37 * number) % 1.0
            bans.append((day, np.flatnonzero(moved < share)))
        return bans

    def play(self, world: World) -> Play:
        """Run the operator for the length of the run."""
        ids = own_ids(self.name, world.seed, self.accounts)
        rng = world.rng(self.name)
        plans, facts = [], []
        for number, campaign in enumerate(self.campaigns):
            own = world.rng(f"{self.name}/{campaign.name}")
            plans.append(self._harvest(world, campaign, number, own, ids))
            facts.append(self._facts(campaign, plans[-1]))
        plans.append(self._customers(world, rng, ids, sum(len(plan) for plan in plans)))
        plan = Plan.joined(plans)
        owner, created, suspended = self._lives(world, rng, plan)
        plan.columns["account"] = owner
        plan = plan.take(owner >= 0)
        self._equip(world, plan, ids)
        plan = Plan.joined([plan, self._retries(world, rng, plan)])
        self._equip(world, plan, ids)
        end = np.where(suspended > 0, suspended, np.iinfo(np.int64).max)
        plan = plan.take(plan["ts"] < end[plan["account"]])
        cast = self._cast(rng, ids, created, suspended)
        voices = tuple(self._voice(world, campaign) for campaign in self.campaigns)
        return Play(cast, in_run(plan, world, created), (*voices, _CUSTOMER), tuple(facts))

    @staticmethod
    def _voice(world: World, campaign: Campaign) -> Voice:
        """Return how a campaign asks."""
        style = world.styles[campaign.style]
        wording: dict[str, Literal["fixed", "account", "request"]] = {
            "none": "fixed", "account": "account", "request": "request",
        }  # fmt: skip
        return style.voice(wording[campaign.paraphrase])

    def _facts(self, campaign: Campaign, plan: Plan) -> dict[str, Any]:
        """Return what truth says of a campaign."""
        return {
            "campaign": campaign.name,
            "operator": self.operator.name,
            "capability": campaign.capability,
            "style": campaign.style,
            "rate": campaign.rate,
            "accounts": round(self.operator.accounts * campaign.share),
            "start": max(START, int(plan["ts"].min())) if len(plan) else None,
        }

    def _harvest(self, world: World, campaign: Campaign, number: int, rng: np.random.Generator, ids: Hashes) -> Plan:
        """Plan a campaign's calls; `account` is the slot that carries each."""
        slots = max(1, round(self.operator.accounts * campaign.share))
        first = round(self.operator.accounts * campaign.from_account)
        begin, end = START + int(campaign.start_day * DAY), START + world.days * DAY
        count = rng.poisson(campaign.rate * slots * max(0.0, (end - begin) / DAY))
        if campaign.relay:
            return self._relayed(world, campaign, number, rng, slots, first)
        ts = self._times(rng, campaign, count, begin, end)
        style = world.styles[campaign.style]
        turns = style.turns
        task = np.arange(count) // turns
        slot = self._slots(rng, task if turns > 1 else np.arange(count), slots)
        # A trajectory stays on one account; its turns follow each other within minutes.
        if turns > 1:
            heads = ts[task * turns]
            ts = heads + (np.arange(count) % turns) * (25 * SECOND) + rng.integers(0, 9 * SECOND, count)
        list_id = (
            mix(int.from_bytes(campaign.name.encode()[:6].ljust(6, b"."), "big"), 1) >> np.uint64(34) << np.uint64(32)
        )
        item = task // campaign.samples
        if campaign.work_list == "residues" and self.operator.rotation == "own":
            visits = np.argsort(np.argsort(slot, kind="stable"), kind="stable")
            item = (visits - np.searchsorted(np.sort(slot), slot)) * slots + slot
        turn = np.arange(count) % turns
        opening = list_id + (item + 1).astype(np.uint64)
        items = np.where(turn == 0, opening, join(opening, turn)) if turns > 1 else opening
        name_key = list_id[0] + np.uint64(7)
        plan = Plan.of(
            count,
            ts=ts,
            account=(first + slot) % self.operator.accounts,
            voice=number,
            item=items,
            author=mix((first + slot) % self.operator.accounts, 400),
            opening=np.where(turn > 0, opening, np.uint64(0)),
            conversation=join(task + 1, np.full(count, name_key)) if turns > 1 else 0,
            turn=turn,
            temperature=campaign.temperature,
            model=self._models(world, campaign, rng, ts),
            campaign=number,
        )
        self._signatures(plan, style.replays, name_key, turns)
        return plan

    @staticmethod
    def _signatures(plan: Plan, replays: bool, key: np.uint64, turns: int) -> None:
        """Issue thinking signatures; a cleaning campaign sends back those of calls made on other accounts."""
        rows = len(plan)
        issued = join(np.arange(1, rows + 1), np.full(rows, key))
        plan.columns["reasoning_out"] = issued
        if replays:
            lag = np.maximum(np.arange(rows) - 1 - pick(mix(issued, 3), 400), 0)
            plan.columns["reasoning_in"] = np.where(np.arange(rows) > 400, issued[lag], np.uint64(0))
        elif turns > 1:
            earlier = np.concatenate([np.zeros(1, dtype=np.uint64), issued[:-1]])[:rows]
            plan.columns["reasoning_in"] = np.where(plan["turn"] > 0, earlier, np.uint64(0))

    @staticmethod
    def _times(rng: np.random.Generator, campaign: Campaign, count: int, begin: int, end: int) -> Ints:
        if campaign.clock == "flat":
            return flat(rng, count, begin, end)
        if campaign.clock == "paced":
            return paced(rng, count, begin, end)
        low, high = (begin - START) // DAY, max((end - START) // DAY, (begin - START) // DAY + 1)
        return np.sort(moments(rng, rng.integers(low, high, count), np.full(count, 8.0), office=True))

    def _slots(self, rng: np.random.Generator, order: Ints, slots: int) -> Ints:
        """Return the slot that takes each call (or trajectory), in the operator's rotation."""
        turn = order // self.operator.sticky
        if self.operator.rotation == "lru":
            # Load balancers skip a busy account now and then, so the cycle is almost, not quite, regular.
            slip = (chance(mix(turn, 23)) < 0.04).astype(np.int64) * pick(mix(turn, 24), slots)
            return mix_order(slots)[(turn + slip) % slots]
        return pick(mix(turn, int(rng.integers(1, 1 << 30))), slots)

    def _models(self, world: World, campaign: Campaign, rng: np.random.Generator, ts: Ints) -> NDArray[np.int8]:
        """Return the model of each call; a pivot moves half to the new one within a day, and the rest within three."""
        newest, old = len(world.models) - 1, len(world.models) - 2
        if not campaign.pivot_to_release:
            return np.full(len(ts), old, dtype=np.int8)
        since = (ts - world.released[-1]) / DAY
        return np.where(rng.random(len(ts)) < np.clip(since * 0.5, 0, 1), newest, old).astype(np.int8)

    def _relayed(
        self, world: World, campaign: Campaign, number: int, rng: np.random.Generator, slots: int, first: int
    ) -> Plan:
        """Plan the relay of people's own prompts: many strangers, spread over the accounts, each conversation on one."""
        wanted = campaign.rate * slots * (world.days - campaign.start_day)
        strangers = max(20, int(wanted / world.days / 3.0))
        rate = np.minimum(rng.lognormal(-0.5, 1.0, strangers), 20)
        rate *= campaign.rate * slots / rate.sum()
        country = rng.choice(len(COUNTRIES), strangers)
        calls = people(rng, rate, UTC_OFFSETS[country], world.days, think_seconds=world.think_seconds)
        authors = own_ids(f"{self.name}/{campaign.name}/users", world.seed, strangers)
        plan = from_sessions(calls, authors)
        conversation = np.unique(plan["conversation"], return_inverse=True)[1]
        begun = np.full(int(conversation.max(initial=-1)) + 1, np.iinfo(np.int64).max)
        np.minimum.at(begun, conversation, plan["ts"])
        order = np.argsort(np.argsort(begun, kind="stable"), kind="stable")
        slot = self._slots(rng, order, slots)[conversation]
        plan.columns["account"] = ((first + slot) % self.operator.accounts).astype(np.int32)
        plan.columns["voice"][:] = number
        plan.columns["campaign"][:] = number
        plan.columns["model"] = self._models(world, campaign, rng, plan["ts"])
        plan.columns["reasoning_out"] = join(np.arange(1, len(plan) + 1), np.full(len(plan), authors[0]))
        kept = (plan["ts"] >= START + int(campaign.start_day * DAY)) & (plan["ts"] < START + world.days * DAY)
        return plan.take(kept)

    def _customers(self, world: World, rng: np.random.Generator, ids: Hashes, harvest: int) -> Plan:
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
        slot = pick(mix(plan["conversation"], 19), self.operator.accounts)
        plan.columns["account"] = slot.astype(np.int32)
        plan.columns["voice"][:] = len(self.campaigns)
        plan.columns["model"][:] = len(world.models) - 2
        return plan

    def _lives(self, world: World, rng: np.random.Generator, plan: Plan) -> tuple[NDArray[np.int32], Ints, Ints]:
        """Return the account behind each call's slot at its time, and when accounts registered and were suspended."""
        slots = self.operator.accounts
        last = START - self.operator.signup_age_days * DAY
        created = (last - rng.random(slots) * self.operator.signup_spread_days * DAY).astype(np.int64)
        suspended = np.zeros(slots, dtype=np.int64)
        owner = plan["account"].astype(np.int32)
        holder = np.arange(slots)
        alive = np.ones(len(plan), dtype=np.bool_)
        slot = plan["account"].astype(np.int64)
        for day, gone in self._bans():
            moment = START + int(day * DAY)
            suspended[holder[gone]] = moment
            replacement = len(created) + np.arange(len(gone))
            created = np.concatenate([created, np.full(len(gone), moment - DAY // 8)])
            suspended = np.concatenate([suspended, np.zeros(len(gone), dtype=np.int64)])
            holder = holder.copy()
            holder[gone] = replacement
            after = (plan["ts"] >= moment) & np.isin(slot, gone)
            owner = np.where(after, holder[slot], owner).astype(np.int32)
            if not self.operator.replaced:
                alive &= ~after
        if not alive.all():
            owner = np.where(alive, owner, -1).astype(np.int32)
        del world
        return owner, created, suspended

    def _equip(self, world: World, plan: Plan, ids: Hashes) -> None:
        """Give each call its account's address, client and device."""
        op, who = self.operator, plan["account"].astype(np.int64)
        nets = world.networks.of(op.network)
        salt = own_ids(f"{op.name}/infrastructure", world.seed, 1)
        exit_id = join(who // op.address_reuse, np.full(len(who), salt[0]))
        network = nets[pick(mix(exit_id, 1), min(len(nets), 2 if op.address_reuse > 1 else len(nets)))]
        if op.network in ("home", "mobile"):
            network = nets[pick(mix(exit_id, 1), len(nets))]
        plan.columns["network"] = network.astype(np.int16)
        plan.columns["address"] = world.networks.address(network, mix(exit_id, 2))
        if op.header_reuse:
            plan.columns["client"] = self._frozen(world, who)
        else:
            line = world.clients.line("sdk", ids[who])
            update = START + chance(mix(ids[who], 73)) * 45 * DAY
            version = pick(mix(ids[who], 72), VERSIONS - 2) + (plan["ts"] > update)
            plan.columns["client"] = (line + version).astype(np.int16)
        if op.device_reuse:
            plan.columns["device"] = join(who // op.device_reuse, np.full(len(who), salt[0] + np.uint64(1)))
        if op.silent:
            for name, unknown in (("network", -1), ("address", -1), ("client", -1), ("device", 0)):
                plan.columns[name][:] = unknown

    def _frozen(self, world: World, who: Ints) -> NDArray[np.int16]:
        """Return the relay's clients: a Node handshake, and headers that it saw once and never renewed."""
        node = world.clients.rows[int(world.clients.line("sdk", mix(1, 1))[0])].ja4
        blocks = int(who.max(initial=0)) // self.operator.header_reuse + 1
        rows = []
        for block in range(blocks):
            tag = int(mix(block, sum(self.operator.name.encode()))[0])
            version = f"0.{30 + tag % 40}.{tag // 64 % 4}"
            headers = (("x-app", "cli"), ("x-stainless-arch", "x64"), ("x-stainless-lang", "js"), ("x-stainless-os", "Linux"),
                       ("x-stainless-package-version", version), ("x-stainless-runtime-version", f"v20.{tag // 256 % 18}.1"))  # fmt: skip
            rows.append(
                world.clients.add(Client(node, f"openhelm-cli/1.0.{tag // 4096 % 90} (external, cli)", headers))
            )
        return np.array(rows, dtype=np.int16)[who // self.operator.header_reuse]

    def _retries(self, world: World, rng: np.random.Generator, plan: Plan) -> Plan:
        """Let a share of calls meet a limit, and send each again on the next account seconds later."""
        hit = np.flatnonzero(rng.random(len(plan)) < self.operator.retries)
        again = plan.take(hit)
        plan.columns["status"][hit] = 429
        again.columns["ts"] = again["ts"] + rng.integers(2 * SECOND, 25 * SECOND, len(hit))
        alive = np.unique(plan["account"])
        again.columns["account"] = alive[(np.searchsorted(alive, again["account"]) + 1) % max(len(alive), 1)]
        return again

    def _cast(self, rng: np.random.Generator, ids: Hashes, created: Ints, suspended: Ints) -> Cast:
        """Return the accounts as they registered."""
        op, rows = self.operator, len(ids)
        number = np.arange(rows)
        key = own_ids(f"{op.name}/cards", 0, 1)[0]
        domains = [f"{name[3:]}.example" for name in names("m", own_ids(f"{op.name}/mail", 0, 3), 8).to_pylist()]
        private = private_domains(ids, 0.05)
        operated = rng.random(rows) < op.mail_share
        mail = [domains[n % 3] if own else other for n, own, other in zip(number, operated, private, strict=True)]
        payment = join(number // op.card_reuse + 1, np.full(rows, key)) if op.card_reuse > 1 else mix(ids, 41)
        return Cast(
            kind="fraudulent",
            created=created,
            country=rng.choice(len(COUNTRIES), rows),
            payment=payment,
            mail=mail,
            plan=["pro" if n % 3 else "api" for n in number],
            pathway=[op.pathways[n % len(op.pathways)] for n in number],
            verified=rng.random(rows) < 0.04,
            org=np.zeros(rows, dtype=np.uint64),
            operator=op.name,
            suspended=suspended,
        )


def mix_order(count: int) -> Ints:
    """Return a fixed shuffle of 0 to `count` - 1."""
    return np.argsort(mix(np.arange(count), 29), kind="stable")
