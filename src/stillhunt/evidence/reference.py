"""The benign reference: measures of groups that are coordinated but do not harvest."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stillhunt.errors import UsageError, of_system, reason
from stillhunt.evidence.combine import family_bits, pattern_bits
from stillhunt.evidence.evalues import Ranks
from stillhunt.evidence.lifetimes import Life
from stillhunt.evidence.tests import TESTS, VERIFIED, GroupTest
from stillhunt.writing import written_whole

OPEN_ENTITY = 0.5
"""One organisation openly stands behind a group if it is that of this share of the members."""
LAYERS = ("infrastructure", "content")
TOLD_APART = ("content",)
"""Layers in which benign groups are many enough to be told apart by what their provider knows."""
NEAREST = 500
"""Reference groups that one test uses, the nearest in size: more would no longer be of like size."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """What makes groups comparable.

    Attributes:
        layer: Content or infrastructure.
        open_entity: Whether one organisation openly stands behind most of it.
        known: Whether the provider knows its customers' organisations: where it does not, companies look like strangers
            who share.
        accounts: Size.
    """

    layer: str
    open_entity: bool
    known: bool
    accounts: float


@dataclass(frozen=True)
class Reference:
    """Benign groups, one row each: the most that each ever showed.

    Attributes:
        source: Where they come from, for the report.
        layers: Layer of each group.
        open_entity: Whether one organisation openly stands behind most of the group's accounts.
        known: Whether the provider knew its customers' organisations.
        accounts: Members of each group.
        origins: Number of the traffic that each comes from: groups of one traffic may have members in common.
        statistics: Per test, the statistic of each group; NaN is unknown.
        excess: Bits by which the mean evidence of these groups exceeds that of an e-value; see `excess_bits`.
    """

    source: str
    layers: NDArray[np.str_]
    open_entity: NDArray[np.bool_]
    known: NDArray[np.bool_]
    accounts: Floats
    origins: NDArray[np.int64]
    statistics: dict[str, Floats]
    excess: float

    @classmethod
    def of(cls, source: str, lives: Sequence[Life], origins: Sequence[int]) -> "Reference":
        """Make a reference of the lives of benign groups; those of verified customers are no candidates anywhere."""
        kept = [(life, origin) for life, origin in zip(lives, origins, strict=True) if life.verified < VERIFIED]
        made = cls(
            source,
            np.array([life.layer for life, _ in kept], dtype=np.str_),
            np.array([life.largest_entity >= OPEN_ENTITY for life, _ in kept], dtype=np.bool_),
            np.array([life.known for life, _ in kept], dtype=np.bool_),
            np.array([len(life.members) for life, _ in kept], dtype=np.float64),
            np.array([origin for _, origin in kept], dtype=np.int64),
            {t.name: np.array([round(life.most[t.name], 4) for life, _ in kept], np.float64) for t in TESTS},
            0.0,
        )
        return made.corrected()

    @classmethod
    def load(cls, path: Path | None = None) -> "Reference":
        """Read a reference file, or the shipped default when no path is given.

        Raises:
            UsageError: If the file cannot be read or is not a reference.
        """
        where = files("stillhunt.evidence") / "reference.json" if path is None else path
        try:
            text = where.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = reason(error) if isinstance(error, OSError) else "it is no text"
            msg = f"The reference '{where}' cannot be read ({why}): give a file that `stillhunt calibrate` wrote."
            raise of_system(error, msg) from None
        try:
            data = json.loads(text)
            groups = data["groups"]
            return cls(
                str(data["source"]),
                np.array(groups["layer"], dtype=np.str_),
                np.array(groups["open_entity"], dtype=np.bool_),
                np.array(groups["known"], dtype=np.bool_),
                np.array(groups["accounts"], dtype=np.float64),
                np.array(groups["origin"], dtype=np.int64),
                {t.name: np.array(groups[t.name], dtype=np.float64) for t in TESTS},
                float(data["excess_bits"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            missing = f" (it lacks {error})" if isinstance(error, KeyError) else ""
            msg = f"'{where}' is no reference of this version{missing}: make one with `stillhunt calibrate`."
            raise UsageError(msg) from None

    def corrected(self) -> "Reference":
        """Return the reference with its excess measured anew."""
        return replace(self, excess=excess_bits(benign_bits(self), self.accounts))

    def save(self, path: Path) -> None:
        """Write the reference as JSON, whole or not at all.

        Raises:
            UsageError: It may not be written, or not there.
            ServiceError: The disk is full, or fails.
        """
        groups = {
            "layer": self.layers.tolist(),
            "open_entity": self.open_entity.tolist(),
            "known": self.known.tolist(),
            "accounts": self.accounts.astype(int).tolist(),
            "origin": self.origins.tolist(),
        } | {name: [None if np.isnan(v) else v for v in values.tolist()] for name, values in self.statistics.items()}
        data = {"source": self.source, "excess_bits": self.excess, "groups": groups}
        with written_whole(path, "The reference") as partial:
            partial.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")

    def __len__(self) -> int:
        """Return how many groups there are."""
        return len(self.layers)

    def without(self, origin: int) -> "Reference":
        """Return the reference without the groups of one traffic."""
        kept = self.origins != origin
        return replace(
            self,
            layers=self.layers[kept],
            open_entity=self.open_entity[kept],
            known=self.known[kept],
            accounts=self.accounts[kept],
            origins=self.origins[kept],
            statistics={name: values[kept] for name, values in self.statistics.items()},
        )

    def joined(self, other: "Reference", layers: Sequence[str], shift: int) -> "Reference":
        """Return the reference with the groups of these layers of another, whose origins are numbered from `shift`."""
        kept = np.isin(other.layers, layers)
        both = replace(
            self,
            source=f"{self.source}; for {' and '.join(layers)} also {other.source}",
            layers=np.concatenate([self.layers, other.layers[kept]]),
            open_entity=np.concatenate([self.open_entity, other.open_entity[kept]]),
            known=np.concatenate([self.known, other.known[kept]]),
            accounts=np.concatenate([self.accounts, other.accounts[kept]]),
            origins=np.concatenate([self.origins, other.origins[kept] + shift]),
            statistics={n: np.concatenate([v, other.statistics[n][kept]]) for n, v in self.statistics.items()},
        )
        return both.corrected()

    def like(self, kind: "Kind", test: GroupTest) -> Floats:
        """Statistics of `test` in the benign groups of this kind that it compares, unknown ones left out."""
        values = self.statistics[test.name]
        same = self.known == kind.known
        if test.of_all_kinds:
            alike = same if test.counts_strangers else np.ones(len(self), bool)
        else:
            alike = (self.layers == kind.layer) & (self.open_entity == kind.open_entity)
            alike &= same | (kind.layer not in TOLD_APART)
        usable = np.flatnonzero(alike & ~np.isnan(values))
        if test.of_all_sizes:
            return values[usable]
        distance = np.abs(np.log2(self.accounts[usable] / kind.accounts))
        return values[usable[np.argsort(distance, kind="stable")[:NEAREST]]]

    def ranks(self) -> Callable[[Kind, GroupTest], Ranks]:
        """Return a function for the benign groups that `like` compares, ranked; each ranking is worked out once."""
        known: dict[tuple[str, Kind], Ranks] = {}

        def ranked(kind: Kind, test: GroupTest) -> Ranks:
            key = (test.name, replace(kind, accounts=0.0) if test.of_all_sizes else kind)
            if key not in known:
                known[key] = Ranks(
                    self.like(kind, test), test.scale if kind.known else max(test.scale, test.unknown_scale)
                )
            return known[key]

        return ranked

    def kind(self, i: int) -> "Kind":
        """Return the kind of one reference group."""
        return Kind(str(self.layers[i]), bool(self.open_entity[i]), bool(self.known[i]), float(self.accounts[i]))


def benign_bits(reference: Reference) -> Floats:
    """Bits that each benign group would get, tested against those of all other traffic, before any correction."""
    bits = np.zeros(len(reference))
    for origin in np.unique(reference.origins):
        ranks = reference.without(int(origin)).ranks()
        for i in np.flatnonzero(reference.origins == origin):
            kind = reference.kind(int(i))
            found: dict[str, dict[str, float]] = {}
            for test in TESTS:
                e = ranks(kind, test).e_value(reference.statistics[test.name][i])
                found.setdefault(test.family, {})[test.name] = float(np.log2(e))
            bits[i] = pattern_bits({family: family_bits(tests) for family, tests in found.items()})
    return bits


def excess_bits(bits: Floats, accounts: Floats) -> float:
    """By how much the evidence against benign groups exceeds what e-values may have, in bits, at least 0.

    e-BH holds its level if the weighted mean of the e-values of all innocent groups of a run is at most 1. Its weights
    grow with accounts and requests; requests of these groups are not kept, so here they are weighted by accounts. It
    may be more where families are not independent, a tail is longer than was fitted, or groups of one layer show more
    than those of another that they are compared with. Log2 of the mean that is found among these groups, all together
    as in one large run, is taken off every group's evidence.

    Args:
        bits: Evidence against each benign group, from traffic that it is no part of.
        accounts: Members of each.
    """
    return round(max(0.0, float(np.log2(np.average(np.exp2(bits), weights=accounts)))), 3) if len(bits) else 0.0
