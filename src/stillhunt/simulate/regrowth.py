"""Heads that grow again: the climber of the evasion ladder loses all of its accounts at once, and fresh ones go on.

The fresh accounts have cards and addresses of their own, as far as the step of the ladder has any to give; template,
work list and relay software stay, for those are what the operator lives on.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from stillhunt.simulate.campaigns import Operation
from stillhunt.simulate.casting import Actor, Scenario, with_people
from stillhunt.simulate.ladder import STEPS, rung
from stillhunt.simulate.lookalikes import everything

BANNED_AT = 0.5
"""Share of the days after which every account of the operator is suspended."""


def _actors(level: int) -> Callable[[int, int, int], Sequence[Actor]]:
    def actors(accounts: int, days: int, seed: int) -> Sequence[Actor]:
        operator, campaign = rung(level, accounts)
        operator = replace(operator, bans=((float(int(days * BANNED_AT)), 1.0),))
        return with_people(accounts, [*everything(accounts, seed), Operation(operator, (campaign,))])

    return actors


REGROWTH = tuple(
    Scenario(f"regrowth-{level}", f"at evasion step {level} all accounts are banned and replaced", 3000, 14,
             _actors(level))
    for level in range(len(STEPS))
)  # fmt: skip
"""One scenario a step of the ladder."""
