"""What a report says, as values: the pages and the JSON twin are made from these and from nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

EXEMPLARS = 6
"""Exchanges named as examples for a campaign."""


@dataclass(frozen=True)
class Share:
    """A name and how many exchanges fall to it."""

    name: str
    exchanges: int


@dataclass(frozen=True)
class Test:
    """One test of a group: what was measured, and what it is worth."""

    test: str
    statistic: float | None
    """What was measured; None is unknown."""
    reference: float | None
    """The 95th percentile among benign groups of like size."""
    bits: float
    reason: str
    exemplars: tuple[str, ...]
    would_change: str

    @property
    def speaks(self) -> bool:
        """Whether it says anything: a test that could not be made, or found the usual, stays silent."""
        return abs(self.bits) >= 0.05


@dataclass(frozen=True)
class Family:
    """Tests that depend on each other: their mean counts as an e-value. Facts of innocence add up instead."""

    name: str
    bits: float
    tests: tuple[Test, ...]


@dataclass(frozen=True)
class Member:
    """One account of a campaign."""

    account_id: str
    role: str
    bits: float
    harvest_share: float
    exchanges: int
    """Requests of it that the campaign holds."""


@dataclass(frozen=True)
class Suspect:
    """Somebody who may profit from a campaign, as far as the actor file that the user gave can tell."""

    actor: str | None
    """None: somebody who is not in the file."""
    confidence: float
    bits: float
    named: bool
    reasons: tuple[str, ...]
    against: tuple[str, ...]
    would_change: str


@dataclass(frozen=True)
class Event:
    """Something that happened in the life of a campaign."""

    kind: str
    ts: int
    words: str


@dataclass(frozen=True)
class Campaign:
    """One campaign as it is shown."""

    campaign_id: str
    kind: str
    bits: float
    confidence: float
    summary: str
    operators: tuple[str, ...]
    accounts: int
    mixed: int
    """Accounts most of whose requests are their own."""
    exchanges: int
    first_ts: int
    last_ts: int
    peak_per_day: int
    capabilities: tuple[Share, ...]
    models: tuple[Share, ...]
    beneficiary: str | None
    beneficiary_confidence: float | None
    suspects: tuple[Suspect, ...]
    """The likeliest beneficiaries, the likeliest first; none if no actor file was given."""
    step: int
    """Width of one step of `activity`, in microseconds."""
    activity: tuple[tuple[int, int], ...]
    """Start of each step, in microseconds UTC, and exchanges in it; steps without any are left out."""
    groups: int
    """Groups called that it was put together from; the evidence is that of the one with most bits."""
    families: tuple[Family, ...]
    members: tuple[Member, ...]
    """Those who took most."""
    events: tuple[Event, ...]
    """Its life in order of time."""

    @property
    def exemplars(self) -> tuple[str, ...]:
        """Ids of a few exchanges that show the evidence, each once."""
        named = (e for family in self.families for test in family.tests for e in test.exemplars)
        return tuple(dict.fromkeys(named))[:EXEMPLARS]


@dataclass(frozen=True)
class Innocent:
    """A group that was tested and not called."""

    group_id: str
    layer: str
    accounts: int
    entities: int
    exchanges: int
    coordination_bits: float
    bits: float
    why: str


@dataclass(frozen=True)
class Crossing:
    """How much of one campaign went through accounts of one operator; each account counts at one operator."""

    campaign_id: str | None
    """None: requests that no campaign holds."""
    operator: str | None
    """None: accounts for which no operator was found."""
    accounts: int
    exchanges: int
    operator_share: float | None
    """Share of all that the operator's accounts sent."""


@dataclass(frozen=True)
class Field:
    """How often the logs told a fact that signals need."""

    name: str
    known: float
    """Share of exchanges for which it is known; 0 means that no signal could use it."""


@dataclass(frozen=True)
class Facts:
    """Everything that a report says of a run."""

    title: str
    verdict: str
    promise: str
    """The level at which false campaigns are controlled, in words."""
    warning: str | None
    """What makes the result doubtful, if anything does."""
    campaigns: tuple[Campaign, ...]
    """The largest first, up to a limit; `totals` counts all."""
    totals: Mapping[str, int]
    crossings: tuple[Crossing, ...]
    innocent: tuple[Innocent, ...]
    """The largest groups that were tested and not called."""
    fields: tuple[Field, ...]
    rejected: tuple[Share, ...]
    """Reasons for rejected lines, the most frequent first; `exchanges` counts lines."""
    info: Mapping[str, Any]
    """What `run.json` says."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        plain: dict[str, Any] = _plain(self)
        return plain


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
