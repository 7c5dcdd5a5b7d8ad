"""Outcomes: what a request shows of a campaign, as one small number a channel.

A channel is a way to recognise a campaign: by what is asked (content), by who asks from where (infrastructure), or by
both at once, which is rare among innocent customers even where each is not. The outcomes of a channel are ordered,
and a request shows the highest that anything in it gives.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from stillhunt.live.watchkeys import BAND, INFRASTRUCTURE, ITEM, TEMPLATE, TRACE

Codes = NDArray[np.uint8]

CONTENT, NETWORK, JOINT = range(3)
"""The channels."""
NOTHING = 0
STYLE, STRONG_STYLE, COMMON_TEXT, NEAR, SAME, RARE_TEXT, OWN_TEXT = range(1, 8)
"""Outcomes of content: asks like the campaign; a template that some innocent customers use too; nearly one of its
items; one of its items word for word, or a thinking signature given to it; a template that few others use; or none."""
COMMON_FACT, RARE_FACT, OWN_FACT = range(1, 4)
"""Outcomes of infrastructure: a fact of the operator that some share, few, or nobody else."""
OUTCOMES: Final = (8, 4, 22)
"""Number of outcomes of each channel; the joint one has a number for each two that are not nothing."""

SHARED, COMMON, RARE, OWN = range(4)
"""Tiers of a watched key: what too many hold, some, few, and no innocent customer of the run."""
COMMON_BITS, RARE_BITS = 3.0, 6.0
"""Rarity from which a key is common (one in eight customers hold it) or rare (one in 64)."""
SURE: Final = 0.95
"""Rates among innocents are taken at the upper end of this interval."""

OF_KEY: Final = np.zeros((5, 4), np.uint8)
"""Outcome that a key gives, by its class and tier."""
OF_KEY[TEMPLATE] = (NOTHING, COMMON_TEXT, RARE_TEXT, OWN_TEXT)
OF_KEY[BAND] = (NOTHING, NOTHING, NEAR, NEAR)
OF_KEY[ITEM] = (NOTHING, NOTHING, SAME, SAME)
OF_KEY[TRACE] = (NOTHING, SAME, SAME, SAME)
OF_KEY[INFRASTRUCTURE] = (NOTHING, COMMON_FACT, RARE_FACT, OWN_FACT)


def at_most(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how many events a count may stand for: the upper end of an exact Poisson interval (Garwood 1936)."""
    upper: NDArray[np.float64] = chi2.ppf(SURE, 2 * (np.asarray(counts) + 1)) / 2
    return upper


def tiers(holders: NDArray[np.int64], population: int) -> Codes:
    """Return the tier of keys that so many innocent customers of a population hold."""
    rarity = -np.log2(np.minimum(at_most(holders) / max(population, 1), 1.0))
    tier = (rarity >= COMMON_BITS).astype(np.uint8) + (rarity >= RARE_BITS)
    return np.where((holders == 0) & (tier > 0), OWN, tier).astype(np.uint8)


def joint(content: Codes, network: Codes) -> Codes:
    """Return the joint outcome: nothing unless both channels show something."""
    both = (content > 0) & (network > 0)
    return np.where(both, (np.maximum(content, 1) - 1) * 3 + network, 0).astype(np.uint8)
