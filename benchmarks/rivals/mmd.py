"""Kernel two-sample statistic of arXiv:2606.05725: unbiased MMD² (Gretton et al. 2012), four Gaussian kernels.

Bandwidths are 1/2, 1, 2 and 4 times the median distance among benign texts, as published. There a window is scored by
its mean over 20 benign windows of its size; here by the whole benign reference, which is the limit of that mean.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]

KERNELS = 4
WIDEST = 4.0
"""Largest bandwidth, in median distances."""


@dataclass(frozen=True)
class Kernel:
    """Mean of KERNELS Gaussian kernels; each bandwidth is half of the next."""

    widest: float

    @classmethod
    def of(cls, benign: Vectors, rng: np.random.Generator) -> "Kernel":
        """Set the bandwidths from up to 1,000 benign vectors."""
        some = benign[rng.permutation(len(benign))[:1_000]]
        distance = np.sqrt(_squares(some, some)[np.triu_indices(len(some), 1)])
        median = float(np.median(distance[distance > 0]))
        return cls(WIDEST * median)

    def __call__(self, x: Vectors, y: Vectors) -> Vectors:
        """Return the kernel of every pair."""
        # Halving a bandwidth raises its kernel to the fourth power: one exponential serves all.
        widest = np.exp(_squares(x, y) * np.float32(-1 / (2 * self.widest * self.widest)))
        total, power = widest.copy(), widest
        for _ in range(KERNELS - 1):
            power = np.square(np.square(power))
            total += power
        return total / np.float32(KERNELS)


@dataclass(frozen=True)
class Reference:
    """Benign texts against which windows are held."""

    kernel: Kernel
    vectors: Vectors
    gram: Vectors
    """Kernel of their pairs."""
    within: float
    """Mean of it, pairs of a text with itself left out."""

    @classmethod
    def of(cls, vectors: Vectors, rng: np.random.Generator) -> "Reference":
        """Prepare a reference."""
        kernel = Kernel.of(vectors, rng)
        gram = kernel(vectors, vectors)
        return cls(kernel, vectors, gram, _off_diagonal_mean(gram))

    def toward(self, vectors: Vectors) -> Vectors:
        """Return each vector's mean kernel with the reference."""
        return self.kernel(vectors, self.vectors).mean(axis=1)

    def mmd2(self, window: Vectors) -> float:
        """Return the unbiased MMD² of one window of two texts or more."""
        within = _off_diagonal_mean(self.kernel(window, window))
        return within + self.within - 2 * float(self.toward(window).mean())


def _squares(x: Vectors, y: Vectors) -> Vectors:
    product = x @ y.T
    return np.maximum((x * x).sum(axis=1)[:, None] + (y * y).sum(axis=1)[None, :] - 2 * product, 0)


def _off_diagonal_mean(gram: Vectors) -> float:
    n = len(gram)
    return float((gram.sum(dtype=np.float64) - np.trace(gram)) / (n * (n - 1)))
