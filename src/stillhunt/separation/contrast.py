"""How much more often a campaign asks a thing like this than everybody else does: a calibrated density ratio.

A ridge logistic regression of the campaign's requests against the background, each line weighted by how surely it is
the campaign's. Unlike a product of single likelihoods it does not count dependent traits twice. It is judged on what
it was not shown: requests are left out wording by wording, so the ratio holds for wordings that no key has tied to
the campaign yet. Its scale is fitted on those left-out scores (Platt 1999), and it claims no more than the sample can
show: among n requests nothing is rarer than 1 in n.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from stillhunt.separation.traits import Floats

Ints = NDArray[np.int64]

FOLDS = 3
RIDGE = 5.0
"""Strength of the pull to zero, in units of one request: traits are scaled to about 1."""
STEPS = 60
"""Of the minimiser; the loss is flat long before."""
LEAST_SURE = 0.01
"""A request less likely than this to be the campaign's teaches nothing of it."""


@dataclass(frozen=True)
class Contrast:
    """A line through trait space: `log_ratio` is how many times (natural log) likelier a request is the campaign's."""

    weights: Floats
    cap: float

    def log_ratio(self, traits: Floats) -> Floats:
        """Return log p(traits | campaign) - log p(traits | everybody else), within ± cap."""
        return self.capped(traits @ self.weights)

    def capped(self, projected: Floats) -> Floats:
        """Return the log ratios of traits that were projected on the weights."""
        ratio: Floats = np.clip(projected, -self.cap, self.cap)
        return ratio


def fit_contrast(
    traits: Floats, sure: Floats, fold: Ints, background: Floats, start: Contrast | None = None
) -> tuple[Contrast, Floats]:
    """Fit the contrast of one campaign.

    Args:
        traits: One line a request of the members.
        sure: Probability, for each, that it is the campaign's.
        fold: Fold of each, 0 to FOLDS - 1; requests of one wording share one as far as possible.
        background: One line a request of innocent accounts.
        start: An earlier contrast of the same, to begin with: it saves time and changes nothing else.

    Returns:
        The contrast, and each member request's log ratio by the part of it that was not shown the request's fold.
    """
    taught = sure >= LEAST_SURE
    mass = min(float(sure[taught].sum()), float(len(background)))
    turn = np.arange(len(background)) % FOLDS
    held_out, held_out_background = np.zeros(len(traits)), np.zeros(len(background))
    mean = np.zeros(traits.shape[1])
    fitted = start.weights if start else mean
    for number in range(FOLDS):
        here, there = taught & (fold != number), turn != number
        fitted = _balanced(traits[here], sure[here], background[there], mass, fitted)
        held_out[fold == number] = traits[fold == number] @ fitted
        held_out_background[turn == number] = background[turn == number] @ fitted
        mean = mean + fitted / FOLDS
    scores = np.column_stack([held_out, np.ones(len(traits))])
    others = np.column_stack([held_out_background, np.ones(len(background))])
    slope, offset = _balanced(scores[taught], sure[taught], others, mass, np.array([1.0, 0.0]), ridge=0.01)
    slope = max(slope, 0.0)
    weights = mean * slope
    weights[-1] += offset
    cap = float(np.log(max(mass, 2.0)))
    return Contrast(weights, cap), np.clip(held_out * slope + offset, -cap, cap)


def folds_of(wording: Ints, sure: Floats) -> Ints:
    """Return a fold for each request: whole wordings, the largest first, each into the emptiest fold.

    A wording that is more than a fold's share of the campaign is dealt out request by request, or nothing would be
    left to learn from. The rest of the requests is spread as evenly.
    """
    _, which = np.unique(wording, return_inverse=True)
    weight = np.bincount(which, sure + LEAST_SURE)
    filled, place = np.zeros(FOLDS), np.full(len(weight), -1)
    for number in np.argsort(-weight, kind="stable"):
        if weight[number] * FOLDS <= weight.sum():
            place[number] = int(np.argmin(filled))
            filled[place[number]] += weight[number]
    fold: Ints = np.where(place[which] >= 0, place[which], np.arange(len(wording)) % FOLDS)
    return fold


def _balanced(  # noqa: PLR0913, PLR0917  two samples with weights, how much they weigh, and where to begin
    own: Floats, sure: Floats, others: Floats, mass: float, start: Floats, ridge: float = RIDGE
) -> Floats:
    """Fit campaign against background as if both were equally frequent: then the log odds are the log ratio.

    The last column is the constant, which nothing pulls to zero.
    """
    total = max(float(sure.sum()), 1e-9)
    lines = np.vstack([own, others])
    target = np.concatenate([np.ones(len(own)), np.zeros(len(others))])
    weight = np.concatenate([sure * (mass / total), np.full(len(others), mass / max(len(others), 1))])
    pull = np.full(lines.shape[1], ridge)
    pull[-1] = 1e-6

    def loss(at: Floats) -> tuple[float, Floats]:
        odds = lines @ at
        value = float(weight @ (np.logaddexp(0.0, odds) - target * odds) + 0.5 * pull @ (at * at))
        return value, lines.T @ (weight * (expit(odds) - target)) + pull * at

    found: Floats = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    return found
