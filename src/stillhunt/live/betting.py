"""Running evidence against one account: bets whose mean, if it is innocent, is at most what was staked.

At each request and in each channel a bet is placed on what the account will show next that it has not shown before.
Part of the stake is kept back; the rest is paid out at the rate of the campaign over the rate of innocent customers
in the same state (rates.py), the latter at its upper end. So given the past the mean pay-out to an innocent account
is at most 1.

Nobody knows when an account turns. A share 1 / (t (t + 1)) of the capital begins to bet at request t, and what has
not begun stands by: the running total never falls below 1 / (t + 1), without ever being restarted. The three channels
depend on each other, so their capitals are averaged, and so are the campaigns'. The mean of such processes is one
again, and Ville's inequality holds: the chance that an innocent account *ever* shows b bits is at most 2^-b.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from stillhunt.live.outcomes import OUTCOMES
from stillhunt.live.rates import CLEAN, FIRST, TOUCHED
from stillhunt.live.watchlist import WatchList

KEPT_BACK: Final = (0.1, 0.5, 0.5)
"""Part of the stake that is not risked, by state: an account that comes to harvest shows it at once."""
MOST: Final = 2.0**100
"""Capital is not counted beyond that."""
MISSES: Final = 64
"""Requests without any sign, after which the capital at work is taken for nothing: it is less than that."""

Outcomes = tuple[int, int, int]
"""What a request shows in each channel."""


@dataclass(slots=True)
class Stake:
    """What is remembered of one account and campaign.

    Attributes:
        at_work: The capital at work, by channel.
        best: The highest outcome shown so far, by channel.
        last: When a request last spoke for the campaign, µs UTC; 0 if none has.
    """

    at_work: list[float]
    best: list[int] = field(default_factory=lambda: [0, 0, 0])
    last: int = 0


@dataclass(slots=True)
class Course:
    """One account so far: its requests, and a stake for each campaign of which it has shown anything."""

    requests: int = 0
    stakes: dict[str, Stake] = field(default_factory=dict)


class Bets:
    """The bets of one watch list."""

    def __init__(self, watchlist: WatchList) -> None:
        """Work out what each outcome pays."""
        ratio = np.where(
            watchlist.arrays["campaign"] > 0, watchlist.arrays["campaign"] / watchlist.arrays["innocent"], 0.0
        )
        kept = np.array(KEPT_BACK)[None, None, :, None]
        self._number = {group["campaign_id"]: n for n, group in enumerate(watchlist.groups)}
        self._pays = (kept + (1 - kept) * ratio).tolist()
        self._missed = [[_misses(channel) for channel in group] for group in self._pays]
        first = ratio[:, :, FIRST, :]
        self.first = first
        """Ratio of the rates of each outcome at the first request, by campaign and channel."""
        self._first = first.tolist()

    def follow(self, course: Course, shown: dict[str, Outcomes]) -> dict[str, float]:
        """Take one request into account.

        Args:
            course: The account so far; changed in place.
            shown: What the request shows of each campaign; one that is not named is shown nothing of.

        Returns:
            Evidence for each campaign of which the account has shown anything, in bits.
        """
        course.requests = t = course.requests + 1
        for campaign in shown:
            if campaign not in course.stakes:
                number = self._number[campaign]
                course.stakes[campaign] = Stake([m[min(t - 1, MISSES)] for m in self._missed[number]])
        begins, waits = 1.0 / (t * (t + 1)), 1.0 / (t + 1)
        count = len(self._number)
        bits = {}
        for campaign, stake in course.stakes.items():
            if campaign not in self._number:  # a later watch list no longer has it
                continue
            number = self._number[campaign]
            outcomes = shown.get(campaign, (0, 0, 0))
            self._bet(self._pays[number], stake, outcomes, begins, first=t == 1)
            capital = sum(stake.at_work) / len(OUTCOMES) + waits
            bits[campaign] = float(np.log2((capital + (count - 1) * waits) / count))
        return bits

    def speak(self, course: Course, shown: dict[str, Outcomes], moment: int) -> None:
        """Remember when a request speaks for a campaign: shows what its accounts show more often than innocent ones.

        Here repetition counts, unlike in a bet: who goes on harvesting gives no news, and yet new evidence.
        """
        for campaign, outcomes in shown.items():
            first = self._first[self._number[campaign]]
            if sum(first[channel][outcome] for channel, outcome in enumerate(outcomes)) > len(OUTCOMES):
                stake = course.stakes.setdefault(campaign, Stake([0.0] * len(OUTCOMES)))
                stake.last = max(stake.last, moment)

    @staticmethod
    def _bet(pays: list[list[list[float]]], stake: Stake, outcomes: Outcomes, begins: float, *, first: bool) -> None:
        for channel, outcome in enumerate(outcomes):
            best = stake.best[channel]
            state = FIRST if first else TOUCHED if best else CLEAN
            news = outcome if outcome > best else 0
            stake.at_work[channel] = min((stake.at_work[channel] + begins) * pays[channel][state][news], MOST)
            stake.best[channel] = max(best, outcome)


def _misses(pays: list[list[float]]) -> list[float]:
    """Capital at work after 0, 1, 2 … requests that showed nothing, in one channel of one campaign."""
    at_work = [0.0]
    for t in range(1, MISSES):
        at_work.append((at_work[-1] + 1 / (t * (t + 1))) * pays[FIRST if t == 1 else CLEAN][0])
    return [*at_work, 0.0]
