"""Honest crowds that look coordinated: companies, classes, users of one tool, a reseller's customers."""

from dataclasses import dataclass

import numpy as np

from stillhunt.simulate.clock import DAY, HOUR, SECOND, START, people
from stillhunt.simulate.crew import Crew, list_items
from stillhunt.simulate.ids import Ints, chance, join, mix, pick
from stillhunt.simulate.infrastructure import COUNTRIES, COUNTRY_SHARES, UTC_OFFSETS
from stillhunt.simulate.plan import Cast, Plan, Play, World
from stillhunt.simulate.population import (
    CHAT,
    DEVELOPER,
    equip_people,
    from_sessions,
    own_ids,
    people_cast,
    place_people,
    thinking,
)
from stillhunt.simulate.text import Voice, fixed

_AGENTS = (
    (("You are Openhelm, a command line companion for software work. Use your tools to read and change the project. "
     "Keep changes small, run the tests, ask before you delete, and end with a summary of what you did."),
     ("read_file", "edit_file", "run_shell", "grep_repo", "list_dir", "fetch_url")),
    (("Patchwork edits code in an open workspace. Look at a file before you touch it, explain each edit in one line, "
     "and never invent an interface that you have not seen."),
     ("open_file", "apply_patch", "search_symbols", "run_tests")),
    ("Act as Shellmate. Answer with one command at a time, wait for its output, and stop when the user's aim is met.",
     ("exec", "write_file", "ask_user")),
)  # fmt: skip
"""Public tools: system prompt and tools, shared by all who use them."""


def company(world: World, name: str, accounts: int, volume: float) -> Play:
    """Hundreds of seats behind one NAT, one card, one organisation; everybody has work of their own."""
    crew = Crew.of(world, name, accounts)
    offset = np.full(accounts, UTC_OFFSETS[crew.country()])
    rate = np.minimum(crew.rng.lognormal(0.2, 0.9, accounts), 40) * volume
    plan = from_sessions(people(crew.rng, rate, offset, world.days, office=True), crew.ids)
    family = np.where(chance(mix(crew.ids, 91)) < 0.75, "browser", "tool")
    equip_people(world, plan, crew.ids, family)
    crew.behind_nat(plan, 4)
    plan.columns["voice"] = (family == "tool")[plan["account"]].astype(np.int16)
    plan.columns["model"][:] = len(world.models) - 2
    thinking(plan, crew.ids, 0.25)
    cast = crew.cast("company", plan="team")
    return Play(cast, plan, (CHAT, DEVELOPER))


def school_class(world: World, name: str, accounts: int, volume: float) -> Play:
    """One assignment, one deadline, one campus: openings near the same, what follows is each pupil's own."""
    crew = Crew.of(world, name, accounts)
    deadline = START + int((0.3 + 0.6 * crew.rng.random()) * world.days) * DAY + 21 * HOUR
    sittings = 1 + crew.rng.poisson(0.6 * volume, accounts)
    who = np.repeat(np.arange(accounts), sittings)
    begin = deadline - (crew.rng.exponential(9.0, len(who)) * HOUR).astype(np.int64)
    length = 1 + crew.rng.poisson(4, len(who))
    sitting = np.repeat(np.arange(len(who)), length)
    first = (np.cumsum(length) - length)[sitting]
    turn = np.arange(len(sitting)) - first
    ts = begin[sitting] + (turn * crew.rng.uniform(60, 240, len(sitting)) * SECOND).astype(np.int64)
    account = who[sitting]
    assignment = np.repeat(list_items(crew.key, np.zeros(1, dtype=np.int64)), len(ts))
    wording = tuple(
        start
        for start in ("", "hi, ", "please help me with this: ", "my homework: ", "Task from class. ", "can you do ")
    )
    voice = Voice(
        pool="assignment", before=(wording,), follow="follow", wording="account", output_tokens=500,
        after=(("", " it is due tonight", " thanks!", " Explain it simply.", " at least one page"),),
    )  # fmt: skip
    own = join(np.arange(1, len(ts) + 1), crew.ids[account])
    plan = crew.calls(
        ts, account=account, author=crew.ids[account], item=np.where(turn == 0, assignment, own),
        opening=np.where(turn > 0, assignment, np.uint64(0)), turn=turn,
        conversation=join(sitting + 1, crew.ids[account]),
    )  # fmt: skip
    equip_people(world, plan, crew.ids, np.full(accounts, "browser"))
    crew.behind_nat(plan, 2)
    cast = crew.cast("school_class", pathway="education", plan="free", verified=False, card=False, age_days=(20, 200))
    return Play(cast, plan, (voice,))


