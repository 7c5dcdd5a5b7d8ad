"""How much of each account is the campaign's, and so how likely each of its requests is: a mixture fitted by EM.

In an account with share s a request is the campaign's with prior odds s : 1 - s, times how much likelier its content
is in the campaign (contrast.py), times how much likelier its standing is: whether it carries one of the campaign's
content keys. The share of every account and the chances of each standing are what makes the whole likeliest (Dempster,
Laird and Rubin 1977). Accounts lend each other strength: with few requests of its own, an account is taken for an
average member.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from stillhunt.separation.contrast import Ints
from stillhunt.separation.traits import Floats

UNTIED, HINT, LEAD, ANCHOR = 0, 1, 2, 3
"""Standing of a request: no key of the campaign; a key that only the campaign's operator speaks against; a key of a
group through a called operator that is a campaign by itself; a key of a group that was called."""
LED = 4.0
"""Bits of its own from which a harvest through the accounts of a called operator is a campaign, called or not: those
of one innocent group in sixteen at most, where the operator is already known to harvest."""
IMPURITY = (0.0, 0.5, 2**-LED, 0.01)
"""Part of the requests of each standing that must be thought innocent, whatever the mixture says: a group is called at
a level of 1 %, innocent groups have LED bits that often, and nothing was promised of a hint."""
BORROWED = 4.0
"""Requests of an average member that are added to each account's own."""
ROUNDS = 100
STILL = 1e-4
_CERTAIN = 1e-6


@dataclass(frozen=True)
class Units:
    """What is judged as one: a conversation, or a request outside any.

    Attributes:
        account: Account of each unit, counted from 0.
        ratio: Log ratio of its content; the mean over a conversation, whose requests do not speak independently.
        standing: UNTIED, HINT, LEAD or ANCHOR: the best of its requests.
        size: Its requests.
    """

    account: Ints
    ratio: Floats
    standing: Ints
    size: Floats


def posteriors(units: Units) -> Floats:
    """Return the probability that each unit is the campaign's."""
    prior = np.full(int(units.account.max(initial=-1)) + 1, 0.5)
    requests = np.bincount(units.account, units.size, len(prior))
    standings = range(len(IMPURITY))
    tied = np.array([_mass(units, units.standing == s, np.ones(len(units.size))) for s in standings])
    in_campaign, elsewhere = (tied + 1.0) / (tied + 1.0).sum(), np.array([1.0, 0.1, 0.03, 0.01]) / 1.14
    for _ in range(ROUNDS):
        odds = np.log(in_campaign) - np.log(elsewhere)
        sure: Floats = expit(
            logit(np.clip(prior[units.account], _CERTAIN, 1 - _CERTAIN)) + units.ratio + odds[units.standing]
        )
        ours, theirs = float((sure * units.size).sum()), float(((1 - sure) * units.size).sum())
        in_campaign = np.array([_mass(units, units.standing == s, sure) + 0.5 for s in standings]) / (ours + 2.0)
        counted = np.array([_mass(units, units.standing == s, 1 - sure) for s in standings]) / (theirs + 2.0)
        # Keys are good evidence and no proof: at least IMPURITY of those who hold them count as innocent.
        least = [i / (1 - i) * c * (ours + 1) / (theirs + 1) for i, c in zip(IMPURITY, in_campaign, strict=True)]
        elsewhere = np.minimum(np.maximum(counted, least), np.maximum(in_campaign, counted))
        elsewhere[UNTIED] = max(1 - elsewhere[HINT:].sum(), _CERTAIN)
        mean = ours / (ours + theirs)
        share = (np.bincount(units.account, sure * units.size, len(prior)) + BORROWED * mean) / (requests + BORROWED)
        change, prior = float(np.abs(share - prior).max(initial=0.0)), share
        if change < STILL:
            break
    return sure


def excess(ratio: Floats, everybody: Floats) -> Floats:
    """Return the probability that a request is the campaign's when only its accounts are known.

    The members' requests are a mixture of everybody's and the campaign's. Half of what everybody asks is taken to be
    nothing that the campaign asks: how much rarer that half is among the members says how much of them is everybody's.
    The rest is excess. What a relay of people carries has next to none.

    Args:
        ratio: Log ratio of each unit, of what the members ask against what everybody asks.
        everybody: The same of the background's requests.
    """
    innocent = np.exp(min(float(np.median(everybody)), 0.0))
    share: Floats = np.maximum(1 - innocent * np.exp(-ratio), 0.0)
    return share


def _mass(units: Units, which: np.typing.NDArray[np.bool_], sure: Floats) -> float:
    return float((units.size * sure)[which].sum())
