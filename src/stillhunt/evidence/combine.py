"""From bits of tests to bits of a group: weighted means inside families, products of families, a mean over patterns."""

from collections.abc import Mapping

import numpy as np

from stillhunt.evidence.evalues import family_e_value
from stillhunt.evidence.tests import PATTERNS, TESTS

FAMILIES = tuple(sorted({test.family for test in TESTS}))
_WEIGHTS = {test.name: test.weight for test in TESTS}


def family_bits(tests: Mapping[str, float]) -> float:
    """Bits of one family: log2 of the weighted mean of its tests' e-values.

    Args:
        tests: Bits by name of the test; a name that is none of TESTS has weight 1.
    """
    return float(np.log2(family_e_value([2.0**b for b in tests.values()], [_WEIGHTS.get(t, 1.0) for t in tests])))


def pattern_bits(families: Mapping[str, float]) -> float:
    """Bits of a group: log2 of the mean, over patterns by their share of the stake, of the product of their families.

    The mean of e-values is an e-value. A pattern of one family needs no independence; in the others families multiply,
    which holds as far as they are independent under the null.

    Args:
        families: Bits by family; one that is not there has 0.
    """
    return float(np.log2(sum(p.share * 2.0 ** sum(families.get(f, 0.0) for f in p.families) for p in PATTERNS)))
