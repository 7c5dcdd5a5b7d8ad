"""A plan is traffic as numbers, before any text is written: small enough to sort millions of calls in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillhunt.simulate.ids import Hashes, Ints
from stillhunt.simulate.infrastructure import Clients, Networks
from stillhunt.simulate.styles import STYLES, Style
from stillhunt.simulate.text import Voice

COLUMNS: dict[str, tuple[type[np.generic], Any]] = {
    "call": (np.uint64, 0),
    "ts": (np.int64, 0),
    "account": (np.int32, 0),
    "voice": (np.int16, 0),
    "item": (np.uint64, 0),
    "author": (np.uint64, 0),
    "opening": (np.uint64, 0),
    "conversation": (np.uint64, 0),
    "turn": (np.int16, 0),
    "network": (np.int16, -1),
    "address": (np.int64, -1),
    "client": (np.int16, -1),
    "device": (np.uint64, 0),
    "key": (np.int16, 0),
    "model": (np.int8, 0),
    "status": (np.int16, 200),
    "temperature": (np.float32, np.nan),
    "images": (np.int16, 0),
    "reasoning_in": (np.uint64, 0),
    "reasoning_out": (np.uint64, 0),
    "campaign": (np.int16, -1),
}
"""What a plan holds of each call, with the value where an actor says nothing. Id 0 is null, `turn` counts from 0."""


@dataclass(frozen=True)
class Plan:
    """Calls, one a row."""

    columns: dict[str, NDArray[Any]]

    @classmethod
    def of(cls, rows: int, **known: Any) -> "Plan":
        """Make a plan of `rows` calls from the columns that are known (arrays or single values)."""
        columns = {}
        for name, (kind, default) in COLUMNS.items():
            columns[name] = np.broadcast_to(np.asarray(known.get(name, default)).astype(kind), (rows,)).copy()
        return cls(columns)

    @classmethod
    def joined(cls, plans: Sequence["Plan"]) -> "Plan":
        """Put plans one after the other."""
        if not plans:
            return cls.of(0)
        return cls({name: np.concatenate([plan.columns[name] for plan in plans]) for name in COLUMNS})

    def __len__(self) -> int:
        """Number of calls."""
        return len(self.columns["ts"])

    def __getitem__(self, name: str) -> NDArray[Any]:
        """One column."""
        return self.columns[name]

    def take(self, rows: Any) -> "Plan":
        """Return some rows (indices, a mask or a slice)."""
        return Plan({name: values[rows] for name, values in self.columns.items()})


@dataclass(frozen=True)
class Cast:
    """The accounts of an actor, one a row. Ids of 0 and negative numbers are null.

    `org` is the organisation that they are of in truth; the provider knows of it only if they are `registered` with it.
    `successor` is the account that goes on in place of a suspended one (-1: none), `resumed` when it takes over.
    """

    kind: str
    created: Ints
    country: Ints
    payment: Hashes
    mail: Sequence[str | None]
    plan: Sequence[str]
    pathway: Sequence[str]
    verified: NDArray[np.bool_]
    org: Hashes
    operator: str | None = None
    suspended: Ints | None = None
    successor: Ints | None = None
    resumed: Ints | None = None
    kinds: Sequence[str] | None = None
    registered: bool = True

    def __len__(self) -> int:
        """Number of accounts."""
        return len(self.created)

    @property
    def known_org(self) -> Hashes:
        """The organisations as the provider knows them."""
        return self.org if self.registered else np.zeros_like(self.org)


@dataclass(frozen=True)
class Play:
    """What an actor did: its accounts, its calls, its voices, and the campaigns among them."""

    cast: Cast
    plan: Plan
    voices: tuple[Voice, ...]
    campaigns: tuple[dict[str, Any], ...] = ()


def _log_normal() -> NDArray[np.float64]:
    """Lengths that scatter log-normally, as answers do."""
    return np.sort(np.random.default_rng(8).lognormal(0.0, 0.8, 4096))


@dataclass(frozen=True)
class World:
    """What all actors share."""

    seed: int
    days: int
    networks: Networks
    clients: Clients
    models: tuple[str, ...]
    released: tuple[int, ...]
    activity: float = 1.0
    think_seconds: NDArray[np.float64] | None = None
    tenants: tuple[NDArray[np.float64], ...] = ()
    """Load of real tenants in windows of ten minutes over two weeks; empty without a corpus."""
    lengths: NDArray[np.float64] = field(default_factory=_log_normal)
    """Lengths of answers relative to their median, sorted."""
    styles: Mapping[str, Style] = field(default_factory=lambda: STYLES)

    def rng(self, actor: str) -> np.random.Generator:
        """Return the actor's own chance: no other actor changes it."""
        name = list(actor.encode())
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, *name])))
