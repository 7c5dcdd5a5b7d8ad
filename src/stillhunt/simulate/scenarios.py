"""Scenarios: which actors play, for a number of accounts and days."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from stillhunt.errors import UsageError, did_you_mean
from stillhunt.simulate.campaigns import Campaign, Operation, Operator
from stillhunt.simulate.plan import Play, World
from stillhunt.simulate.population import People


class Actor(Protocol):
    """Somebody with accounts who makes calls."""

    @property
    def name(self) -> str:
        """Unique; the actor's chance depends on it and the seed alone."""
        ...

    @property
    def accounts(self) -> int:
        """How many accounts it has."""
        ...

    def play(self, world: World) -> Play:
        """Return accounts, calls and voices."""
        ...


@dataclass(frozen=True)
class Scenario:
    """A named cast: `actors` makes it for a number of accounts and days."""

    name: str
    says: str
    accounts: int
    days: int
    actors: Callable[[int, int], Sequence[Actor]]


def _with_people(accounts: int, others: Sequence[Actor]) -> list[Actor]:
    """Fill up with ordinary people to `accounts` in all."""
    missing = accounts - sum(actor.accounts for actor in others)
    if missing < 1:
        raise UsageError(f"This scenario needs more than {accounts - missing} accounts: give a larger --accounts.")
    return [People("people", missing), *others]


def _mixed(accounts: int, days: int) -> Sequence[Actor]:
    harbour = Operator("harbour", max(12, accounts * 6 // 100), innocent_share=0.2)
    quarry = Operator(
        "quarry", max(10, accounts * 4 // 100), card_reuse=8, address_reuse=5, header_reuse=30, device_reuse=0,
        signup_spread_days=20, retries=0.01, pathways=("education", "standard"), mail_share=0.3,
    )  # fmt: skip
    campaigns = [
        Operation(harbour, (Campaign("harbour-reasoning", "reasoning", "reasoning_prefix", 26.0),)),
        Operation(quarry, (Campaign("quarry-tools", "tool_use", "tool_traces", 13.0, paraphrase="account",
                                    clock="office", start_day=days * 0.2),)),
    ]  # fmt: skip
    return _with_people(accounts, campaigns)


def _proof(accounts: int, days: int) -> Sequence[Actor]:
    fraud = max(30, round(accounts * 1200 / 21_200))
    delta = Operator("delta", fraud * 7 // 12, innocent_share=0.3, bans=((days * 0.5, 0.2),))
    ridge = Operator(
        "ridge", fraud - fraud * 7 // 12, card_reuse=10, address_reuse=4, header_reuse=60, device_reuse=0,
        signup_spread_days=45, rotation="random", pathways=("standard", "research", "startup"), mail_share=0.3,
    )  # fmt: skip
    campaigns = [
        Operation(delta, (
            Campaign("delta-reasoning", "reasoning", "reasoning_prefix", 60.0, share=0.6, samples=2),
            Campaign("delta-tools", "tool_use", "tool_traces", 13.0, share=0.7, from_account=0.3, paraphrase="request"),
        )),
        Operation(ridge, (
            Campaign("ridge-grading", "grading", "rubric_grading", 5.6, paraphrase="account", clock="office"),
        )),
    ]  # fmt: skip
    return _with_people(accounts, campaigns)


_ALL = (
    Scenario("mixed", "people, several look-alikes, and two campaigns of different operators", 1500, 7, _mixed),
    Scenario("proof", "20,000 innocent accounts with every look-alike, 1,200 fraudulent ones in three campaigns", 21_200, 14,
             _proof),
)  # fmt: skip
SCENARIOS: Mapping[str, Scenario] = MappingProxyType({scenario.name: scenario for scenario in _ALL})
"""All scenarios by name."""


def find(name: str) -> Scenario:
    """Return the scenario of that name.

    Raises:
        UsageError: If there is none.
    """
    try:
        return SCENARIOS[name]
    except KeyError:
        known = ", ".join(SCENARIOS)
        raise UsageError(f"No scenario '{name}'.{did_you_mean(name, SCENARIOS)} There are: {known}.") from None
