"""From what is known of an account, and what its request shows, to evidence and a probability for the request."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stillhunt.live.matching import Shown
from stillhunt.live.regrowth import Regrowth
from stillhunt.live.watchlist import WatchList

LEAST_SHARE, MOST_SHARE = 0.01, 0.99
"""However an account has behaved, its next request may be otherwise."""
SURELY_GROWN = 7.0
"""Bits of regrowth, below one chance in a hundred, from which the share of fresh accounts that it has is believed."""
WORTH_A_WORD = 1.0
"""Bits below which nobody wants to hear a reason."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Evidence against an account, and how likely its request is the campaign's."""

    bits: float = 0.0
    campaign_id: str | None = None
    probability: float = 0.0
    reasons: tuple[str, ...] = ()
    group_bits: float = 0.0
    member: bool = False


NOTHING = Judgement()


class Judging:
    """Judges by one watch list."""

    def __init__(self, watchlist: WatchList) -> None:
        """Take out of the list what is asked for at each request."""
        self._groups = watchlist.groups
        self._number = {group["campaign_id"]: n for n, group in enumerate(watchlist.groups)}
        self._ratio = watchlist.arrays["request_ratio"].tolist()
        self._arrays = watchlist.arrays
        self._keys = watchlist.arrays["members_key"]

    def member(self, account: int, shown: Mapping[str, Shown]) -> Judgement | None:
        """Judge a request of an account that the hunt named; None if it did not.

        The evidence is the hunt's: that the group harvests, and that the account is of it, whichever is less sure.
        """
        at = int(np.searchsorted(self._keys, np.uint64(account)))
        found: Judgement | None = None
        while at < len(self._keys) and int(self._keys[at]) == account:
            group = self._groups[int(self._arrays["members_group"][at])]
            campaign = group["campaign_id"]
            of = shown.get(campaign)
            bits = min(float(self._arrays["members_bits"][at]), float(group["bits"]))
            chance = self._chance(campaign, float(self._arrays["members_share"][at]), of)
            if found is None or chance > found.probability:
                told = of.reasons(campaign) if of else []
                reasons = (f"The last hunt found this account in campaign {campaign}.", *told)
                found = Judgement(bits, campaign, chance, reasons, member=True)
            at += 1
        return found

    def stranger(self, bits: Mapping[str, float], shown: Mapping[str, Shown], regrowth: Regrowth) -> Judgement:
        """Judge a request of any other account, by the evidence for each campaign of which it has shown anything."""
        if not bits:
            return NOTHING
        campaign = max(bits, key=lambda c: (bits[c], c))
        group, of = self._groups[self._number[campaign]], shown.get(campaign)
        grown = regrowth.bits(campaign)
        prior = max(group["prior"], min(regrowth.share(campaign), MOST_SHARE) if grown >= SURELY_GROWN else 0.0)
        odds = prior / (1 - prior) * 2.0 ** min(bits[campaign], 60.0)
        chance = odds / (1 + odds) * self._chance(campaign, group["share"], of)
        reasons = of.reasons(campaign) if of else []
        if bits[campaign] >= WORTH_A_WORD and not reasons:
            reasons = [f"Earlier requests of this account carried marks of {campaign}."]
        if grown >= WORTH_A_WORD:
            reasons.append(f"Fresh accounts show marks of {campaign} more often than innocent ones do.")
        return Judgement(bits[campaign], campaign, chance, tuple(reasons), group_bits=grown)

    def _chance(self, campaign: str, share: float, of: Shown | None) -> float:
        """How likely a request of an account is the campaign's, if so much of the account is."""
        share = min(max(share, LEAST_SHARE), MOST_SHARE)
        logit = math.log(share / (1 - share)) + self._ratio[self._number[campaign]][of.content if of else 0]
        return 1 / (1 + math.exp(-logit))
