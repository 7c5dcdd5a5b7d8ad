"""Running evidence that a campaign grows again: fresh accounts show its marks more often than innocent ones would.

Each fresh account is one bet, at its first request. Nobody knows how many of the fresh accounts are the campaign's,
so the stake is split over shares from all to one in 4,096; and nobody knows when it begins, so it is split over days
as well. The logarithms of the gains add up: several workers add theirs to one sum, in any order.

The null here is that innocent accounts come one by one. A class that signs up in one hour with one assignment does
not, so these bits alone convict nobody: a policy may ask for them *as well as* for evidence against the account.
"""

from collections import defaultdict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stillhunt.live.betting import Bets, Outcomes

SHARES: Final = 4.0 ** -np.arange(7)
DAY: Final = 86_400_000_000
LEAST_LOG: Final = -50.0
"""A loss is not counted beyond that."""

Gains = NDArray[np.float64]
"""Natural log of what one day won, by campaign and share."""


class Regrowth:
    """Evidence for each campaign of one watch list."""

    def __init__(self, bets: Bets, campaigns: list[str], version: str) -> None:
        """Work out what an account that shows nothing costs; sums of one `version` may be added up."""
        self.version = version
        self._bets, self.campaigns = bets, campaigns
        self._number = {campaign: n for n, campaign in enumerate(campaigns)}
        self._nothing = np.array([self._gain(n, (0, 0, 0)) for n in range(len(campaigns))]).reshape(-1, len(SHARES))
        self.days: dict[int, Gains] = defaultdict(lambda: np.zeros((len(campaigns), len(SHARES))))
        self._bits: dict[str, float] = dict.fromkeys(campaigns, 0.0)
        self._shares: dict[str, float] = dict.fromkeys(campaigns, 0.0)

    def arrived(self, day: int, shown: dict[str, Outcomes]) -> Gains:
        """Take the first request of a fresh account into account, and return what was won: a line a campaign."""
        gains = self._nothing
        if shown:
            gains = gains.copy()
            for campaign, outcomes in shown.items():
                gains[self._number[campaign]] = self._gain(self._number[campaign], outcomes)
        self.add(day, gains)
        if shown:
            self._measure()
        return gains

    def add(self, day: int, gains: Gains) -> None:
        """Add what was won, here or by another worker."""
        self.days[day] = self.days[day] + gains

    def replace(self, days: dict[int, Gains]) -> None:
        """Take over the sums of all workers."""
        self.days.update(days)
        if self.campaigns and self.days:
            self._measure()

    def nothing(self, accounts: float) -> Gains:
        """Return what so many accounts cost that show nothing."""
        return self._nothing * accounts

    def beyond_nothing(self, shown: dict[str, Outcomes]) -> dict[str, Gains]:
        """Return what an account won for each campaign of which it showed anything, beyond what it would have cost."""
        numbers = {campaign: self._number.get(campaign) for campaign in shown}
        return {c: self._gain(n, shown[c]) - self._nothing[n] for c, n in numbers.items() if n is not None}

    def bits(self, campaign: str) -> float:
        """Evidence for one campaign, in bits, as it stood when a fresh account last showed anything."""
        return self._bits.get(campaign, 0.0)

    def share(self, campaign: str) -> float:
        """How much of the fresh accounts is the campaign's, as the shares that won most have it."""
        return self._shares.get(campaign, 0.0)

    def _gain(self, number: int, outcomes: Outcomes) -> Gains:
        pays = float(np.mean([self._bets.first[number, channel, o] for channel, o in enumerate(outcomes)]))
        return np.maximum(np.log(np.maximum(1 - SHARES + SHARES * pays, 1e-300)), LEAST_LOG)

    def _measure(self) -> None:
        days = sorted(self.days)
        since = np.cumsum([self.days[day] for day in reversed(days)], axis=0)[::-1]
        place = np.arange(1, len(days) + 1)
        begins = 1 / (place * (place + 1))
        top = np.maximum(since.max(axis=(0, 2)), 0.0)
        # By campaign and share: the capital of all days on which it may have begun.
        capital = (np.exp(since - top[None, :, None]) * begins[:, None, None]).sum(axis=0)
        total = np.log(capital.mean(axis=1) + np.exp(-top) / (len(days) + 1)) + top
        won = capital @ SHARES / np.maximum(capital.sum(axis=1), 1e-300)
        self._bits = dict(zip(self.campaigns, (total / np.log(2)).tolist(), strict=True))
        self._shares = dict(zip(self.campaigns, won.tolist(), strict=True))
