"""Detectors of windows: the published test and the pooled one, both as a contrast with benign reference queries.

A window is a set of rows of a query set, given as a 0/1 matrix with one column a window, so that all windows of a size
are scored by a few matrix products. `resplit` scores benign windows of one query set, each against a reference of its
own from the same set: what comes of chance alone. `against` scores windows against one given reference.
"""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from rivals.mmd import Kernel, Vectors
from rivals.query_sets import CAPABILITIES, QuerySet

Floats = NDArray[np.float64]
Columns = NDArray[np.float32]
"""One row a query, one column a window; 1 where the query is in the window."""


class Detector(Protocol):
    """Scores windows; larger speaks for an attack."""

    def resplit(self, queries: QuerySet, windows: Columns, references: Columns) -> Floats:
        """Score each window against the reference in the same column."""
        ...

    def against(self, queries: QuerySet, windows: Columns, reference: QuerySet) -> Floats:
        """Score each window against one reference."""
        ...


def drawn(rng: np.random.Generator, rows: int, size: int, number: int) -> Columns:
    """Return `number` windows of `size` rows each, every window without repetition."""
    return parted(rng, rows, (size,), number)[0]


def parted(rng: np.random.Generator, rows: int, sizes: tuple[int, ...], number: int) -> list[Columns]:
    """Return for each size a matrix of windows; windows in the same column have no row in common."""
    parts = [np.zeros((rows, number), np.float32) for _ in sizes]
    ends = np.cumsum(sizes)
    for column in range(number):
        chosen = rng.choice(rows, int(ends[-1]), replace=False)
        for part, rows_of in zip(parts, np.split(chosen, ends[:-1]), strict=True):
            part[rows_of, column] = 1
    return parts


@dataclass
class WindowTest:
    """MMD² between a window and benign reference queries (arXiv:2606.05725), on one of the vectors of a query."""

    column: str
    kernel: Kernel
    grams: dict[QuerySet, Vectors] = field(default_factory=dict)
    """Kernel of the pairs within each query set that windows were drawn from, until it is forgotten."""
    references: dict[QuerySet, float] = field(default_factory=dict)
    """Mean kernel within each reference seen."""
    towards: dict[tuple[QuerySet, QuerySet], Vectors] = field(default_factory=dict)
    """Mean kernel of each query with a reference."""

    @classmethod
    def of(cls, column: str, benign: QuerySet, rng: np.random.Generator) -> "WindowTest":
        """Set the bandwidths from benign queries."""
        return cls(column, Kernel.of(getattr(benign, column), rng))

    def resplit(self, queries: QuerySet, windows: Columns, references: Columns) -> Floats:
        """Score each window against the reference in the same column."""
        gram = self._gram(queries)
        toward = gram @ references
        sizes = windows.sum(axis=0, dtype=np.float64) * references.sum(axis=0, dtype=np.float64)
        across = (toward * windows).sum(axis=0, dtype=np.float64) / sizes
        return _within(gram, windows) + _within(gram, references, toward) - 2 * across

    def against(self, queries: QuerySet, windows: Columns, reference: QuerySet) -> Floats:
        """Score each window against one reference."""
        vectors = getattr(reference, self.column)
        if reference not in self.references:
            whole = np.ones((len(reference), 1), np.float32)
            self.references[reference] = float(_within(self.kernel(vectors, vectors), whole)[0])
        if (queries, reference) not in self.towards:
            self.towards[queries, reference] = self.kernel(getattr(queries, self.column), vectors).mean(axis=1)
        toward = self.towards[queries, reference]
        across: Floats = (toward @ windows / windows.sum(axis=0)).astype(float)
        return _within(self._gram(queries), windows) + self.references[reference] - 2 * across

    def forget(self, queries: QuerySet) -> None:
        """Free what is kept of a query set."""
        self.grams.pop(queries, None)

    def _gram(self, queries: QuerySet) -> Vectors:
        if queries not in self.grams:
            vectors = getattr(queries, self.column)
            self.grams[queries] = self.kernel(vectors, vectors)
        return self.grams[queries]


