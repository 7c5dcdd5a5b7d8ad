"""Detectors of windows, calibrated on benign windows of the same size: the published test and the pooled one.

A window is a set of rows of a query set, given as a 0/1 matrix with one column a window, so that all windows of a size
are scored by a few matrix products.
"""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from rivals.mmd import Reference, Vectors
from rivals.query_sets import CAPABILITIES, QuerySet

Floats = NDArray[np.float64]
Columns = NDArray[np.float32]
"""One row a query, one column a window; 1 where the query is in the window."""


class Detector(Protocol):
    """Scores windows; larger speaks for an attack."""

    name: str

    def scores(self, queries: QuerySet, windows: Columns) -> Floats:
        """Return a score for each window."""
        ...


def drawn(rng: np.random.Generator, rows: int, size: int, number: int) -> Columns:
    """Return `number` windows of `size` rows each, every window without repetition."""
    windows = np.zeros((rows, number), np.float32)
    for column in range(number):
        windows[rng.choice(rows, size, replace=False), column] = 1
    return windows


@dataclass
class WindowTest:
    """MMD² of a window against a benign reference (arXiv:2606.05725), on one of the vectors of a query."""

    name: str
    column: str
    reference: Reference
    kernels: dict[QuerySet, tuple[Vectors, Vectors]] = field(default_factory=dict)
    """Of each query set seen: the kernel of its pairs, and of each query with the reference."""

    @classmethod
    def of(cls, name: str, column: str, benign: QuerySet, rng: np.random.Generator) -> "WindowTest":
        """Prepare the test from benign queries."""
        return cls(name, column, Reference.of(getattr(benign, column), rng))

    def scores(self, queries: QuerySet, windows: Columns) -> Floats:
        """Return MMD² of each window."""
        if queries not in self.kernels:
            vectors: Vectors = getattr(queries, self.column)
            self.kernels[queries] = self.reference.kernel(vectors, vectors), self.reference.toward(vectors)
        gram, toward = self.kernels[queries]
        cross: Floats = (toward @ windows / windows.sum(axis=0)).astype(float)
        return _inner(gram, windows) + self.reference.within - 2 * cross

    def published_threshold(self, size: int, number: int, rng: np.random.Generator) -> float:
        """Return the 95th percentile of MMD² between two disjoint benign windows: the threshold as published."""
        gram, vectors = self.reference.gram, self.reference.vectors
        first = np.zeros((len(vectors), number), np.float32)
        second = np.zeros_like(first)
        for column in range(number):
            both = rng.choice(len(vectors), 2 * size, replace=False)
            first[both[:size], column], second[both[size:], column] = 1, 1
        across = ((gram @ first) * second).sum(axis=0, dtype=np.float64) / size**2
        return float(np.percentile(_inner(gram, first) + _inner(gram, second) - 2 * across, 95))


def _inner(gram: Vectors, windows: Columns) -> Floats:
    """Mean kernel within each window, pairs of a text with itself left out."""
    size = windows.sum(axis=0, dtype=np.float64)
    total = ((gram @ windows) * windows).sum(axis=0, dtype=np.float64) - np.diag(gram).astype(float) @ windows
    inner: Floats = total / (size * (size - 1))
    return inner


STATISTICS = ("elicitation", "concentration", "work_list")


@dataclass
class PooledTest:
    """The content statistics that Stillhunt measures of a group, each turned into a rank among benign windows.

    The score is the mean of 1 / rank over the statistics: up to a constant the mean of their rank e-values, as the
    content family of a group is scored.
    """

    name: str
    usual: Floats
    """Share of each capability among benign queries."""
    ranked: dict[str, Floats]
    """Sorted statistics of benign windows."""

    @classmethod
    def of(cls, name: str, benign: QuerySet, windows: list[tuple[QuerySet, Columns]]) -> "PooledTest":
        """Prepare the test from benign queries and benign windows of the size to be tested."""
        known = benign.capability[benign.capability >= 0]
        count = np.bincount(known, minlength=len(CAPABILITIES))
        # Smoothed as in evidence/measures.py, so that an unseen capability is rare and not impossible.
        test = cls(name, (count + 1.0) / (count.sum() + 20.0), {})
        measured = [statistics(queries, columns, test.usual) for queries, columns in windows]
        test.ranked = {s: np.sort(np.concatenate([m[s] for m in measured])) for s in STATISTICS}
        return test

    def scores(self, queries: QuerySet, windows: Columns) -> Floats:
        """Return the mean reciprocal rank of each window, 1 at most."""
        measured = statistics(queries, windows, self.usual)
        return np.mean([self.reciprocal_ranks(s, measured[s]) for s in STATISTICS], axis=0)

    def reciprocal_ranks(self, statistic: str, values: Floats) -> Floats:
        """Return 1 / rank from the top among benign windows; ties count against the window."""
        ranked = self.ranked[statistic]
        result: Floats = 1.0 / (1 + len(ranked) - np.searchsorted(ranked, values, side="left"))
        return result


def statistics(queries: QuerySet, windows: Columns, usual: Floats) -> dict[str, Floats]:
    """Elicitation, concentration and work list of each window, as evidence/measures.py has them for a group.

    Without the contrast with the run's own average, which moves all windows alike and so changes no rank.
    """
    size = windows.sum(axis=0, dtype=np.float64)
    one_hot = (queries.capability == np.arange(len(usual))[:, None]).astype(np.float32)
    count = (one_hot @ windows).astype(float)
    share = count / np.maximum(count.sum(axis=0), 1)
    terms = share * np.log2(np.where(share > 0, share, 1) / usual[:, None])
    _, item = np.unique(queries.item, return_inverse=True)
    which = csr_array((np.ones(len(item), np.float32), (item, np.arange(len(item)))))
    # Within a window all requests of an item count as one account's: only an item sent once is sent by one alone.
    once = (which @ windows == 1).sum(axis=0) / size
    return {
        "elicitation": queries.elicitation @ windows / size,
        "concentration": terms.sum(axis=0),
        "work_list": once * (queries.single @ windows / size),
    }
