"""The benign reference: measures of groups that are coordinated but do not harvest."""

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stillhunt.errors import UsageError
from stillhunt.evidence.evalues import family_e_value, rank_e_value
from stillhunt.evidence.tests import TESTS, GroupTest

OPEN_ENTITY = 0.5
"""One organisation openly stands behind a group if it is that of this share of the members."""
NEAREST = 500
"""Reference groups that one test uses, the nearest in size: more would no longer be of like size."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """What makes groups comparable: layer, whether one organisation openly stands behind most of it, and size."""

    layer: str
    open_entity: bool
    accounts: float


@dataclass(frozen=True)
class Reference:
    """Benign groups, one row each.

    Attributes:
        source: Where they come from, for the report.
        layers: Layer of each group.
        open_entity: Whether one organisation openly stands behind most of the group's accounts.
        accounts: Members of each group.
        statistics: Per test, the statistic of each group; NaN is unknown.
        dependence: Per layer, bits that the product over families exceeds an e-value by among these groups.
    """

    source: str
    layers: NDArray[np.str_]
    open_entity: NDArray[np.bool_]
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
            columns = {name: np.array(data["groups"][name]) for name in ("layer", "accounts", "open_entity")}
            statistics = {t.name: np.array(data["groups"][t.name], dtype=np.float64) for t in TESTS}
            source, dependence = str(data["source"]), dict(data["dependence_bits"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            msg = f"'{where}' is not a reference of benign groups ({error}): make one with `make reference`."
            raise UsageError(msg) from None
        accounts = columns["accounts"].astype(np.float64)
        return cls(source, columns["layer"], columns["open_entity"].astype(bool), accounts, statistics, dependence)

    def like(self, kind: "Kind", test: str, without: int | None = None) -> Floats:
        """Statistics of `test` in the benign groups of this kind that are nearest in size, unknown ones left out.

        `without` leaves out one group of the reference itself, to test it against the others.
        """
        values = self.statistics[test]
        usable = np.flatnonzero(
            (self.layers == kind.layer) & (self.open_entity == kind.open_entity) & ~np.isnan(values)
        )
        if without is not None:
            usable = usable[usable != without]
        distance = np.abs(np.log2(self.accounts[usable] / kind.accounts))
        return values[usable[np.argsort(distance, kind="stable")[:NEAREST]]]

    def kind(self, i: int) -> "Kind":
        """Return the kind of one reference group."""
        return Kind(str(self.layers[i]), bool(self.open_entity[i]), float(self.accounts[i]))


def dependence_bits(reference: Reference, layer: str) -> float:
    """How far the families of tests fail to be independent among benign groups, in bits, at least 0.

    Each group is tested against the others. Were families independent under the null, the product of their e-values
    would have a mean of at most one; log2 of the mean that is found is taken off every group's evidence.
    """
    families: dict[str, list[GroupTest]] = {}
    for test in TESTS:
        families.setdefault(test.family, []).append(test)
    products = []
    for i in np.flatnonzero(reference.layers == layer):
        kind = reference.kind(int(i))
        product = 1.0
        for tests in families.values():
            product *= family_e_value(
                [
                    rank_e_value(reference.statistics[t.name][i], reference.like(kind, t.name, int(i)), t.scale)
                    for t in tests
                ]
            )
        products.append(product)
    return round(max(0.0, float(np.log2(np.mean(products)))), 3) if products else 0.0
