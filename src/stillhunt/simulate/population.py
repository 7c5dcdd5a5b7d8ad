"""People: each with a card, a client, addresses, a country with its nights, and something of their own to say."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillhunt.simulate.clock import DAY, START, Sessions, people
from stillhunt.simulate.ids import Hashes, Ints, chance, join, mix, pick
from stillhunt.simulate.infrastructure import COUNTRIES, COUNTRY_SHARES, UTC_OFFSETS, VERSIONS
from stillhunt.simulate.plan import Cast, Plan, Play, World
from stillhunt.simulate.text import Voice

PUBLIC_MAIL = ("gmail.com", "outlook.com", "gmail.com", "yahoo.com", "icloud.com", "qq.com", "proton.me", "web.de")
CHAT = Voice(pool="person", follow="follow", output_tokens=380)
DEVELOPER = Voice(pool="developer", follow="follow", output_tokens=520)
OWN_APP = Voice(pool="person", system_pool="system", output_tokens=260)
BARE = Voice(pool="person", output_tokens=240)


def own_ids(actor: str, seed: int, count: int) -> Hashes:
    """Return an id for each account of an actor."""
    name = int.from_bytes(actor.encode()[:7].ljust(7, b"."), "big") ^ len(actor)
    for byte in actor.encode():
        name = (name * 1_000_003 + byte) & ((1 << 62) - 1)
    return join(np.arange(1, count + 1), np.full(count, mix(name, seed % 1_000_003)[0], dtype=np.uint64))


def private_domains(ids: Hashes, share: float) -> list[str | None]:
    """Return mail domains: for a share of people one of their own, for the others a large public service."""
    own = chance(mix(ids, 31)) < share
    public = pick(mix(ids, 32), len(PUBLIC_MAIL))
    return [
        f"{int(i):016x}"[:7] + ".example" if mine else PUBLIC_MAIL[service]
        for i, mine, service in zip(ids, own, public, strict=True)
    ]


def created_before(rng: np.random.Generator, count: int, days: int, *, in_run: float = 0.06) -> Ints:
    """Return when accounts registered: over four years with growth, and a share during the run."""
    age = (1460 * rng.power(0.7, count) * DAY).astype(np.int64)
    late = rng.random(count) < in_run
    return np.where(late, START + (rng.random(count) * days * DAY).astype(np.int64), START - age)


def people_cast(
    rng: np.random.Generator, ids: Hashes, country: Ints, days: int, kind: str, *, own_domain: float = 0.12
) -> Cast:
    """Accounts of unrelated people: a card each (or none), years of sign-ups, mostly public mail."""
    rows = len(ids)
    draw = rng.random(rows)
    plans = np.array(["free", "pro", "api"])[np.searchsorted([0.35, 0.7], draw)]
    path = np.array(["standard", "education", "startup", "research", "cloud"])[
        np.searchsorted([0.86, 0.92, 0.96, 0.975], rng.random(rows))
    ]
    return Cast(
        kind=kind,
        created=created_before(rng, rows, days),
        country=country,
        payment=np.where(plans == "free", np.uint64(0), mix(ids, 41)),
        mail=private_domains(ids, own_domain),
        plan=list(plans),
        pathway=list(path),
        verified=rng.random(rows) < 0.12,
        org=np.zeros(rows, dtype=np.uint64),
    )


def thinking(plan: Plan, ids: Hashes, share: float) -> None:
    """Give calls of a share of conversations thinking signatures, and send the last one back in later turns."""
    rows = len(plan)
    issued = join(np.arange(1, rows + 1), ids[plan["account"]])
    thinks = chance(mix(np.where(plan["conversation"] > 0, plan["conversation"], issued), 61)) < share
    plan.columns["reasoning_out"] = np.where(thinks, issued, np.uint64(0))
    earlier = np.concatenate([np.zeros(1, dtype=np.uint64), plan["reasoning_out"][:-1]])[:rows]
    plan.columns["reasoning_in"] = np.where((plan["turn"] > 0) & thinks, earlier, np.uint64(0))


def from_sessions(calls: Sessions, ids: Hashes, authors: Hashes | None = None) -> Plan:
    """Turn sessions into a plan: items are numbered for each author, later turns know what opened them."""
    rows = len(calls.who)
    speaks = ids if authors is None else authors
    firsts = np.searchsorted(calls.who, np.arange(len(ids)))
    ordinal = np.arange(rows) - firsts[calls.who] + 1
    return Plan.of(
        rows,
        ts=calls.ts,
        account=calls.who,
        item=ordinal,
        author=speaks[calls.who],
        opening=np.where(calls.turn > 0, ordinal[calls.opens], 0) if rows else 0,
        conversation=join(calls.opens + 1, ids[calls.who]) if rows else 0,
        turn=calls.turn,
    )


def place_people(world: World, plan: Plan, session: Ints, ids: Hashes, country: Ints, *, vpn: float = 0.06) -> None:
    """Give each call an address: home, a mobile carrier's shared NAT, or for some people always a VPN's exit."""
    nets, who = world.networks, plan["account"]
    place = join(session + 1, ids[who])
    habit = chance(mix(ids, 51))[who]
    moves = chance(mix(ids, 52))[who] * 40 * DAY + START  # some change provider or line within the run
    home_net = nets.home("home", country, mix(ids, 53))[who]
    home = nets.address(home_net, mix(ids, 54)[who] ^ (plan["ts"] > moves).astype(np.uint64))
    mobile_net = nets.home("mobile", country, mix(ids, 55))[who]
    exits = nets.of("vpn")
    vpn_net = exits[pick(mix(ids, 56), len(exits))][who]
    on_vpn, on_mobile = habit < vpn, chance(mix(place, 57)) < 0.22
    network = np.where(on_vpn, vpn_net, np.where(on_mobile, mobile_net, home_net))
    away = nets.address(network, mix(place, 58))
    plan.columns["network"] = network.astype(np.int16)
    plan.columns["address"] = np.where(on_vpn | on_mobile, away, home)


def equip_people(world: World, plan: Plan, ids: Hashes, family: NDArray[np.str_]) -> None:
    """Give each account its client, which is updated now and then, and a device where the client has one."""
    first = np.zeros(len(ids), dtype=np.int64)
    for name in ("browser", "sdk", "tool", "plain"):
        rows = family == name
        first[rows] = world.clients.line(name, ids[rows])
    who = plan["account"]
    have = pick(mix(ids, 72), VERSIONS - 2)[who]
    update = START + chance(mix(ids, 73)) * 45 * DAY
    plan.columns["client"] = (first[who] + have + (plan["ts"] > update[who])).astype(np.int16)
    device = np.where(np.isin(family, ("browser", "tool")), mix(ids, 74), np.uint64(0))
    plan.columns["device"] = device[who]


def drop_metadata(plan: Plan, rows: NDArray[np.bool_]) -> None:
    """Make address, client and device unknown where `rows` says so."""
    for name, unknown in (("network", -1), ("address", -1), ("client", -1), ("device", 0)):
        plan.columns[name][rows] = unknown


def in_run(plan: Plan, world: World, created: Ints) -> Plan:
    """Drop calls outside the run or before the account existed."""
    ts = plan["ts"]
    return plan.take((ts >= START) & (ts < START + world.days * DAY) & (ts >= created[plan["account"]]))


@dataclass(frozen=True)
class People:
    """Unrelated people, the ordinary customers.

    Attributes:
        name: Name of the actor; its chance depends on nothing else.
        accounts: How many.
        rate: Mean calls per person and day.
        kind: What truth calls them.
        vpn: Share that is always behind a consumer VPN.
        silent: Share that sends no metadata.
    """

    name: str
    accounts: int
    rate: float = 2.5
    kind: str = "person"
    vpn: float = 0.06
    silent: float = 0.05

    def play(self, world: World) -> Play:
        """Let them live their days."""
        rng = world.rng(self.name)
        ids = own_ids(self.name, world.seed, self.accounts)
        country = rng.choice(len(COUNTRIES), self.accounts, p=COUNTRY_SHARES / COUNTRY_SHARES.sum())
        cast = people_cast(rng, ids, country, world.days, self.kind)
        family = np.array(["browser", "sdk", "tool", "plain"])[
            np.searchsorted([0.58, 0.84, 0.95], rng.random(self.accounts))
        ]
        spread = 1.3
        rate = np.minimum(rng.lognormal(-spread * spread / 2, spread, self.accounts), 60) * self.rate * world.activity
        calls = people(rng, rate, UTC_OFFSETS[country], world.days, turns=4.0, think_seconds=world.think_seconds)
        plan = from_sessions(calls, ids)
        place_people(world, plan, calls.session, ids, country, vpn=self.vpn)
        equip_people(world, plan, ids, family)
        taste = chance(mix(ids, 81))
        voice = np.where(family == "browser", 0, np.where(family == "tool", 1, np.where(taste < 0.55, 2, 3)))
        plan.columns["voice"] = voice[plan["account"]].astype(np.int16)
        api = (voice >= 2)[plan["account"]]
        for column in ("opening", "conversation", "turn"):  # programs send each request by itself
            plan.columns[column][api] = 0
        setting = np.array([np.nan, 0.0, 0.2, 0.7, 1.0])[pick(mix(ids, 82), 5)]
        plan.columns["temperature"] = np.where(api, setting[plan["account"]], np.nan).astype(np.float32)
        plan.columns["model"] = _models(world, plan, ids)
        thinking(plan, ids, 0.25)
        plan.columns["images"] = (chance(mix(plan["item"], 83) ^ ids[plan["account"]]) < 0.03).astype(np.int16)
        drop_metadata(plan, (chance(mix(ids, 84)) < self.silent)[plan["account"]])
        return Play(cast, in_run(plan, world, cast.created), (CHAT, DEVELOPER, OWN_APP, BARE))


def _models(world: World, plan: Plan, ids: Hashes) -> NDArray[np.int8]:
    """Return the model of each call: an account's favourite, and the newest one some days after its release."""
    who = plan["account"]
    model = pick(mix(ids, 85), len(world.models) - 1)[who]
    patience = world.released[-1] + (chance(mix(ids, 86)) ** 2 * 40 * DAY).astype(np.int64)
    return np.where(plan["ts"] > patience[who], len(world.models) - 1, model).astype(np.int8)
