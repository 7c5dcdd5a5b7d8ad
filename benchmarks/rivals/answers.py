"""An answer is groups of accounts; every rival is measured by the same yardsticks, made here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rivals.world import World
from stillhunt.evaluate.intervals import Proportion

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ALLOWED = 0.01
"""Share of innocent accounts that a tuned setting may flag."""
SMALLEST = 5
"""Groups with fewer accounts than this are no answer of a rival that groups."""


@dataclass(frozen=True)
class Answer:
    """Groups of account numbers under one setting; a rival that scores accounts gives all it flags as one group."""

    setting: str
    groups: tuple[Ints, ...]

    @property
    def flagged(self) -> Ints:
        """Every account in some group, once."""
        return np.unique(np.concatenate([np.zeros(0, np.int64), *self.groups]))


@dataclass(frozen=True)
class Answers:
    """What a rival says as it comes, and under every other setting that somebody who knew the truth could choose."""

    own: Answer
    others: tuple[Answer, ...] = ()


@dataclass(frozen=True)
class Rival:
    """One rival.

    Attributes:
        name: Unique name.
        says: What it does, and with which threshold of its own, in a sentence.
        reads: `features` (the tables that Stillhunt made) or `text` (the logs themselves).
        grouped: Whether it gives groups; if not, its one pooled answer holds whatever it flags.
        answer: Looks at a world.
    """

    name: str
    says: str
    reads: str
    grouped: bool
    answer: Callable[[World], Answers]


@dataclass(frozen=True)
class Measured:
    """One answer held against the truth.

    Attributes:
        setting: The setting in words.
        precision: Guilty accounts among the flagged.
        recall: Flagged accounts among the guilty.
        found: Campaigns of which one group holds at least half the accounts.
        found_pure: The same, where at least half of that group is guilty too.
        alarms: Innocent accounts flagged.
        kinds: The same by kind of innocent account.
    """

    setting: str
    precision: Proportion
    recall: Proportion
    found: Proportion
    found_pure: Proportion
    alarms: Proportion
    kinds: Mapping[str, Proportion]


def from_scores(scores: Floats, own: float, name: str = "score") -> Answers:
    """Every threshold on a score as an answer of its own, down to half of the accounts; NaN is never flagged."""
    known = np.where(np.isnan(scores), -np.inf, scores)
    levels = np.unique(known[np.isfinite(known)])[::-1]
    levels = levels[[np.mean(known >= level) <= 0.5 for level in levels]] if len(levels) else levels

    def at(threshold: float) -> Answer:
        return Answer(f"{name} at least {threshold:.4g}", (np.flatnonzero(known >= threshold),))

    return Answers(at(own), tuple(at(float(level)) for level in levels))


def tuned(answers: Answers, world: World) -> Answer:
    """The setting that finds most guilty accounts while it flags at most ALLOWED of the innocent: an oracle's choice.

    Nobody has it in life, because it is chosen with the truth of the very traffic on which it is measured.
    """
    best, most = Answer("none: every setting flags too many innocents", ()), 0
    innocent = int((~world.guilty).sum())
    for answer in (answers.own, *answers.others):
        flagged = answer.flagged
        hits = int(world.guilty[flagged].sum())
        if len(flagged) - hits <= ALLOWED * innocent and hits > most:
            best, most = answer, hits
    return best


def measure(answer: Answer, world: World) -> Measured:
    """Hold an answer against the truth of its world."""
    flagged = np.zeros(len(world.guilty), bool)
    flagged[answer.flagged] = True
    guilty, innocent = world.guilty, ~world.guilty
    hits = int((flagged & guilty).sum())
    holders = {name: _holders(answer.groups, members) for name, members in world.campaigns.items()}
    pure = sum(any(2 * guilty[g].sum() >= len(g) for g in groups) for groups in holders.values())
    return Measured(
        answer.setting,
        precision=Proportion(hits, int(flagged.sum())),
        recall=Proportion(hits, int(guilty.sum())),
        found=Proportion(sum(bool(groups) for groups in holders.values()), len(holders)),
        found_pure=Proportion(pure, len(holders)),
        alarms=Proportion(int((flagged & innocent).sum()), int(innocent.sum())),
        kinds={
            kind: Proportion(int((flagged & innocent & (world.kind == kind)).sum()), int(of))
            for kind, of in zip(*np.unique(world.kind[innocent], return_counts=True), strict=True)
        },
    )


def _holders(groups: Sequence[Ints], members: Ints) -> list[Ints]:
    return [group for group in groups if 2 * np.isin(members, group).sum() >= len(members)]
