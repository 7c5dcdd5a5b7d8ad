"""Scenarios: which actors play, for a number of accounts and days."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from stillhunt.errors import UsageError, did_you_mean
from stillhunt.simulate.campaigns import Operation
from stillhunt.simulate.casting import Actor, Scenario, with_people
from stillhunt.simulate.ladder import LADDER
from stillhunt.simulate.lookalikes import KINDS, everything, instances
from stillhunt.simulate.operators import Campaign, Operator
from stillhunt.simulate.regrowth import REGROWTH
from stillhunt.simulate.series import SERIES
from stillhunt.simulate.styles import STYLES


def _benign(accounts: int, days: int, seed: int) -> Sequence[Actor]:
    del days
    return with_people(accounts, everything(accounts, seed))


def _mixed(accounts: int, days: int, seed: int) -> Sequence[Actor]:
    harbour = Operator("harbour", max(12, accounts * 6 // 100), innocent_share=0.2)
    quarry = Operator(
        "quarry", max(10, accounts * 4 // 100), card_reuse=8, address_reuse=5, header_reuse=30, device_reuse=0,
        signup_spread_days=20, retries=0.01, pathways=("education", "standard"), mail_share=0.3,
    )  # fmt: skip
    campaigns = [
        Operation(harbour, (Campaign("harbour-reasoning", "reasoning", "reasoning_prefix", 26.0),)),
        Operation(quarry, (Campaign("quarry-tools", "tool_use", "tool_traces", 13.0, paraphrase="account",
                                    clock="office", start_day=days * 0.2),)),
    ]  # fmt: skip
    return with_people(accounts, [*everything(accounts, seed), *campaigns])


def _proof(accounts: int, days: int, seed: int) -> Sequence[Actor]:
    fraud = max(30, round(accounts * 1200 / 21_200))
    delta = Operator("delta", fraud * 7 // 12, innocent_share=0.3)
    ridge = Operator(
        "ridge", fraud - fraud * 7 // 12, card_reuse=10, address_reuse=4, header_reuse=60, device_reuse=0,
        signup_spread_days=45, rotation="random", pathways=("standard", "research", "startup"), mail_share=0.3,
    )  # fmt: skip
    campaigns = [
        Operation(delta, (
            Campaign("delta-reasoning", "reasoning", "reasoning_prefix", 60.0, share=0.6, samples=2),
            Campaign("delta-tools", "tool_use", "tool_traces", 13.0, share=0.7, from_account=0.3, paraphrase="request",
                     start_day=days * 0.15),
        )),
        Operation(ridge, (
            Campaign("ridge-grading", "grading", "rubric_grading", 5.6, paraphrase="account", clock="office"),
        )),
    ]  # fmt: skip
    return with_people(accounts, [*everything(accounts, seed), *campaigns])


def _careful(accounts: int, days: int, seed: int) -> Sequence[Actor]:
    del days
    hermit = Operator(
        "hermit", max(15, accounts * 5 // 100), card_reuse=1, address_reuse=1, network="home", header_reuse=0,
        device_reuse=0, mail_share=0.0, signup_spread_days=400, signup_age_days=3, rotation="own", retries=0.0,
    )  # fmt: skip
    harvest = Campaign(
        "hermit-reasoning", "reasoning", "reasoning_prefix", 13.0, paraphrase="request", work_list="residues",
        clock="flat", pivot_to_release=False,
    )  # fmt: skip
    return with_people(accounts, [*everything(accounts, seed), Operation(hermit, (harvest,))])


def _relay(accounts: int, days: int, seed: int) -> Sequence[Actor]:
    del days
    ferry = Operator(
        "ferry", max(20, accounts * 8 // 100), card_reuse=6, address_reuse=1, network="proxy", signup_spread_days=60,
        sticky=1, mail_share=0.2,
    )  # fmt: skip
    silent = Campaign("ferry-relay", "general", "relay", 5.6, relay=True)
    return with_people(accounts, [*everything(accounts, seed), Operation(ferry, (silent,))])


def _wave(accounts: int, days: int, seed: int) -> Sequence[Actor]:
    hydra = Operator(
        "hydra", max(15, accounts * 6 // 100), bans=((days * 0.35, 0.4), (days * 0.65, 0.6)), card_reuse=15,
        address_reuse=8,
    )  # fmt: skip
    campaigns = (
        Campaign("hydra-code", "coding", "expert_system", 26.0, paraphrase="account"),
        Campaign("hydra-traces", "reasoning", "trace_cleaning", 5.6, share=0.5, start_day=days * 0.3),
    )
    return with_people(accounts, [*everything(accounts, seed), Operation(hydra, campaigns)])


def _styles(accounts: int, days: int, seed: int) -> Sequence[Actor]:
    del days
    each = max(8, accounts * 2 // 100)
    rates = (26.0, 13.0, 5.6)
    campaigns = [
        Operation(Operator(f"operator-{style.replace('_', '-')}", each, card_reuse=10, address_reuse=6),
                  (Campaign(f"{style}-harvest", STYLES[style].capability, style, rates[n % 3], relay=style == "relay",
                            work_list="residues" if style == "question_list" else "round_robin"),))
        for n, style in enumerate(STYLES)
    ]  # fmt: skip
    return with_people(accounts, [*everything(accounts, seed), *campaigns])


def _alone(kind: str) -> Callable[[int, int, int], Sequence[Actor]]:
    return lambda accounts, _days, seed: with_people(accounts, instances(kind, accounts, seed))


_ALL = (
    Scenario("mixed", "people, all look-alikes, and two campaigns of different operators", 1500, 7, _mixed),
    Scenario("benign", "people and all look-alikes, no campaign", 1500, 7, _benign),
    Scenario("proof", "20,000 innocent accounts with all look-alikes, 1,200 fraudulent in three campaigns", 21_200,
             14, _proof),
    Scenario("careful", "a campaign whose accounts share nothing but behaviour", 3000, 14, _careful),
    Scenario("relay", "a campaign that relays the prompts of unknowing people", 3000, 14, _relay),
    Scenario("wave", "an operator whose accounts are banned in waves and replaced", 3000, 14, _wave),
    Scenario("styles", "one campaign of every style, each of an operator of its own", 3000, 14, _styles),
    *SERIES,
    *LADDER,
    *REGROWTH,
    *(Scenario(kind, f"people, and the look-alike {kind.replace('_', ' ')}", 1000, 7, _alone(kind)) for kind in KINDS),
)  # fmt: skip
SCENARIOS: Mapping[str, Scenario] = MappingProxyType({scenario.name: scenario for scenario in _ALL})
"""All scenarios by name."""


def find(name: str) -> Scenario:
    """Return the scenario of that name.

    Raises:
        UsageError: If there is none.
    """
    try:
        return SCENARIOS[name]
    except KeyError:
        steps = {step.name for step in (*LADDER, *REGROWTH)}
        spans = [f"{many[0].name} to {many[-1].name}" for many in (LADDER, REGROWTH)]
        known = ", ".join([*(n for n in SCENARIOS if n not in steps), *spans])
        raise UsageError(f"No scenario '{name}'.{did_you_mean(name, SCENARIOS)} There are: {known}.") from None
