"""Who plays: actors, and scenarios that cast them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from stillhunt.errors import UsageError
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
    """A named cast: `actors` makes it for a number of accounts, a number of days, and a seed."""

    name: str
    says: str
    accounts: int
    days: int
    actors: Callable[[int, int, int], Sequence[Actor]]


def with_people(accounts: int, others: Sequence[Actor]) -> list[Actor]:
    """Fill up with ordinary people to `accounts` in all; they come first, so that what follows does not change them.

    Raises:
        UsageError: If the others leave no room for anybody.
    """
    needed = sum(actor.accounts for actor in others)
    if accounts <= needed:
        raise UsageError(f"This scenario needs more than {needed} accounts: give a larger --accounts.")
    return [People("people", accounts - needed), *others]
