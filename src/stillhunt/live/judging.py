"""From what is known of an account, and what its request shows, to evidence and a probability for the request."""

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from stillhunt.live.betting import Course
from stillhunt.live.judgement import Judgement, Of
from stillhunt.live.matching import Shown
from stillhunt.live.regrowth import Regrowth
from stillhunt.live.watchlist import WatchList

LEAST_SHARE, MOST_SHARE = 0.01, 0.99
"""However an account has behaved, its next request may be otherwise."""
SURELY_GROWN = 7.0
"""Bits of regrowth, below one chance in a hundred, from which the share of fresh accounts that it has is believed."""
WORTH_A_WORD = 1.0
"""Bits below which nobody wants to hear a reason."""


class Judging:
    """Judges by one watch list."""

    def __init__(self, watchlist: WatchList) -> None:
        """Take out of the list what is asked for at each request."""
        self._groups = watchlist.groups
        self._number = {group["campaign_id"]: n for n, group in enumerate(watchlist.groups)}
        self._ratio = watchlist.arrays["request_ratio"].tolist()
        self._arrays = watchlist.arrays
        self._keys, self._held = watchlist.arrays["members_key"], watchlist.arrays["held_key"]

    def names(self, account: int) -> bool:
        """Whether the hunt named an account."""
        return bool(_places(self._keys, account))

    def members(self, account: int, shown: Mapping[str, Shown], course: Course) -> list[Judgement]:
        """Judge a request of an account that the hunt named: once for each campaign that it is of.

        The evidence is the hunt's: that the group harvests, and that the account is of it, whichever is less sure. It
        is as old as the last request that the hunt held against the account, or that has shown marks since.
        """
        return [self._member(place, shown, course) for place in _places(self._keys, account)]

    def strangers(
        self, bits: Mapping[str, float], shown: Mapping[str, Shown], course: Course, regrowth: Regrowth, of: Of
    ) -> list[Judgement]:
        """Judge any other request: once for each campaign of which its account, or it alone, has shown anything."""
        found = []
        for campaign, shows in bits.items():
            group, seen = self._groups[self._number[campaign]], shown.get(campaign)
            grown = regrowth.bits(campaign)
            prior = max(group["prior"], min(regrowth.share(campaign), MOST_SHARE) if grown >= SURELY_GROWN else 0.0)
            odds = prior / (1 - prior) * 2.0 ** min(shows, 60.0)
            account = odds / (1 + odds)
            found.append(
                Judgement(
                    bits=shows,
                    campaign_id=campaign,
                    probability=account * self._chance(campaign, group["share"], seen),
                    account=account,
                    last=course.stakes[campaign].last or None,
                    reasons=_why(campaign, shows, seen, grown),
                    group_bits=grown,
                    of=of,
                )
            )
        return found

    def held(self, keys: Iterable[int], shown: Mapping[str, Shown]) -> list[Judgement]:
        """Judge a request by who holds its account; its account and organisation are given by their keys."""
        return [self._holder(place, shown) for key in keys for place in _places(self._held, key)]

    def _holder(self, place: int, shown: Mapping[str, Shown]) -> Judgement:
        group = self._groups[int(self._arrays["held_group"][place])]
        campaign, share = group["campaign_id"], float(self._arrays["held_share"][place])
        return Judgement(
            bits=float(group["bits"]),
            campaign_id=campaign,
            probability=share * self._chance(campaign, group["share"], shown.get(campaign)),
            account=share,
            last=int(self._arrays["held_last"][place]),
            reasons=(f"Most accounts of the organisation or operator that holds this one harvest for {campaign}.",),
            of=Of.holder,
        )

    def _member(self, place: int, shown: Mapping[str, Shown], course: Course) -> Judgement:
        group = self._groups[int(self._arrays["members_group"][place])]
        campaign = group["campaign_id"]
        seen, stake = shown.get(campaign), course.stakes.get(campaign)
        share = float(self._arrays["members_share"][place])
        told = seen.reasons(campaign) if seen else []
        return Judgement(
            bits=min(float(self._arrays["members_bits"][place]), float(group["bits"])),
            campaign_id=campaign,
            probability=self._chance(campaign, share, seen),
            account=_within(share),
            last=max(int(self._arrays["members_last"][place]), stake.last if stake else 0),
            reasons=(f"The last hunt found this account in campaign {campaign}.", *told),
            member=True,
        )

    def _chance(self, campaign: str, share: float, seen: Shown | None) -> float:
        """How likely a request of an account is the campaign's, if so much of the account is."""
        share = _within(share)
        logit = math.log(share / (1 - share)) + self._ratio[self._number[campaign]][seen.content if seen else 0]
        return 1 / (1 + math.exp(-logit))


def _places(keys: NDArray[np.uint64], key: int) -> range:
    """Where sorted keys hold one: nearly always nowhere, so that one search tells."""
    end = first = int(keys.searchsorted(np.uint64(key)))
    while end < len(keys) and int(keys[end]) == key:
        end += 1
    return range(first, end)


def _within(share: float) -> float:
    return min(max(share, LEAST_SHARE), MOST_SHARE)


def _why(campaign: str, bits: float, seen: Shown | None, grown: float) -> tuple[str, ...]:
    reasons = seen.reasons(campaign) if seen else []
    if bits >= WORTH_A_WORD and not reasons:
        reasons.append(f"Earlier requests of this account carried marks of {campaign}.")
    if grown >= WORTH_A_WORD:
        reasons.append(f"Fresh accounts show marks of {campaign} more often than innocent ones do.")
    return tuple(reasons)
