"""How an operator gets accounts: purchase in batches, cards, mail, exits, programs."""

from dataclasses import dataclass

import numpy as np

from foreign.addresses import Line
from foreign.clients import Client, node_sdk, of_a_person, python_sdk
from foreign.clocks import DAY, HOUR
from foreign.world import Account, World


@dataclass(frozen=True)
class Supply:
    """One operator's habits of purchase. Each seed draws them anew, within what the scenario allows."""

    batch: int
    """Accounts bought at once."""
    card: str
    """batch (one card for each purchase), few (a card for 4 to 12 accounts), own."""
    mail: str
    """catch_all (one domain), farm (a domain for each purchase), public."""
    exits: str
    """hosting_pool (shared servers), hosting_own, residential_pool, residential_own."""
    program: str
    """script (one Python script everywhere), relay (one Node relay), ordinary (whatever people use)."""
    aged: bool = False
    """Whether accounts were opened long ago by others and sold."""


@dataclass
class Seat:
    """An account in an operator's hands."""

    account: Account
    line: Line
    client: Client
    since: int
    until: int


@dataclass(frozen=True)
class Operator:
    """Somebody who runs accounts, with what all purchases have in common."""

    name: str
    supply: Supply
    pool: list[Line]
    """Shared exits; none when each account has its own."""
    program: Client
    domain: str


def set_up(world: World, name: str, supply: Supply, size: int) -> Operator:
    """Return an operator who plans for about `size` accounts."""
    shared = node_sdk(world.rng, "Linux") if supply.program == "relay" else python_sdk(world.rng, "Linux")
    return Operator(name, supply, exit_pool(world, supply, size), shared, world.company_domain())


def buy(world: World, operator: Operator, n: int, *, since: int | None = None, until: int | None = None) -> list[Seat]:
    """Return `n` new accounts of an operator, in use from `since` (the first day) to `until` (the last)."""
    rng, supply = world.rng, operator.supply
    since, until = since if since is not None else world.start, until if until is not None else world.end
    own_card = ""
    seats: list[Seat] = []
    while len(seats) < n:
        size = min(n - len(seats), max(1, int(rng.poisson(supply.batch))))
        opened = since - int(rng.uniform(0.2, 21) * DAY)
        domain = world.company_domain() if supply.mail == "farm" else operator.domain
        pathway = world.choose(("standard", "standard", "education", "research", "startup", "cloud"))
        card, left = f"card_{world.token(12)}", 0
        for _ in range(size):
            if supply.card == "own" or (supply.card == "few" and left == 0):
                own_card, left = f"card_{world.token(12)}", int(rng.integers(4, 13))
            left -= 1
            aged = opened - int(rng.exponential(250) * DAY)
            account = world.open_account(
                "harvester", operator=operator.name, pathway=pathway,
                plan=world.choose(("standard", "standard", "plus")),
                email_domain=world.public_mail() if supply.mail == "public" else domain,
                payment_id=card if supply.card == "batch" else own_card, verified=world.chance(0.03),
                created_at=aged if supply.aged else opened + int(rng.exponential(1.5) * HOUR), model="large-2",
            )  # fmt: skip
            client = of_a_person(rng) if supply.program == "ordinary" else operator.program
            seats.append(Seat(account, _exit(world, supply, operator.pool), client, since, until))
    return seats


def exit_pool(world: World, supply: Supply, n: int) -> list[Line]:
    """Return the exits that an operator's accounts share; none when each has its own."""
    if not supply.exits.endswith("pool"):
        return []
    size = max(2, int(n * world.rng.uniform(0.05, 0.3)))
    if supply.exits.startswith("hosting"):
        sites = [world.internet.host(max(2, size // 3)) for _ in range(int(world.rng.integers(1, 4)))]
        return [Line(s.provider, (a,), DAY) for s in sites for a in s.addresses]
    return [world.internet.residential_exit() for _ in range(size)]


def _exit(world: World, supply: Supply, pool: list[Line]) -> Line:
    if not pool:
        return world.internet.residential_exit() if supply.exits.startswith("residential") else world.internet.host()
    if world.chance(0.5):
        fixed: Line = world.choose(pool)
        return fixed
    some = [world.choose(pool) for _ in range(4)]
    owners = tuple(line.provider for line in some)
    return Line(owners[0], tuple(line.addresses[0] for line in some), 2 * HOUR, owners)


def careless(world: World) -> Supply:
    """As disclosed: shared cards, servers as exits, one program."""
    return Supply(
        int(world.rng.integers(8, 40)), world.choose(("batch", "few")), world.choose(("catch_all", "farm", "public")),
        world.choose(("hosting_pool", "hosting_pool", "residential_pool")), world.choose(("script", "relay")),
    )  # fmt: skip


def middling(world: World) -> Supply:
    """Some things shared and some not."""
    return Supply(
        int(world.rng.integers(5, 25)), world.choose(("few", "few", "own")), world.choose(("farm", "public", "public")),
        world.choose(("hosting_pool", "residential_pool", "hosting_own")),
        world.choose(("script", "relay", "ordinary")), aged=world.chance(0.3),
    )  # fmt: skip


def careful(world: World) -> Supply:
    """A card and a home's address for each account, public mail, ordinary programs, bought here and there."""
    return Supply(int(world.rng.integers(1, 5)), "own", "public", "residential_own", "ordinary", aged=world.chance(0.5))


def by_seat(seats: list[Seat], ts: np.ndarray, seat_of: np.ndarray) -> dict[str, list[object]]:
    """Return what requests show of client and network, each by the seat that it goes over."""
    index = seat_of.tolist()
    clients = [s.client.columns() for s in seats]
    shown: dict[str, list[object]] = {
        name: [clients[i][name] for i in index] for name in ("user_agent", "headers", "ja4", "stream")
    }
    exits = [seats[s].line.exit_at(t) for s, t in zip(index, ts.tolist(), strict=True)]
    shown["ip"] = [address for address, _ in exits]
    shown["asn"] = [owner.asn for _, owner in exits]
    shown["country"] = [owner.country for _, owner in exits]
    return shown
