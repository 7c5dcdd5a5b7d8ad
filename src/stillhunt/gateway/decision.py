"""What a gateway is to do with one request, and what it does when the scorer says nothing."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

from stillhunt.live.verdict import Action, Verdict

MOST_REMEMBERED: Final = 100_000
"""Accounts whose last action is remembered; the longest unheard-of is forgotten first."""
OPEN, CLOSED = "open", "closed"


@dataclass(frozen=True)
class Decision:
    """What is to be done with one request.

    Attributes:
        action: What to carry out; None to refuse because nothing could be decided and the gateway fails closed.
        verdict: The scorer's verdict; None if it gave none.
        failure: Why it gave none: `blind`, `timeout`, `busy` or `error`; or why it was not asked: `too_large` or
            `unreadable`.
        appeal: Where the customer may object.
        on_failure: What to do if the action cannot be carried out.
    """

    action: Action | None
    verdict: Verdict | None = None
    failure: str | None = None
    appeal: str | None = None
    on_failure: str = OPEN

    @property
    def refused(self) -> bool:
        """Whether the request must not reach the model."""
        return self.action is None or self.action is Action.step_up or self.action >= Action.block_request

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it: the verdict, what is to be done, and why there is no verdict if there is none."""
        told = self.verdict.to_dict() if self.verdict else {}
        return told | {"enforced": self.action.name if self.action is not None else "refuse", "failure": self.failure}


class UnreadError(Exception):
    """A request is refused because its body is not read, whatever a verdict would be."""

    def __init__(self, decision: Decision) -> None:
        """Hold the decision, which refuses."""
        super().__init__(decision.failure)
        self.decision = decision


@dataclass(frozen=True, slots=True)
class _Standing:
    action: Action
    expires: int
    appeal: str | None
    on_failure: str


class LastActions:
    """The action that each account is under, for the time when no verdict comes.

    An account under an action whose rule fails closed stays under it until the action expires; under one that fails
    open it passes meanwhile. Once nothing is carried out any more, since the list has expired or the harm budget is
    spent, nobody is under an action.
    """

    def __init__(self, blind: str) -> None:
        """Remember nobody yet; `blind` is what is done to an account under no action."""
        self._blind = blind
        self._of: OrderedDict[str, _Standing] = OrderedDict()

    def __len__(self) -> int:
        """How many accounts are remembered."""
        return len(self._of)

    def took(self, account: str | None, verdict: Verdict) -> Decision:
        """Take a verdict into account, and return what it says to do."""
        action = verdict.enforced
        if account is not None:
            if action > Action.watch and verdict.expires is not None:
                self._of[account] = _Standing(action, verdict.expires, verdict.appeal, verdict.on_failure)
                self._of.move_to_end(account)
                if len(self._of) > MOST_REMEMBERED:
                    self._of.popitem(last=False)
            elif not self._stands_beside(account, verdict):
                self._of.pop(account, None)
        return Decision(action, verdict, appeal=verdict.appeal, on_failure=verdict.on_failure)

    def without(self, account: str | None, failure: str, now: int, *, simulated: bool = False) -> Decision:
        """Return what to do with a request on which there is no verdict.

        Args:
            account: Whose it is, None if nobody is known.
            failure: Why there is none.
            now: µs UTC.
            simulated: Whether the scorer carries nothing out now.
        """
        if simulated:
            self._of.clear()
        standing = self._of.get(account) if account is not None else None
        if standing is not None and now < standing.expires:
            action = standing.action if standing.on_failure == CLOSED else Action.allow
            return Decision(action, None, failure, standing.appeal, standing.on_failure)
        return Decision(Action.allow if self._blind == OPEN else None, None, failure, on_failure=self._blind)

    def _stands_beside(self, account: str, verdict: Verdict) -> bool:
        """Whether an innocent request of a mixed account leaves what was done to another one of it as it was."""
        standing = self._of.get(account)
        return standing is not None and standing.action.of_request and verdict.member