def open_source_agent(world: World, name: str, accounts: int, volume: float) -> Play:
    """A popular tool: thousands of strangers share its system prompt, with its tools, on projects of their own."""
    crowd = strangers(world, Crew.of(world, name, accounts), 4.0 * volume, "open_source_agent", turns=8.0)
    crew, plan, cast = crowd.crew, crowd.plan, crowd.cast
    equip_people(world, plan, crew.ids, np.full(accounts, "tool"))
    thinking(plan, crew.ids, 0.7)
    said, tools = _AGENTS[int(name.rpartition("-")[2]) % len(_AGENTS)]
    voice = Voice(pool="developer", follow="observation", tools=tools, output_tokens=350, system=fixed(said))
    return Play(cast, plan, (voice,))


def viral_prompt(world: World, name: str, accounts: int, volume: float) -> Play:
    """A prompt that went round: strangers paste it within days of each other, then talk of their own affairs."""
    crowd = strangers(world, Crew.of(world, name, accounts), 1.6 * volume, "viral_prompt")
    crew, plan, cast, country = crowd.crew, crowd.plan, crowd.cast, crowd.country
    equip_people(world, plan, crew.ids, np.full(accounts, "browser"))
    peak = START + int(0.4 * world.days * DAY)
    ts = peak + (crew.rng.exponential(0.08 * world.days, accounts) * DAY).astype(np.int64)
    paste = Plan.of(
        accounts, ts=ts, account=np.arange(accounts), voice=1, author=crew.ids,
        item=np.repeat(list_items(crew.key, np.zeros(1, dtype=np.int64)), accounts), conversation=join(crew.ids, 5),
        model=len(world.models) - 2,
    )  # fmt: skip
    place_people(world, paste, np.full(accounts, 99_999_999), crew.ids, country)
    equip_people(world, paste, crew.ids, np.full(accounts, "browser"))
    voice = Voice(pool="viral", after=(("", " go", " lol", "\n\nMy turn: ", " (saw this online)"),), wording="account")
    both = Plan.joined([plan, paste])
    return Play(cast, both, (CHAT, voice))


def vpn_users(world: World, name: str, accounts: int, volume: float) -> Play:
    """Customers of consumer VPNs: strangers behind the same few exits."""
    crowd = strangers(world, Crew.of(world, name, accounts), 2.5 * volume, "vpn_user", vpn=1.0)
    crew, plan, cast = crowd.crew, crowd.plan, crowd.cast
    equip_people(world, plan, crew.ids, np.full(accounts, "browser"))
    return Play(cast, plan, (CHAT,))


def reseller(world: World, name: str, accounts: int, volume: float) -> Play:
    """An honest reseller: one verified organisation and card, and many unrelated customers behind each account."""
    crew = Crew.of(world, name, accounts)
    customers = int(18 * accounts * volume)
    country = crew.rng.choice(len(COUNTRIES), customers)
    rate = np.minimum(crew.rng.lognormal(0.0, 1.0, customers), 20)
    authors = own_ids(f"{name}/customers", world.seed, customers)
    plan = from_sessions(people(crew.rng, rate, UTC_OFFSETS[country], world.days), authors)
    plan.columns["account"] = pick(mix(plan["author"], 12), accounts).astype(np.int32)
    plan.columns["key"] = (pick(mix(plan["author"], 13), 40)).astype(np.int16)
    plan.columns["model"][:] = len(world.models) - 2
    crew.behind_nat(plan, 6, "hosting")
    crew.with_program(plan)
    cast = crew.cast("reseller", pathway="cloud")
    return Play(cast, plan, (CHAT,))


@dataclass(frozen=True)
class Strangers:
    """Unrelated people with their calls, and where they live."""

    crew: Crew
    plan: Plan
    cast: Cast
    country: Ints


def strangers(  # noqa: PLR0913  what differs between kinds of strangers
    world: World, crew: Crew, rate: float, kind: str, *, vpn: float = 0.06, turns: float = 4.0
) -> Strangers:
    """Return unrelated people with their calls and addresses."""
    accounts = len(crew.ids)
    country: Ints = crew.rng.choice(len(COUNTRIES), accounts, p=COUNTRY_SHARES / COUNTRY_SHARES.sum())
    habit = np.minimum(crew.rng.lognormal(-0.6, 1.1, accounts), 40) * rate
    calls = people(crew.rng, habit, UTC_OFFSETS[country], world.days, turns=turns, think_seconds=world.think_seconds)
    plan = from_sessions(calls, crew.ids)
    place_people(world, plan, calls.session, crew.ids, country, vpn=vpn)
    plan.columns["model"][:] = len(world.models) - 2
    cast = people_cast(crew.rng, crew.ids, country, world.days, kind)
    return Strangers(crew, plan, cast, country)
