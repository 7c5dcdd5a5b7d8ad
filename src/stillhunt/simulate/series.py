"""Scenarios that ask one question each, often at several values of one number."""

from collections.abc import Callable, Sequence

from stillhunt.simulate.campaigns import Operation
from stillhunt.simulate.casting import Actor, Scenario, with_people
from stillhunt.simulate.lookalikes import NEAR_MISSES, everything, instances
from stillhunt.simulate.operators import Campaign, Operator

Actors = Callable[[int, int, int], Sequence[Actor]]

SHARES = (0.05, 0.25, 0.50, 0.75, 0.95)
"""Shares of an operator's calls that are innocent customers'."""
SHARE_RATE = 13.0
"""Harvesting calls per account and day in the scenarios of SHARES."""

RATES = {5.6: 0.04, 13.0: 0.04, 26.0: 0.04, 282.0: 0.027, 857.0: 0.01}
"""Disclosed harvesting calls per account and day, each with the share of all accounts that harvests at it.

The share falls at high rates so that a world of 3,000 accounts and 14 days stays below 600,000 calls.
"""


def _station(accounts: int, days: int, seed: int) -> Sequence[Actor]:
    station = Operator("station", max(15, accounts * 5 // 100), innocent_share=0.6)
    campaigns = (
        Campaign("station-reasoning", "reasoning", "reasoning_prefix", 20.0, share=0.8),
        Campaign("station-tools", "tool_use", "tool_traces", 8.0, share=0.8, from_account=0.2, paraphrase="account",
                 clock="office"),
        Campaign("station-grading", "grading", "rubric_grading", 5.6, paraphrase="request", work_list="residues",
                 start_day=days * 0.1),
    )  # fmt: skip
    return with_people(accounts, [*everything(accounts, seed), Operation(station, campaigns)])


def _share(innocent: float) -> Actors:
    def actors(accounts: int, _days: int, seed: int) -> Sequence[Actor]:
        mixer = Operator("mixer", max(12, accounts * 4 // 100), innocent_share=innocent)
        harvest = Campaign("mixer-reasoning", "reasoning", "reasoning_prefix", SHARE_RATE)
        return with_people(accounts, [*everything(accounts, seed), Operation(mixer, (harvest,))])

    return actors


def _wordings(innocent: float) -> Actors:
    def actors(accounts: int, _days: int, seed: int) -> Sequence[Actor]:
        mixer = Operator("mixer", max(12, accounts * 4 // 100), innocent_share=innocent)
        harvest = Campaign("mixer-tools", "tool_use", "tool_traces", SHARE_RATE, paraphrase="request")
        return with_people(accounts, [*everything(accounts, seed), Operation(mixer, (harvest,))])

    return actors


def _rate(rate: float) -> Actors:
    def actors(accounts: int, _days: int, seed: int) -> Sequence[Actor]:
        pump = Operator("pump", max(8, round(accounts * RATES[rate])))
        harvest = Campaign("pump-reasoning", "reasoning", "reasoning_prefix", rate)
        return with_people(accounts, [*everything(accounts, seed), Operation(pump, (harvest,))])

    return actors


def _near_misses(accounts: int, days: int, seed: int) -> Sequence[Actor]:
    del days
    gleaner = Operator("gleaner", max(12, accounts * 4 // 100), card_reuse=6, address_reuse=3, header_reuse=20,
                       device_reuse=0, mail_share=0.2, signup_spread_days=40)  # fmt: skip
    harvest = Campaign("gleaner-questions", "reasoning", "question_list", 13.0, public_list=True)
    others = [one for one in everything(accounts, seed) if one.kind not in NEAR_MISSES]
    hurting = [one for kind in NEAR_MISSES for one in instances(kind, accounts, seed, fewest=2)]
    return with_people(accounts, [*others, *hurting, Operation(gleaner, (harvest,))])


def _failover(accounts: int, days: int, seed: int) -> Sequence[Actor]:
    lagoon = Operator(
        "lagoon", 2 * max(10, accounts * 3 // 100), pools=2, bans=((days * 0.5, 1.0),), innocent_share=0.2
    )
    campaigns = (
        Campaign("lagoon-reasoning", "reasoning", "reasoning_prefix", 26.0, share=0.5),
        Campaign("lagoon-grading", "grading", "rubric_grading", 5.6, share=0.5, from_account=0.5,
                 paraphrase="account"),
    )  # fmt: skip
    return with_people(accounts, [*everything(accounts, seed), Operation(lagoon, campaigns)])


def _provider(accounts: int, days: int, seed: int) -> Sequence[Actor]:
    fraud = max(30, round(accounts * 24 / 524))
    orchard = Operator("orchard", fraud * 7 // 12, innocent_share=0.2)
    foundry = Operator(
        "foundry", fraud - fraud * 7 // 12, card_reuse=10, address_reuse=4, header_reuse=60, device_reuse=0,
        signup_spread_days=45, rotation="random", pathways=("standard", "research", "startup"), mail_share=0.3,
    )  # fmt: skip
    campaigns = [
        Operation(orchard, (
            Campaign("orchard-reasoning", "reasoning", "reasoning_prefix", 5.6, share=0.6),
            Campaign("orchard-tools", "tool_use", "tool_traces", 5.6, share=0.5, from_account=0.5, paraphrase="account",
                     start_day=days * 0.1),
        )),
        Operation(foundry, (
            Campaign("foundry-grading", "grading", "rubric_grading", 5.6, paraphrase="account", clock="office"),
        )),
    ]  # fmt: skip
    # Machines and crowds are the busiest innocents: with an eighth of the usual number most of the rest are people.
    return with_people(accounts, [*everything(max(accounts // 8, 300), seed), *campaigns])


SERIES = (
    Scenario("station", "one operator, three beneficiaries, and six in ten calls are innocent customers'", 3000, 14,
             _station),
    *(Scenario(f"share-{round(100 * share):02d}", f"an operator with {share:.0%} innocent calls", 3000, 14,
               _share(share)) for share in SHARES),
    *(Scenario(f"wordings-{round(100 * share):02d}", f"{share:.0%} innocent calls, and a template worded anew",
               3000, 14, _wordings(share)) for share in SHARES),
    *(Scenario(f"rate-{rate:g}", f"a campaign of {rate:g} calls per account and day, without evasion", 3000, 14,
               _rate(rate)) for rate in RATES),
    Scenario("near-misses", "two and more of each near miss, and a campaign that asks the same public questions", 3000,
             14, _near_misses),
    Scenario("provider", "500,000 innocent accounts, 24,000 fraudulent in three campaigns at 5.6 calls an account and "
             "day", 524_000, 30, _provider),
    Scenario("failover", "an operator of two pools: when the first is banned its traffic moves to the second", 3000,
             14, _failover),
)  # fmt: skip
"""All of them."""
