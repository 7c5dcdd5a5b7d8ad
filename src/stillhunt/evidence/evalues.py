"""E-values: bets against innocence whose expectation under it is at most one.

Rank e-value: among n benign groups and the one tested, exchangeable under the null, the group with rank r from the top
gets r^-RANK_POWER of a stake whose sum over all ranks is paid for (conformal, as in Vovk and Wang 2021; Balinsky and
Balinsky 2024); tied groups get the mean over their ranks.

Ranks alone never exceed log2 of about n. A group beyond every benign one earns more by how far beyond it is, under the
assumption that the benign tail is no heavier than exponential with one and a half times the scale seen: its rank is
then r = exp(-excess / scale) below 1 and it gets r^-TAIL_POWER. The integral of r^-TAIL_POWER over (0, 1) is
1 / (1 - TAIL_POWER), and the stake pays for that too, so that with S the sum of r^-RANK_POWER over the n + 1 ranks the
whole is (n + 1) / (S - 1 + 1 / (1 - TAIL_POWER)) times r^-RANK_POWER, or r^-TAIL_POWER.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


LEAST_FOR_TAIL = 150
"""Fewer benign groups than this show no tail to fit: of its mean excess too little would be known."""
IN_TAIL = 50
"""Benign groups that the tail is fitted to: the highest tenth up to this many, or the highest hundredth."""
RANK_POWER = 1.5
"""How boldly the highest ranks are bet on. Among hundreds of groups nothing under ten bits is called, so what would be
staked on lower ranks is lost: with 1 the highest of thousands got a bit less."""
TAIL_POWER = 0.85
"""How boldly the tail is bet on: bolder pays more far out, and less at the highest rank."""
TAIL_MARGIN = 1.5
"""The tail is taken to be this much longer than seen: a mean of fifty excesses is hardly ever under two thirds."""
MAX_TAIL_BITS = 10.0
"""The fitted tail is not trusted further than this."""


class Ranks:
    """Benign groups that others are ranked among: what an e-value needs of them, worked out once.

    Attributes:
        values: What they showed, in order.
        usual: What 95 % of them stay under; None if there are none.
    """

    def __init__(self, reference: Floats, scale: float) -> None:
        """Rank among these.

        Args:
            reference: The statistic of benign groups, without unknown ones.
            scale: Least scale of the exponential tail, in units of the statistic, however alike the groups are.
        """
        self.values: Floats = np.sort(reference)
        self.usual = float(np.quantile(self.values, 0.95)) if len(reference) else None
        n = len(reference) + 1
        self._summed = np.concatenate([[0.0], np.cumsum(np.arange(1.0, n + 1) ** -RANK_POWER)])
        self._stake = float(n / (self._summed[n] - 1.0 + 1.0 / (1.0 - TAIL_POWER)))
        self._tail: float | None = None
        if n > LEAST_FOR_TAIL:
            highest = self.values[-min(len(reference) // 10, max(IN_TAIL, len(reference) // 100)) :]
            excess = float(np.sum(highest - highest[0])) / (len(highest) - 1)
            self._tail = max(scale, TAIL_MARGIN * excess)

    def e_value(self, value: float) -> float:
        """E-value of a group that shows `value`; 1 if that, or every benign group, is unknown."""
        count = len(self.values)
        if np.isnan(value) or count == 0:
            return 1.0
        low, high = (int(np.searchsorted(self.values, value, side)) for side in ("left", "right"))
        above, tied = count - high, high - low
        if above or tied or self._tail is None:
            ranked = self._summed[above + tied + 1] - self._summed[above]
            return self._stake * float(ranked) / (tied + 1)
        beyond = TAIL_POWER * min((value - float(self.values[-1])) / self._tail, 60.0)
        return float(self._stake * min(2.0**MAX_TAIL_BITS, np.exp(beyond)))


def family_e_value(tests: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """Weighted mean of the e-values of dependent tests: it is an e-value, whatever their dependence."""
    return float(np.average(tests, weights=weights)) if len(tests) else 1.0


def e_bh(log2_e: Floats, level: float, weights: Floats | None = None) -> NDArray[np.bool_]:
    """Choose groups so that the expected share of false ones is at most `level`, whatever their dependence.

    Source: e-BH, Wang and Ramdas 2022. With K groups, the k largest are called for the largest k whose k-th e-value
    is at least K / (level k). With weights fixed before the evidence was seen, whose mean is made 1, weighted e-values
    take the place of e-values.
    """
    called = np.zeros(len(log2_e), bool)
    if len(log2_e) == 0:
        return called
    weighed = _weighed(log2_e, weights)
    order = np.argsort(-weighed, kind="stable")
    k = np.arange(1, len(log2_e) + 1)
    passes = np.flatnonzero(weighed[order] >= np.log2(len(log2_e) / (level * k)))
    if len(passes):
        called[order[: passes[-1] + 1]] = True
    return called


def e_bh_confidence(log2_e: Floats, weights: Floats | None = None) -> Floats:
    """1 - the lowest level at which e-BH still calls each group, at least 0."""
    if len(log2_e) == 0:
        return np.zeros(0)
    weighed = _weighed(log2_e, weights)
    order = np.argsort(-weighed, kind="stable")
    k = np.arange(1, len(log2_e) + 1)
    needed = np.exp2(np.log2(len(log2_e) / k) - weighed[order])
    lowest = np.minimum.accumulate(needed[::-1])[::-1]
    result = np.empty(len(log2_e))
    result[order] = np.clip(1.0 - lowest, 0.0, 1.0)
    return result


def _weighed(log2_e: Floats, weights: Floats | None) -> Floats:
    return log2_e if weights is None else log2_e + np.log2(weights / np.mean(weights))
