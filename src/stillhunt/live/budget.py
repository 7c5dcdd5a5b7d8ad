"""The harm budget, enforced live: a policy that touches more innocent requests than it may drops to simulated."""

from dataclasses import dataclass
from typing import Final

from stillhunt.live.policy import MILLION
from stillhunt.live.verdict import Action

ALLOWANCE: Final = 1.0
"""Innocent requests that are always allowed: at the hundredth request nothing can be said of millions."""


@dataclass
class Budget:
    """What a policy has touched so far.

    Attributes:
        per_million: Innocent requests that it may touch per million requests.
        requests: Requests decided on.
        touched: Requests that a step above `watch` touched.
        innocent: How many of those are expected to be innocent: what the verdicts' probabilities leave over, and what
            people found out.
        spent: Whether it has passed the budget. It stays so until a policy is loaded anew.
    """

    per_million: float
    requests: int = 0
    touched: int = 0
    innocent: float = 0.0
    spent: bool = False

    def count(self, action: Action, harvest_probability: float) -> None:
        """Count one decision that was carried out or would have been."""
        self.requests += 1
        if action > Action.watch:
            self.touched += 1
            self.innocent += 1.0 - harvest_probability
            self._check()

    def found_innocent(self, harvest_probability: float = 1.0) -> None:
        """Count a request that an appeal showed to be innocent: the part of it that its verdict had not counted yet."""
        self.innocent += harvest_probability
        self._check()

    def take(self, requests: int, touched: int, innocent: float) -> None:
        """Take over what all workers have counted together."""
        self.requests, self.touched, self.innocent = requests, touched, innocent
        self._check()

    @property
    def rate(self) -> float:
        """Expected innocent requests touched per million."""
        return self.innocent / max(self.requests, 1) * MILLION

    def _check(self) -> None:
        self.spent = self.spent or self.innocent > ALLOWANCE + self.per_million * self.requests / MILLION