def _within(gram: Vectors, windows: Columns, toward: Vectors | None = None) -> Floats:
    """Mean kernel within each window, pairs of a text with itself left out."""
    size = windows.sum(axis=0, dtype=np.float64)
    total = ((gram @ windows if toward is None else toward) * windows).sum(axis=0, dtype=np.float64)
    within: Floats = (total - np.diag(gram).astype(float) @ windows) / (size * (size - 1))
    return within


STATISTICS = {"elicitation": 0.1, "concentration": 0.5, "work_list": 0.1}
"""Statistics of a group's content, each with the least scale of its benign tail, as in evidence/tests.py."""
MOST_BEYOND = 64.0
"""The fitted tail is not trusted further than this factor, as in evidence/evalues.py."""
Measures = dict[str, Floats]


@dataclass
class PooledTest:
    """The content statistics that Stillhunt measures of a group, each turned into a rank among benign windows.

    The score is the mean of 1 / rank over the statistics: up to a constant the mean of their rank e-values, as the
    content family of a group is scored. Beyond every benign window the tail goes on as exponential, as it does there.
    """

    ranked: Measures
    """Sorted statistics of benign windows of the size to be tested."""

    @classmethod
    def of(cls, benign: list[Measures]) -> "PooledTest":
        """Prepare the test from what was measured of benign windows."""
        return cls({name: np.sort(np.concatenate([m[name] for m in benign])) for name in STATISTICS})

    def resplit(self, queries: QuerySet, windows: Columns, references: Columns) -> Floats:
        """Score each window against the reference in the same column."""
        return self._scores(contrasts(measured(queries, windows), measured(queries, references)))

    def against(self, queries: QuerySet, windows: Columns, reference: QuerySet) -> Floats:
        """Score each window against one reference."""
        whole = np.ones((len(reference), 1), np.float32)
        return self._scores(contrasts(measured(queries, windows), measured(reference, whole)))

    def _scores(self, values: Measures) -> Floats:
        """Return the mean over the statistics; ties count against the window."""
        result: Floats = np.mean([self._one(name, values[name]) for name in STATISTICS], axis=0)
        return result

    def _one(self, name: str, values: Floats) -> Floats:
        benign = self.ranked[name]
        rank = 1 + len(benign) - np.searchsorted(benign, values, side="left")
        high = np.quantile(benign, 0.9)
        scale = max(STATISTICS[name], 2 * float(np.mean(benign[benign >= high] - high)))
        beyond = np.exp(np.clip((values - benign[-1]) / (2 * scale), 0, np.log(MOST_BEYOND)))
        return beyond / rank


def measured(queries: QuerySet, windows: Columns) -> Measures:
    """Return mean elicitation, number of each capability (a row each) and share of single questions sent once."""
    size = windows.sum(axis=0, dtype=np.float64)
    one_hot = (queries.capability == np.arange(len(CAPABILITIES))[:, None]).astype(np.float32)
    _, item = np.unique(queries.item, return_inverse=True)
    which = csr_array((np.ones(len(item), np.float32), (item, np.arange(len(item)))))
    # Which account sent a query is not known here: what is sent twice counts as sent by two.
    once = (which @ windows == 1).sum(axis=0) / size
    return {
        "elicitation": queries.elicitation @ windows / size,
        "capabilities": (one_hot @ windows).astype(float),
        "work_list": once * (queries.single @ windows / size),
    }


def contrasts(window: Measures, population: Measures) -> Measures:
    """Return the statistics of evidence/measures.py: what a group is beyond the population it is part of."""
    usual = population["capabilities"] + 1.0
    usual = usual / (population["capabilities"].sum(axis=0) + 20.0)
    share = window["capabilities"] / np.maximum(window["capabilities"].sum(axis=0), 1)
    return {
        "elicitation": window["elicitation"] - population["elicitation"],
        "concentration": (share * np.log2(np.where(share > 0, share, usual) / usual)).sum(axis=0),
        "work_list": window["work_list"] - population["work_list"],
    }
