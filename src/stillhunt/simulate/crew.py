"""What organisations share: one name, often one card, one mail domain, and networks of their own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillhunt.simulate.clock import DAY, START
from stillhunt.simulate.grammar import language
from stillhunt.simulate.ids import Hashes, Ints, chance, mix, pick
from stillhunt.simulate.infrastructure import COUNTRIES, VERSIONS
from stillhunt.simulate.plan import Cast, Plan, World
from stillhunt.simulate.population import own_ids

PUBLIC = mix(2026, 1)
"""Key of the public benchmark lists, which everybody shares."""


@dataclass(frozen=True)
class Crew:
    """The accounts of one organisation, and where chance for it comes from."""

    world: World
    name: str
    ids: Hashes
    rng: np.random.Generator

    @classmethod
    def of(cls, world: World, name: str, accounts: int) -> "Crew":
        """Call the accounts of an actor together."""
        return cls(world, name, own_ids(name, world.seed, accounts), world.rng(name))

    @property
    def key(self) -> Hashes:
        """One id for all of them, of length 1."""
        return mix(self.ids[:1], 900)

    def cast(  # noqa: PLR0913  what an organisation may share, each by name
        self,
        kind: str,
        *,
        pathway: str = "enterprise",
        plan: str = "api",
        verified: bool = True,
        card: bool = True,
        age_days: tuple[float, float] = (60, 900),
    ) -> Cast:
        """Return their accounts: one organisation, one mail domain, one card or none."""
        rows = len(self.ids)
        same = np.repeat(self.key, rows)
        domain = f"{int(self.key[0]):016x}"[:8] + (".edu.example" if pathway == "education" else ".example")
        founded = self.rng.uniform(*age_days)
        age = founded * (0.1 + 0.9 * self.rng.random(rows)) if rows > 1 else np.full(rows, founded)
        return Cast(
            kind=kind,
            created=(START - age * DAY).astype(np.int64),
            country=np.full(rows, pick(mix(self.key, 1), len(COUNTRIES))[0]),
            payment=mix(same, 41) if card else np.zeros(rows, dtype=np.uint64),
            mail=[domain] * rows,
            plan=[plan] * rows,
            pathway=[pathway] * rows,
            verified=np.full(rows, verified),
            org=mix(same, 42),
        )

    def house(self) -> str:
        """What the organisation's own prompts say of it: no two organisations share a template by accident."""
        return str(language("en").texts("system", self.key, pick(self.key, 40))[0]) + " "

    def one_of(self, *wordings: str) -> str:
        """Return the wording that this organisation chose for an instruction."""
        return wordings[int(pick(mix(self.key, 44), len(wordings))[0])]

    def own_items(self, count: int) -> Hashes:
        """Return the items of work that only this organisation has."""
        return list_items(self.key, np.arange(count))

    def country(self) -> int:
        """The country of the organisation."""
        return int(pick(mix(self.key, 1), len(COUNTRIES))[0])

    def behind_nat(self, plan: Plan, addresses: int, kind: str = "business") -> None:
        """Send all calls through a few addresses of one network."""
        nets = self.world.networks
        country = np.full(1, self.country())
        if kind == "business":
            network = nets.home("business", country, self.key)
        else:
            network = nets.of(kind)[pick(mix(self.key, 5), len(nets.of(kind)))]
        who = mix(plan["author"] ^ plan["conversation"], 6)
        first = nets.address(network, mix(self.key, 7))
        plan.columns["network"][:] = network[0]
        plan.columns["address"][:] = first[0] + pick(who, addresses)

    def in_clouds(self, plan: Plan, place: Hashes) -> None:
        """Send the calls of each `place` (a job) from another address of the large clouds."""
        nets = self.world.networks
        clouds = nets.of("cloud")
        network = clouds[pick(mix(place, 8), len(clouds))]
        plan.columns["network"] = network.astype(np.int16)
        plan.columns["address"] = nets.address(network, mix(place, 9))

    def with_program(self, plan: Plan, family: str = "sdk") -> None:
        """Give all calls one client program, renewed once in a while."""
        line = self.world.clients.line(family, self.key)[0]
        have = pick(mix(self.key, 10), VERSIONS - 2)[0]
        update = START + int(chance(mix(self.key, 11))[0] * 40 * DAY)
        plan.columns["client"] = (line + have + (plan["ts"] > update)).astype(np.int16)

    def calls(self, ts: Ints, **known: object) -> Plan:
        """Return a plan of calls at given moments; by default the newest model that was out before the run."""
        columns: dict[str, object] = {
            "ts": ts, "model": len(self.world.models) - 2, "author": self.ids[0], **known,
        }  # fmt: skip
        return Plan.of(len(ts), **columns)

    def spread(self, count: int) -> NDArray[np.int64]:
        """Return one of the crew's accounts for each of `count` calls."""
        return self.rng.integers(0, len(self.ids), count)


def list_items(key: Hashes, numbers: Ints) -> Hashes:
    """Return the items of one public list: the same for all who use the list of that key."""
    return (mix(key, 77) >> np.uint64(34) << np.uint64(32)) + (numbers + 1).astype(np.uint64)
