"""Joins communities of keys again wherever most of the smaller one's units belong to the larger too.

Compiled, for this goes round until nothing joins: tens of times over the ties of millions of units, of which all but
the first few rounds move little. A round goes over the ties once and works out only what may have changed.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stillhunt.features.compiled import compiled, inlined

COVERAGE: Final = 0.75
"""Two communities are one when at least this share of the smaller one's units belong to the other."""
LEAK: Final = 0.75
"""Also when this share of the units of both belong to *some* other community, and neither has a better home: the
wordings of a paraphrased template, or the addresses of a pool, mix with all the others and with none for long."""
LEAST_COVER: Final = 0.1
"""The same where both are mixed."""
BELONGS: Final = 0.25
"""A unit belongs to a community if its tie is this part of the median unit's: an account whose operator happens to use
the same hosting range as another's is no part of the other."""
FAR_WEAKER: Final = 1
"""Levels (factors of two) by which a unit's tie to the larger community may be weaker than its tie to the smaller."""
SHORT: Final = 32
"""Ties of a unit that are sorted by insertion; more are sorted by the library."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Ties(NamedTuple):
    """Edges between units and communities by unit, the strongest of each kind.

    A place is the number of a community times `kinds`, and the kind: one number sorts several times as fast as two.
    Compiled code takes arrays out of the tuple once, since it counts references at every access.
    """

    begins: Ints
    place: Ints
    weight: Floats
    copies: Ints
    kinds: int


def joined(units: Ints, communities: Ints, kinds: Ints, weights: Floats, copies: Ints) -> Ints:
    """Say for each community in which one it ends, numbered from 0 by their first.

    Args:
        units: Account or request of each edge, numbers from 0.
        communities: Community of its key, numbers from 0; every one has an edge.
        kinds: Kind of its key, of which the strongest counts.
        weights: Its bits.
        copies: How many units each unit stands for.
    """
    ties, n = _strongest(units, communities, kinds, weights, copies), int(communities.max()) + 1
    ends, medians = np.arange(n), np.full(n, np.nan)
    # What is covered joins first: only then does it show whether the rest of a community has any home of its own.
    for mixed_too in (False, True, False):
        while True:
            _find_medians(ties, medians)
            begin, homes, levels = _homes_of_units(ties, medians)
            target = _best_covers(begin, homes, levels, copies, len(medians), mixed_too)
            if np.array_equal(target, np.arange(len(target))):
                break
            # Follow the chain to its end: targets are always larger (or earlier), so there are no cycles.
            while not np.array_equal(target[target], target):
                target = target[target]
            target = number_by_first(target)
            ends = target[ends]
            _relabel(ties, target)
            alone = np.bincount(target)[target] == 1
            kept, medians = medians[alone], np.full(int(target.max()) + 1, np.nan)
            medians[target[alone]] = kept
    return ends


def number_by_first(community: Ints) -> Ints:
    """Number communities from 0 in the order in which they come first."""
    _, first, inverse = np.unique(community, return_index=True, return_inverse=True)
    order = np.empty(len(first), np.int64)
    order[np.argsort(first, kind="stable")] = np.arange(len(first))
    return order[inverse]


def _strongest(units: Ints, communities: Ints, kinds: Ints, weights: Floats, copies: Ints) -> Ties:
    n_kinds, n = int(kinds.max()) + 1, int(communities.max()) + 1
    place = (units.astype(np.int64) * n + communities) * n_kinds + kinds
    order = np.argsort(place, kind="stable")
    place = place[order]
    first = np.flatnonzero(np.r_[True, np.diff(place) != 0])
    unit, in_unit = np.divmod(place[first], n * n_kinds)
    begins = np.searchsorted(unit, np.arange(len(copies) + 1))
    return Ties(begins, in_unit, np.maximum.reduceat(weights[order], first), copies, n_kinds)


@compiled
def _relabel(ties: Ties, target: Ints) -> None:
    """Rename the communities of all ties, and keep the strongest of each kind; what is left moves to the front."""
    begins, place, weight, _, kinds = ties
    free = 0
    for unit in range(len(begins) - 1):
        first, last, begins[unit] = begins[unit], begins[unit + 1], free
        for at in range(first, last):
            place[at] = target[place[at] // kinds] * kinds + place[at] % kinds
        if last - first > SHORT:
            order = np.argsort(place[first:last])
            place[first:last] = place[first:last][order]
            weight[first:last] = weight[first:last][order]
        else:
            for at in range(first + 1, last):
                here, bits, before = place[at], weight[at], at - 1
                while before >= first and place[before] > here:
                    place[before + 1], weight[before + 1] = place[before], weight[before]
                    before -= 1
                place[before + 1], weight[before + 1] = here, bits
        for at in range(first, last):
            if free > begins[unit] and place[free - 1] == place[at]:
                weight[free - 1] = max(weight[free - 1], weight[at])
            else:
                place[free], weight[free] = place[at], weight[at]
                free += 1
    begins[-1] = free


@inlined
def _next_tie(place: Ints, weight: Floats, at: int, end: int, kinds: int) -> Any:
    """Return the community at `at`, a unit's tie to it, and where its next community begins.

    A tie is the sum over kinds of the strongest key of that kind.
    """
    community, tie = place[at] // kinds, 0.0
    while at < end and place[at] // kinds == community:
        tie += weight[at]
        at += 1
    return community, tie, at


@compiled
def _find_medians(ties: Ties, medians: Floats) -> None:
    """Write the median tie of each community whose median is not known; a unit counts as often as it has copies."""
    begins, place, weight, copies, kinds = ties
    n = len(medians)
    starts = np.zeros(n + 1, np.int64)
    for turn in range(2):
        if turn == 1:
            starts[1:] = np.cumsum(starts[1:])
            bits, counts = np.empty(starts[n]), np.empty(starts[n], np.int64)
            free = starts[:n].copy()
        for unit in range(len(copies)):
            at = begins[unit]
            while at < begins[unit + 1]:
                community, tie, at = _next_tie(place, weight, at, begins[unit + 1], kinds)
                if not np.isnan(medians[community]):
                    continue
                if turn == 0:
                    starts[community + 1] += 1
                else:
                    bits[free[community]], counts[free[community]] = tie, copies[unit]
                    free[community] += 1
    for community in range(n):
        if np.isnan(medians[community]):
            own = slice(starts[community], starts[community + 1])
            order = np.argsort(bits[own])
            ordered, below = bits[own][order], np.cumsum(counts[own][order])
            low = np.searchsorted(below, (below[-1] + 1) // 2)
            high = np.searchsorted(below, below[-1] // 2 + 1)
            medians[community] = (ordered[low] + ordered[high]) / 2


@compiled
def _homes_of_units(ties: Ties, medians: Floats) -> Any:
    """Return where each unit's homes begin, what it belongs to, and at which level.

    A level is 1 for a tie under two bits, 2 under four, and so on.
    """
    begins, place, weight, copies, kinds = ties
    begin, homes, levels = (
        np.zeros(len(begins), np.int64),
        np.empty(begins[-1], np.int32),
        np.empty(begins[-1], np.int8),
    )
    free = 0
    for unit in range(len(copies)):
        at = begins[unit]
        while at < begins[unit + 1]:
            community, tie, at = _next_tie(place, weight, at, begins[unit + 1], kinds)
            if tie >= BELONGS * medians[community]:
                homes[free], levels[free] = community, np.floor(np.log2(max(tie, 1.0))) + 1
                free += 1
        begin[unit + 1] = free
    return begin, homes, levels


@compiled
def _best_covers(begin: Ints, homes: Any, levels: Any, copies: Ints, n: int, mixed_too: bool) -> Any:  # noqa: PLR0913, PLR0917
    """Return for each of `n` communities the larger one (of two alike the earlier) that it joins, or itself.

    It joins what covers most of it, if that is enough, or (if asked) if both are mixed.
    """
    size, elsewhere, starts = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n + 1, np.int64)
    for unit in range(len(copies)):
        several = begin[unit + 1] - begin[unit] > 1  # a unit of one community covers nothing of another
        for home in range(begin[unit], begin[unit + 1]):
            size[homes[home]] += copies[unit]
            elsewhere[homes[home]] += copies[unit] * several
            starts[homes[home] + 1] += several
    starts = np.cumsum(starts)
    units, unit_levels, filled = np.empty(starts[n], np.int32), np.empty(starts[n], np.int8), starts[:n].copy()
    for unit in range(len(copies)):
        if begin[unit + 1] - begin[unit] > 1:
            for home in range(begin[unit], begin[unit + 1]):
                units[filled[homes[home]]], unit_levels[filled[homes[home]]] = unit, levels[home]
                filled[homes[home]] += 1
    target, covered, met = np.arange(n), np.zeros(n, np.int64), np.empty(n, np.int64)
    for a in range(n):
        found = 0
        for at in range(starts[a], starts[a + 1]):
            unit, least = units[at], unit_levels[at] - FAR_WEAKER
            for home in range(begin[unit], begin[unit + 1]):
                b = homes[home]
                # A weak tie of many does not cover a strong tie of few: it must be tied about as well where it goes.
                if levels[home] < least or size[b] < size[a] or (size[b] == size[a] and b >= a):
                    continue
                if covered[b] == 0:
                    met[found] = b
                    found += 1
                covered[b] += copies[unit]
        best, enough, alike = -1, False, 0.0
        for number in range(found):
            b = met[number]
            share, likeness = covered[b] / size[a], covered[b] / (size[a] + size[b] - covered[b])
            covered[b] = 0
            much = share >= COVERAGE
            better = likeness > alike or (likeness == alike and b < best)
            if best >= 0 and (much < enough or (much == enough and not better)):
                continue
            best, enough, alike = b, much, likeness
            mixed = elsewhere[a] >= LEAK * size[a] and elsewhere[b] >= LEAK * size[b]
            target[a] = b if much or (mixed_too and mixed and share >= LEAST_COVER) else a
    return target
