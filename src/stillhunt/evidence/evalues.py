"""E-values: bets against innocence whose expectation under it is at most one.

Rank e-value: among n benign groups and the one tested, exchangeable under the null, the group with rank r from the top
gets (n + 1) / (r (H + 1)), H the harmonic number of n + 1; tied groups get the mean over their ranks. Its mean over all
ranks is under one, so it is an e-value whatever the distribution of the statistic (conformal, as in Vovk and Wang 2021;
Balinsky and Balinsky 2024).

Ranks alone never exceed log2((n + 1) / (H + 1)) bits. A group beyond every benign one earns more by how far beyond it
is, under the assumption that the benign tail is no heavier than exponential with twice the scale seen: its rank is then
r = exp(-excess / scale) below 1 and it gets (n + 1) / (sqrt(r) (H + 1)). The integral of 1 / sqrt(r) over (0, 1) is 2,
which is what the 1 beside H pays for.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


LEAST_FOR_TAIL = 50
"""Fewer benign groups than this show no tail to fit."""
MAX_TAIL_BITS = 6.0
"""The fitted tail is not trusted further than this."""


def rank_e_value(value: float, reference: Floats, scale: float) -> float:
    """E-value of one statistic against those of benign groups; 1 when either is unknown.

    Args:
        value: Statistic of the group tested; larger speaks against it.
        reference: The same of benign groups.
        scale: Least scale of the exponential tail, in units of the statistic, however alike the benign groups are.
    """
    if np.isnan(value) or len(reference) == 0:
        return 1.0
    n = len(reference) + 1
    above, tied = int(np.count_nonzero(reference > value)), int(np.count_nonzero(reference == value))
    ranks = np.arange(above + 1, above + tied + 2)
    top = float(n / (np.sum(1.0 / np.arange(1, n + 1)) + 1.0))
    if above or tied or n <= LEAST_FOR_TAIL:
        return top * float(np.mean(1.0 / ranks))
    threshold, most = np.quantile(reference, 0.9), reference.max()
    tail = max(scale, 2.0 * float(np.mean(reference[reference >= threshold] - threshold)))
    return float(top * min(2.0**MAX_TAIL_BITS, np.exp(min((value - most) / tail, 60.0) / 2.0)))


def family_e_value(tests: Sequence[float]) -> float:
    """Mean of the e-values of dependent tests: the mean of e-values is an e-value, whatever their dependence."""
    return float(np.mean(tests)) if len(tests) else 1.0


def e_bh(log2_e: Floats, level: float) -> NDArray[np.bool_]:
    """Choose groups so that the expected share of false ones is at most `level`, whatever their dependence.

    Source: e-BH, Wang and Ramdas 2022. With K groups, the k largest are called for the largest k whose k-th e-value
    is at least K / (level k).
    """
    called = np.zeros(len(log2_e), bool)
    if len(log2_e) == 0:
        return called
    order = np.argsort(-log2_e, kind="stable")
    k = np.arange(1, len(log2_e) + 1)
    passes = np.flatnonzero(log2_e[order] >= np.log2(len(log2_e) / (level * k)))
    if len(passes):
        called[order[: passes[-1] + 1]] = True
    return called


def e_bh_confidence(log2_e: Floats) -> Floats:
    """1 - the lowest level at which e-BH still calls each group, at least 0."""
    if len(log2_e) == 0:
        return np.zeros(0)
    order = np.argsort(-log2_e, kind="stable")
    k = np.arange(1, len(log2_e) + 1)
    needed = np.exp2(np.log2(len(log2_e) / k) - log2_e[order])
    lowest = np.minimum.accumulate(needed[::-1])[::-1]
    result = np.empty(len(log2_e))
    result[order] = np.clip(1.0 - lowest, 0.0, 1.0)
    return result
