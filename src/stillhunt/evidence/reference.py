"""The benign reference: measures of groups that are coordinated but do not harvest."""

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stillhunt.errors import UsageError
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
    """

    source: str
    layers: NDArray[np.str_]
    accounts: Floats
    statistics: dict[str, Floats]

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
        return cls(data["source"], columns["layer"], columns["accounts"].astype(np.float64), statistics)

    def like(self, layer: str, accounts: int, test: str) -> Floats:
        """Statistics of `test` in the benign groups of this layer that are nearest in size, unknown ones left out."""
        values = self.statistics[test]
        usable = np.flatnonzero((self.layers == layer) & ~np.isnan(values))
        distance = np.abs(np.log2(self.accounts[usable] / accounts))
        return values[usable[np.argsort(distance, kind="stable")[:NEAREST]]]
