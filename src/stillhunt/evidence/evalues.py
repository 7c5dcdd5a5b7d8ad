"""E-values: bets against innocence whose expectation under it is at most one.

Rank e-value: among n benign groups and the one tested, exchangeable under the null, the group with rank r from the top
gets (n + 1) / (r H(n + 1)), H the harmonic number. Its mean over ranks is exactly one, so it is an e-value whatever the
distribution of the statistic (conformal, as in Vovk and Wang 2021; Balinsky and Balinsky 2024), and it never exceeds
log2((n + 1) / H(n + 1)) bits.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def rank_e_value(value: float, reference: Floats) -> float:
    """E-value of one statistic against those of benign groups; 1 when either is unknown.

    Ties count against the group: it takes the lowest of the tied ranks.
    """
    if np.isnan(value) or len(reference) == 0:
        return 1.0
    n = len(reference) + 1
    rank = 1 + int(np.count_nonzero(reference >= value))
    harmonic = float(np.sum(1.0 / np.arange(1, n + 1)))
    return n / (rank * harmonic)


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
