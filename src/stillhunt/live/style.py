"""How much likelier a request is a campaign's than anybody else's by what it asks for and how, when no key ties it.

The contrast is the one that tells a mixed account's requests apart (separation/), fitted to the requests that the run
holds to be harvesting against a sample of innocent ones. Here its weights are brought into the units of the traits,
so that one request costs one product of a vector and a matrix.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from stillhunt.separation.contrast import Contrast, Ints, fit_contrast, folds_of
from stillhunt.separation.traits import COUNTED, ELICITATION, PRESENT, SKETCH, Floats, Scale

LEAST: Final = 50
"""Requests on either side below which nothing is learned, and the campaign's keys decide alone."""
WEAK_BITS, STRONG_BITS = 3.0, 6.0
"""A request that is eight times likelier the campaign's, or 64 times, shows its style."""


@dataclass(frozen=True)
class Styles:
    """The contrasts of all groups, for the traits of `one_trait`.

    Attributes:
        capabilities: Labels that have a column each.
        scripts: Scripts that have a column each.
        weights: One line a group; the last column is the constant.
        caps: Natural log beyond which each contrast claims nothing; 0 for a group without one.
    """

    capabilities: tuple[str, ...]
    scripts: tuple[str, ...]
    weights: Floats
    caps: Floats

    @classmethod
    def of(cls, scale: Scale, contrasts: Sequence[Contrast | None]) -> "Styles":
        """Bring the weights of contrasts, fitted to scaled traits, into the units of the traits."""
        lines = []
        for contrast in contrasts:
            if contrast is None:
                lines.append(np.zeros(len(scale.centre) + 1))
                continue
            own = contrast.weights[:-1] / scale.spread
            lines.append(np.append(own, contrast.weights[-1] - own @ scale.centre))
        caps = np.array([0.0 if c is None else c.cap for c in contrasts])
        return cls(scale.capabilities, scale.scripts, np.array(lines).reshape(len(lines), len(scale.centre) + 1), caps)

    def bits(self, row: Mapping[str, Any]) -> Floats:
        """Return log2 of how much likelier one request is each group's, given its FEATURES, up to its cap.

        What speaks against a group has no cap here, for nobody asks how much it is.
        """
        ratio: Floats = self.weights @ one_trait(row, self.capabilities, self.scripts)
        return np.minimum(ratio, self.caps) * _LOG2_E


_LOG2_E: Final = float(np.log2(np.e))


def one_trait(row: Mapping[str, Any], capabilities: Sequence[str], scripts: Sequence[str]) -> Floats:
    """Return the traits of one request, in the order of `separation.traits`, with a 1 at the end."""
    of = row.get
    told = [math.log1p(max(of(name) or 0, 0)) for name in COUNTED]
    told += [of(name) is not None for name in PRESENT]
    told += [of(name) or 0.0 for name in ELICITATION]
    labels = [0.0] * (len(capabilities) + len(scripts))
    if (capability := of("capability")) in capabilities:
        labels[capabilities.index(capability)] = of("capability_p") or 0.0
    if (script := of("script")) in scripts:
        labels[len(capabilities) + scripts.index(script)] = 1.0
    told += labels
    traits = np.empty(len(told) + SKETCH + 1)
    traits[: len(told)] = told
    np.divide(np.frombuffer(of("semantic") or bytes(SKETCH), np.int8), 127.0, out=traits[-SKETCH - 1 : -1])
    traits[-1] = 1.0
    return traits


def fit_styles(own: pa.Table, group: Ints, sure: Floats, background: pa.Table, groups: int) -> tuple[Styles, Scale]:
    """Fit one contrast a group.

    Args:
        own: Requests of campaigns' accounts, with the columns of `separation.traits` and `wording`.
        group: Group that each is held to harvest for, -1 for none.
        sure: Probability of that.
        background: Innocent requests.
        groups: How many groups there are.

    Returns:
        The contrasts, and the scale that their traits were fitted on.
    """
    scale = Scale.of(background, own) if min(len(own), len(background)) else _empty_scale()
    everybody, traits = scale.apply(background), scale.apply(own)
    wording = own["wording"].to_numpy()
    contrasts: list[Contrast | None] = []
    for number in range(groups):
        mine = np.flatnonzero(group == number)
        if min(len(mine), len(everybody)) < LEAST:
            contrasts.append(None)
            continue
        fold = folds_of(wording[mine], sure[mine])
        contrasts.append(fit_contrast(traits[mine], sure[mine], fold, everybody)[0])
    return Styles.of(scale, contrasts), scale


def _empty_scale() -> Scale:
    columns = len(COUNTED) + len(PRESENT) + len(ELICITATION) + SKETCH
    return Scale((), (), np.zeros(columns), np.ones(columns))
