"""The harm budget, enforced live: a policy that touches more innocents than it may drops to simulated.

What it protects are customers, so what it counts is how often an innocent one is hit. A step on a request hits one with
the chance that the request is innocent. A step on an account hits with the chance that the account is, once, however
often whoever is refused comes back while the step lasts. What was not carried out (simulated, or decided too late)
has hit nobody.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from stillhunt.live.policy import MILLION
from stillhunt.live.verdict import Action

ALLOWANCE: Final = 1.0
"""Innocents that are always allowed: at the hundredth request nothing can be said of millions."""
MOST_UNDER_STEPS: Final = 200_000
"""Accounts under a step that are remembered; one that was forgotten counts again."""


class UnderSteps:
    """The accounts that are under a step, each until when: while it lasts it has been counted."""

    def __init__(self) -> None:
        """Remember nobody yet."""
        self._until: OrderedDict[int, int] = OrderedDict()

    def again(self, account: int, moment: int, until: int) -> bool:
        """Take a step on an account, that lasts from one time to another in µs UTC; return whether it was under one."""
        again = moment < self._until.get(account, moment)
        self._until[account] = until
        self._until.move_to_end(account)
        if len(self._until) > MOST_UNDER_STEPS:
            self._until.popitem(last=False)
        return again


@dataclass
class Budget:
    """What a policy has touched so far.

    Attributes:
        per_million: Innocents that it may hit per million requests.
        requests: Requests decided on.
        touched: Requests that a step above `watch` touched.
        innocent: How many innocents that hit, as far as the verdicts' probabilities tell, and what people found out.
        spent: Whether it has passed the budget. It stays so until a policy is loaded anew.
    """

    per_million: float
    requests: int = 0
    touched: int = 0
    innocent: float = 0.0
    spent: bool = False

    def count(self, action: Action, probability: float, *, again: bool = False) -> None:
        """Count one decision.

        Args:
            action: What was carried out.
            probability: How likely what it touches, the request or the account, is the campaign's.
            again: Whether the account was under a step already, and so has been counted.
        """
        self.requests += 1
        if action > Action.watch:
            self.touched += 1
            self.innocent += 0.0 if again else 1.0 - probability
            self._check()

    def found_innocent(self, probability: float = 1.0) -> None:
        """Count what an appeal showed to be innocent: the part that its verdict (`touched_probability`) left out."""
        self.innocent += probability
        self._check()

    def take(self, requests: int, touched: int, innocent: float) -> None:
        """Take over what all workers have counted together."""
        self.requests, self.touched, self.innocent = requests, touched, innocent
        self._check()

    @property
    def rate(self) -> float:
        """Expected innocents hit per million requests."""
        return self.innocent / max(self.requests, 1) * MILLION

    def beyond(self, per_million: float) -> bool:
        """Whether what was counted is more than a budget of so many per million allows."""
        return self.innocent > ALLOWANCE + per_million * self.requests / MILLION

    def _check(self) -> None:
        self.spent = self.spent or self.beyond(self.per_million)
