"""All look-alikes: innocent actors that a careless detector calls campaigns, and how many of them there are."""

from collections.abc import Callable
from dataclasses import dataclass

from stillhunt.simulate import crowds, machines, near_misses
from stillhunt.simulate.ids import pick
from stillhunt.simulate.plan import Play, World
from stillhunt.simulate.population import own_ids


@dataclass(frozen=True)
class LookAlike:
    """One instance of a look-alike.

    Attributes:
        kind: One of KINDS.
        number: Which of its kind.
        accounts: Its accounts.
        volume: How busy it is; 1 is the scenario of 1,500 accounts.
    """

    kind: str
    number: int
    accounts: int
    volume: float = 1.0

    @property
    def name(self) -> str:
        """Unique name."""
        return f"{self.kind}-{self.number}"

    def play(self, world: World) -> Play:
        """Play it."""
        return KINDS[self.kind].make(world, self.name, self.accounts, self.volume)


@dataclass(frozen=True)
class Kind:
    """A kind of look-alike: how it plays, and how many accounts it has among how many.

    Attributes:
        make: Plays one instance.
        size: Accounts of one instance, at most.
        share: Share of all accounts for crowds; 0 for machines, of which there is one for each 5,000 accounts.
        least: Where it is not 0, an instance has between this and `size` accounts, drawn from the seed, and at most a
            fifteenth of all: nobody shall learn one size.
    """

    make: Callable[[World, str, int, float], Play]
    size: int
    share: float = 0.0
    least: int = 0


KINDS: dict[str, Kind] = {
    "eval_suite": Kind(machines.eval_suite, 4),
    "ci_runner": Kind(machines.ci_runner, 1),
    "company": Kind(crowds.company, 300, 0.06),
    "school_class": Kind(crowds.school_class, 30, 0.02),
    "open_source_agent": Kind(crowds.open_source_agent, 3000, 0.05),
    "vpn_users": Kind(crowds.vpn_users, 2000, 0.02),
    "saas_single": Kind(machines.saas_single, 1),
    "saas_pool": Kind(machines.saas_pool, 12),
    "gateway": Kind(machines.gateway, 4),
    "day_one_benchmark": Kind(machines.day_one_benchmark, 25, 0.004),
    "drift_monitor": Kind(machines.drift_monitor, 2),
    "audit_capture": Kind(machines.audit_capture, 2),
    "reseller": Kind(crowds.reseller, 10),
    "viral_prompt": Kind(crowds.viral_prompt, 800, 0.02),
    "llm_judge": Kind(machines.llm_judge, 2),
    "synthetic_data": Kind(machines.synthetic_data, 3),
    "batch_job": Kind(machines.batch_job, 1),
    "question_set_class": Kind(near_misses.question_set_class, 60, least=15),
    "eval_fleet": Kind(near_misses.eval_fleet, 60, least=20),
    "agent_behind_vpn": Kind(near_misses.agent_behind_vpn, 400, least=100),
}
"""All kinds by name; each is a scenario as well."""
NEAR_MISSES = ("question_set_class", "eval_fleet", "agent_behind_vpn")
"""The kinds that were built to hurt."""


def instances(kind: str, accounts: int, seed: int, *, fewest: int = 1) -> list[LookAlike]:
    """Return the instances of a kind among `accounts` in all: few for a demo, more and busier as it grows."""
    made = KINDS[kind]
    volume = max(0.15, min(accounts / 1500, 4.0) ** 0.5)
    if not made.share:
        sizes = [_size(made, f"{kind}-{n}", accounts, seed) for n in range(max(fewest, accounts // 5000))]
        return [LookAlike(kind, n, size, volume) for n, size in enumerate(sizes)]
    whole = max(4, round(accounts * made.share))
    pieces = -(-whole // made.size)
    return [LookAlike(kind, n, whole // pieces, 1.0) for n in range(pieces)]


def _size(made: Kind, name: str, accounts: int, seed: int) -> int:
    """Return the accounts of one instance: the kind's number, or one drawn for the seed from the kind's range."""
    if not made.least:
        return made.size
    most = max(4, min(made.size, accounts // 15))
    least = min(made.least, most // 2)
    return least + int(pick(own_ids(f"{name}/size", seed, 1), most - least + 1)[0])


def everything(accounts: int, seed: int) -> list[LookAlike]:
    """Return all look-alikes among `accounts` in all."""
    return [one for kind in KINDS for one in instances(kind, accounts, seed)]
