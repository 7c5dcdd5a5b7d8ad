"""The benign reference: measures of groups that are coordinated but do not harvest."""

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stillhunt.errors import UsageError
from stillhunt.evidence.evalues import family_e_value, rank_e_value
from stillhunt.evidence.tests import TESTS

NEAREST = 400
"""Reference groups of like size that one test uses: enough for 6 bits a family, few enough to be of like size."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """Benign groups, one row each.

    Attributes:
        source: Where they come from, for the report.
        layers: Layer of each group.
        accounts: Members of each group.
        statistics: Per test, the statistic of each group; NaN is unknown.
        dependence: Per layer, bits that the product over families exceeds an e-value by among these groups.
    """

    source: str
    layers: NDArray[np.str_]
    accounts: Floats
    statistics: dict[str, Floats]
    dependence: dict[str, float]

    @classmethod
    def load(cls, path: Path | None = None) -> "Reference":
        """Read a reference file, or the shipped default when no path is given.

        Raises:
            UsageError: If the file is not a reference.
        """
        where = files("stillhunt.evidence") / "reference.json" if path is None else path
        try:
            data = json.loads(where.read_text(encoding="utf-8"))
            columns = {name: np.array(data["groups"][name]) for name in ("layer", "accounts")}
            statistics = {t.name: np.array(data["groups"][t.name], dtype=np.float64) for t in TESTS}
        except (OSError, ValueError, KeyError, TypeError) as error:
            msg = f"'{where}' is not a reference of benign groups ({error}): make one with `make reference`."
            raise UsageError(msg) from None
        accounts = columns["accounts"].astype(np.float64)
        return cls(data["source"], columns["layer"], accounts, statistics, data["dependence_bits"])

    def like(self, layer: str, accounts: float, test: str, without: int | None = None) -> Floats:
        """Statistics of `test` in the benign groups of this layer that are nearest in size, unknown ones left out.

        `without` leaves out one group of the reference itself, to test it against the others.
        """
        values = self.statistics[test]
        usable = np.flatnonzero((self.layers == layer) & ~np.isnan(values))
        if without is not None:
            usable = usable[usable != without]
        distance = np.abs(np.log2(self.accounts[usable] / accounts))
        return values[usable[np.argsort(distance, kind="stable")[:NEAREST]]]


def dependence_bits(reference: Reference, layer: str) -> float:
    """How far the families of tests fail to be independent among benign groups, in bits, at least 0.

    Each group is tested against the others. Were families independent under the null, the product of their e-values
    would have a mean of at most one; log2 of the mean that is found is taken off every group's evidence.
    """
    families: dict[str, list[str]] = {}
    for test in TESTS:
        families.setdefault(test.family, []).append(test.name)
    products = []
    for i in np.flatnonzero(reference.layers == layer):
        product = 1.0
        for names in families.values():
            product *= family_e_value(
                [
                    rank_e_value(reference.statistics[n][i], reference.like(layer, reference.accounts[i], n, int(i)))
                    for n in names
                ]
            )
        products.append(product)
    return round(max(0.0, float(np.log2(np.mean(products)))), 3) if products else 0.0
