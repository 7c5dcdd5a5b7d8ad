"""What the scorer says of one request."""

from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any


class Action(IntEnum):
    """What may be done, the mildest first; the number is the rank."""

    allow = 0
    """Nothing."""
    watch = 1
    """Keep the evidence, and let a person look. Nobody notices."""
    slow = 2
    """Hold the account's requests back for a moment, or lower its rate limit."""
    step_up = 3
    """Ask the account to prove who stands behind it."""
    withhold_reasoning = 4
    """Answer this request, without thinking text and signatures."""
    block_request = 5
    """Refuse this request."""
    suspend_account = 6
    """Refuse every request of the account."""
    act_on_organisation = 7
    """Refuse every request of every account that the organisation or operator holds."""

    @property
    def of_request(self) -> bool:
        """Whether it touches one request only, and leaves the account's others alone."""
        return self in {Action.withhold_reasoning, Action.block_request}

    @property
    def of_account(self) -> bool:
        """Whether it is a step on the account, which meets whatever the account sends."""
        return self in {Action.step_up, Action.suspend_account, Action.act_on_organisation}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision on one request, with what it rests on.

    Attributes:
        action: What the policy says. If `simulated`, it is only said: see `enforced`.
        bits: Evidence that the account is of `campaign_id`: log2 of a bet that pays at most 1 on average if it is
            innocent. Of a member of the watch list, what the hunt found.
        reasons: Why, one sentence each, the weightiest first. They hold no text, address or secret.
        campaign_id: The campaign that the evidence points to; None if nothing does.
        simulated: Whether the decision is dry: log it, do not act on it.
        group_bits: Evidence that the campaign has grown again: fresh accounts show its marks more often than innocent
            ones would.
        harvest_probability: How likely this very request is the campaign's.
        member: Whether the watch list names the account.
        expires: Until when the action lasts without new evidence, in microseconds UTC; None for `allow`.
        reversible: Whether the action can be taken back as if it had not been.
        appeal: Where the customer may object; None for `allow`.
        on_failure: `open` or `closed`: what a gateway does with this action if it cannot carry it out.
        policy: Name and version of the policy.
        watchlist: Version of the watch list.
    """

    action: Action
    bits: float
    reasons: tuple[str, ...]
    campaign_id: str | None
    simulated: bool
    group_bits: float = 0.0
    harvest_probability: float = 0.0
    member: bool = False
    expires: int | None = None
    reversible: bool = True
    appeal: str | None = None
    on_failure: str = "open"
    policy: str = ""
    watchlist: str = ""

    @property
    def enforced(self) -> Action:
        """What is to be done now: the action, or nothing if it is simulated."""
        return Action.allow if self.simulated else self.action

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON takes it; actions by name."""
        return asdict(self) | {"action": self.action.name, "enforced": self.enforced.name, "reasons": [*self.reasons]}
