"""What an evaluation says, as values."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from stillhunt.evaluate.intervals import Proportion


@dataclass(frozen=True)
class Quality:
    """Precision: how much of what was called is guilty. Recall: how much of what is guilty was called."""

    precision: Proportion
    recall: Proportion


@dataclass(frozen=True)
class CampaignResult:
    """What became of one true campaign."""

    campaign: str
    """Its name in the truth."""
    accounts: int
    """Accounts that made a request of it."""
    requests: int
    """Its requests that the run read. A batch run detects at its end, so all of them are lost by then."""
    best: str | None
    """The called campaign that shares most requests with it."""
    best_holds: Proportion
    """Its accounts that are members of `best`; found when this is at least one half."""
    account_recall: Proportion
    """Its accounts that are members of any called campaign."""
    request_recall: Proportion
    """Its requests that any called campaign holds."""
    pieces: tuple[str, ...]
    """Called campaigns with at least one in twenty of its requests, largest first: two or more is a split."""
    purity: Proportion
    """Requests of the pieces that are its own."""
    merged_with: tuple[str, ...]
    """Other true campaigns of which `best` also holds at least one in twenty requests."""

    @property
    def found(self) -> bool:
        """Whether one called campaign holds at least half of its accounts."""
        return self.best is not None and 2 * self.best_holds.hits >= self.best_holds.of


@dataclass(frozen=True)
class FalseCampaign:
    """A called campaign most of whose requests are innocent."""

    campaign_id: str
    innocent: Proportion
    """Its requests that are innocent."""
    kind: str
    """The kind of account that made most of its innocent requests."""


@dataclass(frozen=True)
class Alarms:
    """What was called although innocent."""

    accounts: Proportion
    """Innocent accounts that are members of a called campaign."""
    organisations: Proportion
    """Innocent organisations with such an account; an account on its own counts as one."""
    requests: Proportion
    """Innocent requests that a called campaign holds."""

    @property
    def requests_per_million(self) -> float | None:
        """Innocent requests held to be harvesting, per million innocent ones; None when there are none."""
        return None if self.requests.share is None else 1e6 * self.requests.share


@dataclass(frozen=True)
class KindAlarms:
    """False alarms among innocent accounts of one kind."""

    kind: str
    alarms: Alarms


@dataclass(frozen=True)
class OperatorResult:
    """What became of one true operator."""

    operator: str
    best: str | None
    """The found operator that shares most accounts with it."""
    recall: Proportion
    """Its accounts that are in `best`."""
    purity: Proportion
    """Accounts of `best` that are its own."""


@dataclass(frozen=True)
class Evaluation:
    """A run held against the truth."""

    run: str
    accounts: Quality
    requests: Quality
    campaigns: Quality
    by_campaign: tuple[CampaignResult, ...]
    false_campaigns: tuple[FalseCampaign, ...]
    false_alarms: Alarms
    by_kind: tuple[KindAlarms, ...]
    operators: tuple[OperatorResult, ...]
    not_read: int
    """Harvesting requests in the truth that the run never read; no measure counts them."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values for JSON, each share with its counts and interval."""
        return {"confidence": 0.95, **plain(self)}


def plain(value: Any) -> Any:
    """Return a result as plain values for JSON, with what is derived from its fields."""
    if isinstance(value, Proportion):
        return value.to_dict()
    if is_dataclass(value) and not isinstance(value, type):
        named = {f.name: plain(getattr(value, f.name)) for f in fields(value)}
        derived = [n for n, member in vars(type(value)).items() if isinstance(member, property)]
        return named | {name: getattr(value, name) for name in derived}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [plain(item) for item in value]
    return value
