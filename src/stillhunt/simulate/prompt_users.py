"""Strangers who honestly ask as harvesters do: a prompt that makes models reason, a tool that marks essays, one NAT."""

from dataclasses import replace

import numpy as np

from stillhunt.simulate.crew import Crew
from stillhunt.simulate.crowds import strangers
from stillhunt.simulate.ids import chance, join, mix, pick
from stillhunt.simulate.plan import Play, World
from stillhunt.simulate.population import CHAT, equip_people
from stillhunt.simulate.text import Segments, Voice, fixed

_REASONING: tuple[tuple[Segments, Segments], ...] = (
    (fixed("Take your time. Think step by step and write down your reasoning before you answer.\n\n"), ()),
    ((), fixed("\n\nLet us reason this through: list your assumptions, show each step of reasoning, then the answer.")),
    (fixed("You are a panel of three experts. Each expert writes their reasoning step by step, they compare, and then "
           "they agree on one answer.\nQuestion: "), ()),
)  # fmt: skip
"""Prompts that people pass on because answers get better by them."""
_MARKING = (
    ("Mark this piece of work for my class with the rubric (content, structure, language; 0 to 10 each). Score each "
    "criterion, explain your reasoning in two sentences, and end with an overall score.\n\n"),
    ("Grade the following answer as a strict but fair examiner. Use the grading criteria: correct, complete, clear. "
    "Give points out of 20 and feedback for the student.\n---\n"),
)  # fmt: skip
"""Templates of a marking tool that teachers use with accounts of their own."""


def reasoning_prompt(world: World, name: str, accounts: int, volume: float) -> Play:
    """A prompt that makes models think, passed on from hand to hand: strangers put it around questions of their own.

    Some try it once, some make it a habit; otherwise they talk as before.
    """
    crowd = strangers(world, Crew.of(world, name, accounts), 2.4 * volume, "reasoning_prompt")
    crew, plan = crowd.crew, crowd.plan
    equip_people(world, plan, crew.ids, np.full(accounts, "browser"))
    habit = crew.rng.beta(0.6, 1.6, accounts)
    with_prompt = (plan["turn"] == 0) & (chance(mix(plan["conversation"], 41)) < habit[plan["account"]])
    plan.columns["voice"] = with_prompt.astype(np.int16)
    before, after = _REASONING[int(pick(mix(crew.key, 42), len(_REASONING))[0])]
    return Play(crowd.cast, plan, (CHAT, Voice(pool="person", follow="follow", before=before, after=after)))


def marking_tool(world: World, name: str, accounts: int, volume: float) -> Play:
    """A public tool that marks pupils' work by a rubric: teachers who do not know each other, a pile at a sitting."""
    crowd = strangers(world, Crew.of(world, name, accounts), 3.0 * volume, "marking_tool", turns=9.0)
    crew, plan = crowd.crew, crowd.plan
    equip_people(world, plan, crew.ids, np.full(accounts, "browser"))
    own = join(np.arange(1, len(plan) + 1), crew.ids[plan["account"]])
    for column in ("opening", "turn", "conversation"):  # the tool sends each piece by itself
        plan.columns[column][:] = 0
    plan.columns["item"] = own
    plan.columns["temperature"][:] = 0.0
    voice = Voice(pool="judged", before=fixed(_MARKING[int(pick(mix(crew.key, 43), len(_MARKING))[0])]),
                  output_tokens=160)  # fmt: skip
    return Play(crowd.cast, plan, (voice,))


def neighbours(world: World, name: str, accounts: int, volume: float) -> Play:
    """Strangers behind one address: a student home, a village provider, a library. Everybody has work of their own."""
    crowd = strangers(world, Crew.of(world, name, accounts), 2.5 * volume, "neighbours")
    crew, plan = crowd.crew, crowd.plan
    equip_people(world, plan, crew.ids, np.where(chance(mix(crew.ids, 44)) < 0.8, "browser", "tool"))
    away = {column: plan[column].copy() for column in ("network", "address")}
    crew.behind_nat(plan, int(crew.rng.integers(1, 4)), "mobile" if crew.rng.random() < 0.3 else "business")
    out = chance(mix(plan["conversation"], 45)) < 0.25
    for column, values in away.items():
        plan.columns[column] = np.where(out, values, plan[column])
    card = chance(mix(crew.ids, 46)) < 0.08  # some families pay with one card
    shared = np.where(card, mix(pick(mix(crew.ids, 47), max(accounts // 12, 1)), 48), crowd.cast.payment)
    return Play(replace(crowd.cast, payment=shared), plan, (CHAT,))
