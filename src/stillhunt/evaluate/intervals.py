"""Proportions that carry their uncertainty: no share is reported without its interval."""

from dataclasses import dataclass
from math import sqrt

from scipy.special import betaincinv, ndtri

CONFIDENCE = 0.95
_Z = float(ndtri(0.5 + CONFIDENCE / 2))


@dataclass(frozen=True)
class Proportion:
    """`hits` out of `of`, with a 95 % interval.

    The interval is Wilson's score interval (Wilson 1927); when nothing or everything hit, it is the exact one
    of Clopper and Pearson (1934), which is wider there. Both take the trials as independent.
    """

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        """The share from 0 to 1; None when nothing was tried."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Lower and upper end; None when nothing was tried."""
        if not self.of:
            return None
        if self.hits in (0, self.of):
            return _clopper_pearson(self.hits, self.of)
        return _wilson(self.hits, self.of)

    def to_dict(self) -> dict[str, int | float | None]:
        """Return counts, share and interval as plain values for JSON."""
        low, high = self.interval or (None, None)
        return {"hits": self.hits, "of": self.of, "share": self.share, "low": low, "high": high}

    def words(self) -> str:
        """Return for example `95.0 % (190 of 200; 91.0 to 97.3 %)`, or `unknown (0 of 0)`."""
        if self.share is None or self.interval is None:
            return f"unknown ({self.hits:,} of {self.of:,})"
        low, high = self.interval
        digits = _digits(self.share, low, high)
        return (
            f"{100 * self.share:.{digits}f} % "
            f"({self.hits:,} of {self.of:,}; {100 * low:.{digits}f} to {100 * high:.{digits}f} %)"
        )


def _digits(*shares: float) -> int:
    """Return the fewest decimals of a percentage that round no rare case to none and no near miss to all."""
    enough = (d for d in range(1, 4) if all(s in (0.0, 1.0) or round(100 * s, d) not in (0.0, 100.0) for s in shares))
    return next(enough, 4)


def _wilson(hits: int, of: int) -> tuple[float, float]:
    share, square = hits / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return middle - half, middle + half


def _clopper_pearson(hits: int, of: int) -> tuple[float, float]:
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if hits == 0 else float(betaincinv(hits, of - hits + 1, tail))
    high = 1.0 if hits == of else float(betaincinv(hits + 1, of - hits, 1 - tail))
    return low, high
