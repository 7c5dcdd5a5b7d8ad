"""What is held against an account or a single request, and since when: what the rules of a policy are asked about."""

from dataclasses import dataclass
from enum import Enum


class Of(Enum):
    """Whose evidence it is, and so whom a rule may act on."""

    account = "account"
    """The account's own: every rule is asked."""
    request = "request"
    """The request's alone, for nobody knows whose it is: no rule on accounts is asked."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Evidence for one campaign.

    Attributes:
        bits: Evidence against the account, or against the request alone.
        campaign_id: The campaign that it points to; None if nothing does.
        probability: How likely this very request is the campaign's.
        account: How likely the account is the campaign's; of a member, at the least.
        last: When evidence last came, µs UTC: a request that showed marks of the campaign, or what the hunt found. None
            if there is no evidence, and then no rule holds.
        reasons: Why, one sentence each, the weightiest first.
        group_bits: Evidence that the campaign has grown again.
        member: Whether the watch list names the account.
        of: Whose evidence it is.
    """

    bits: float = 0.0
    campaign_id: str | None = None
    probability: float = 0.0
    account: float = 0.0
    last: int | None = None
    reasons: tuple[str, ...] = ()
    group_bits: float = 0.0
    member: bool = False
    of: Of = Of.account


NOTHING = Judgement()
