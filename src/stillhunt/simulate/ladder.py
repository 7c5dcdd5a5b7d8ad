"""The evasion ladder: one campaign gives up, step by step, what a provider can see; and what each step costs it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from stillhunt.simulate.campaigns import Operation
from stillhunt.simulate.casting import Actor, Scenario, with_people
from stillhunt.simulate.lookalikes import everything
from stillhunt.simulate.operators import Campaign, Operator


@dataclass(frozen=True)
class Step:
    """What the attacker does differently from the step before; it keeps everything that it gave up earlier.

    Attributes:
        says: The change in a few words.
        price: What it costs that no number here holds.
        operator: Fields of Operator that change.
        campaign: Fields of Campaign that change.
    """

    says: str
    price: str
    operator: Mapping[str, Any] = field(default_factory=dict)
    campaign: Mapping[str, Any] = field(default_factory=dict)


STEPS = (
    Step("shares everything", "nothing: one relay program as it comes"),
    Step("own card for each account", "many cards, each in another name", {"card_reuse": 1}),
    Step("own proxy address for each account", "a proxy contract for each account",
         {"address_reuse": 1, "network": "proxy"}),
    Step("home addresses", "residential exits, billed by traffic", {"network": "home"}),
    Step("ordinary clients that are kept up to date", "a client build to maintain", {"header_reuse": 0}),
    Step("no device ids, public mail", "a mailbox for each account, opened by hand or bought",
         {"device_reuse": 0, "mail_share": 0.0}),
    Step("sign-ups spread over a year", "accounts bought old, or a year of patience",
         {"signup_spread_days": 400.0, "signup_age_days": 3.0}),
    Step("no rotation, no retries: each account does its own work", "answers lost at limits",
         {"rotation": "own", "retries": 0.0}),
    Step("office hours, sessions and pauses like people's", "two thirds of the hours lie idle",
         campaign={"clock": "sessions"}),
    Step("work list shuffled, items repeated", "repeated items bring nothing new",
         campaign={"work_list": "shuffled", "repeats": 0.15}),
    Step("template worded anew for each account", "wordings to write and to test", campaign={"paraphrase": "account"}),
    Step("template worded anew for each request", "a model call for each request", campaign={"paraphrase": "request"}),
    Step("no template: the items alone", "answers without the reasoning that the template forced",
         campaign={"paraphrase": "bare"}),
    Step("half of the calls are innocent customers'", "customers to win and to serve", {"innocent_share": 0.5}),
    Step("nine in ten calls are innocent customers'", "a going business", {"innocent_share": 0.9}),
    Step("13 harvesting calls per account and day", "half of the harvest", campaign={"rate": 13.0}),
    Step("5.6 harvesting calls per account and day", "four fifths of the harvest", campaign={"rate": 5.6}),
)  # fmt: skip
"""All steps, the most careless first."""

SHARE = 0.04
"""Share of all accounts that are the campaign's: 120 of 3,000."""


@dataclass(frozen=True)
class Cost:
    """What the attacker needs and gets at a step, counted, not priced.

    Attributes:
        accounts: Accounts in use.
        cards: Different cards.
        addresses: Different exits.
        network: Kind of network of the exits.
        signup_days: Days from the first sign-up to the first call.
        harvest: Harvesting calls per account and day.
        fresh: Of these, calls that ask what was not asked before.
        cover: Calls of innocent customers per account and day.
        reasoning: Whether answers hold the reasoning that a template forces.
    """

    accounts: int
    cards: int
    addresses: int
    network: str
    signup_days: float
    harvest: float
    fresh: float
    cover: float
    reasoning: bool

    @property
    def fresh_a_day(self) -> float:
        """New answers of the whole campaign per day."""
        return self.accounts * self.fresh

    @property
    def accounts_needed(self) -> float:
        """Accounts for 1,000 new answers a day."""
        return 1000 / self.fresh

    @property
    def things_needed(self) -> float:
        """Accounts, cards and exits together for 1,000 new answers a day: a count, as prices are not known."""
        return (self.accounts + self.cards + self.addresses) / self.fresh_a_day * 1000


def rung(level: int, accounts: int) -> tuple[Operator, Campaign]:
    """Return operator and campaign at a step (from 0) among `accounts` in all."""
    operator = Operator("climber", max(12, round(accounts * SHARE)))
    campaign = Campaign("climber-reasoning", "reasoning", "reasoning_prefix", 26.0)
    for step in STEPS[: level + 1]:
        operator, campaign = replace(operator, **step.operator), replace(campaign, **step.campaign)
    return operator, campaign


def cost(operator: Operator, campaign: Campaign) -> Cost:
    """Count what an operator with one campaign on all its accounts needs and gets."""
    per_card, per_exit = max(operator.card_reuse, 1), max(operator.address_reuse, 1)
    return Cost(
        operator.accounts,
        cards=-(-operator.accounts // per_card),
        addresses=-(-operator.accounts // per_exit),
        network=operator.network,
        signup_days=operator.signup_spread_days + operator.signup_age_days,
        harvest=campaign.rate,
        fresh=campaign.rate * (1 - campaign.repeats) / campaign.samples,
        cover=campaign.rate * operator.innocent_share / (1 - operator.innocent_share),
        reasoning=campaign.paraphrase != "bare",
    )


def _actors(level: int) -> Callable[[int, int, int], Sequence[Actor]]:
    def actors(accounts: int, _days: int, seed: int) -> Sequence[Actor]:
        operator, campaign = rung(level, accounts)
        return with_people(accounts, [*everything(accounts, seed), Operation(operator, (campaign,))])

    return actors


LADDER = tuple(
    Scenario(f"ladder-{level}", f"evasion step {level}: {step.says}", 3000, 14, _actors(level))
    for level, step in enumerate(STEPS)
)
"""One scenario a step."""
