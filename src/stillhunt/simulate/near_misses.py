"""Near misses, built to hurt: honest groups that share with harvesters all that harvesters are known by.

What tells them apart is the use: a class stops at its deadline, evaluators ask the same items again every night, and a
framework's users each work on something of their own.
"""

from dataclasses import replace

import numpy as np

from stillhunt.simulate.clock import DAY, HOUR, SECOND, START
from stillhunt.simulate.crew import PUBLIC, Crew, list_items
from stillhunt.simulate.crowds import strangers
from stillhunt.simulate.ids import Ints, chance, join, mix, pick
from stillhunt.simulate.machines import BENCHMARKS
from stillhunt.simulate.plan import Cast, Plan, Play, World
from stillhunt.simulate.population import equip_people, place_people, thinking
from stillhunt.simulate.text import Voice, fixed

_FRAMEWORK = (
    "You are a worker of Loomwright, a framework for teams of models. Read your part of the plan, say what you "
    "think before each step, call one tool at a time, and hand your result to the next worker as JSON."
)
_FRAMEWORK_TOOLS = ("read_plan", "run_step", "search_web", "write_note", "hand_over")
_MATH = next(number for number, voice in enumerate(BENCHMARKS) if voice.pool == "math")


def question_set_class(world: World, name: str, accounts: int, volume: float) -> Play:
    """A course that works through a public question set: the very items that harvesters ask, in order, to a deadline.

    Pupils register by themselves, so the provider knows of no school; they sit on the campus or at home, paste an item
    with a few words of their own, and ask back where they do not follow.
    """
    crew = Crew.of(world, name, accounts)
    who, sheet, number = _exercises(crew, world.days, max(4, int(crew.rng.integers(8, 26) * min(volume, 1.5))))
    asked = 1 + crew.rng.poisson(0.7, len(who))
    exercise = np.repeat(np.arange(len(who)), asked)
    turn = np.arange(len(exercise)) - np.repeat(np.cumsum(asked) - asked, asked)
    _, sitting = np.unique(who * 1000 + sheet, return_inverse=True)
    ts = _before_deadlines(crew, sitting[exercise], sheet[exercise])
    item = list_items(PUBLIC, number)[exercise]
    account = who[exercise]
    plan = crew.calls(
        ts, account=account, author=crew.ids[account], turn=turn,
        item=np.where(turn == 0, item, join(np.arange(1, len(ts) + 1), crew.ids[account])),
        opening=np.where(turn > 0, item, np.uint64(0)), conversation=join(exercise + 1, crew.ids[account]),
    )  # fmt: skip
    equip_people(world, plan, crew.ids, np.full(accounts, "browser"))
    _on_campus_or_at_home(crew, plan, sitting[exercise])
    voice = Voice(
        pool="math", follow="follow", wording="account", output_tokens=450,
        before=(("", "", "Explain step by step: ", "solve this please\n", "How do I start here? ", "Exercise: "),),
        after=(("", "", "\nShow every step.", " (without calculator)", " i want to understand it, not just copy"),),
    )  # fmt: skip
    shared = crew.cast("question_set_class", pathway="education", plan="free", verified=False, card=False,
                       age_days=(5, 60))  # fmt: skip
    return Play(_registered_singly(shared, crew), plan, (voice,))


def _exercises(crew: Crew, days: int, size: int) -> tuple[Ints, Ints, Ints]:
    """Return pupil, weekly sheet and item number of each exercise that is asked about, sheet by sheet in order."""
    sheets = -(-days // 7)
    start = int(crew.rng.integers(0, 300))
    numbers = np.arange(start, start + 12 * size * sheets + 64)
    numbers = numbers[pick(mix(numbers, 3), len(BENCHMARKS)) == _MATH][: size * sheets]
    who, sheet, place = (axis.ravel() for axis in np.indices((len(crew.ids), sheets, size)))
    present = (crew.rng.random((len(crew.ids), sheets)) < 0.85)[who, sheet] & (crew.rng.random(len(who)) < 0.8)
    return who[present], sheet[present], numbers[sheet * size + place][present]


def _before_deadlines(crew: Crew, sitting: Ints, sheet: Ints) -> Ints:
    """Return when calls are made, in order: a sitting begins hours before its sheet is due, pauses between calls."""
    week = min(7, crew.world.days)
    due = int(crew.rng.integers(week // 2, week)) * DAY + int(crew.rng.integers(12, 24)) * HOUR
    first = np.searchsorted(sitting, np.arange(int(sitting.max(initial=-1)) + 1))
    begin = START + sheet[first] * 7 * DAY + due - (crew.rng.exponential(14.0, len(first)) * HOUR).astype(np.int64)
    spent = np.cumsum(crew.rng.uniform(40, 240, len(sitting)))
    ts: Ints = begin[sitting] + ((spent - spent[first][sitting]) * SECOND).astype(np.int64)
    return ts


def _registered_singly(cast: Cast, crew: Crew) -> Cast:
    """Return accounts that the provider knows of one by one, most of them with private mail."""
    own = chance(mix(crew.ids, 36)) < 0.4
    mail = [domain if kept else "gmail.com" for domain, kept in zip(cast.mail, own, strict=True)]
    return replace(cast, mail=mail, registered=False)


def _on_campus_or_at_home(crew: Crew, plan: Plan, sitting: Ints) -> None:
    """Put six sittings in ten behind the campus NAT, the others at home."""
    country = np.full(len(crew.ids), crew.country())
    place_people(crew.world, plan, sitting, crew.ids, country, vpn=0.02)
    home = {name: plan[name].copy() for name in ("network", "address")}
    crew.behind_nat(plan, 2)
    away = chance(mix(sitting, 37)) > 0.6
    for name, values in home.items():
        plan.columns[name] = np.where(away, values, plan[name])


def eval_fleet(world: World, name: str, accounts: int, volume: float) -> Play:
    """A company that evaluates every night over many accounts: one card, one exit, one program, a machine's clock.

    Its accounts are taken in turn to stay under their limits, and a new model joins the evaluation the day it is out.
    The provider knows of no organisation. The items are public, the same every night.
    """
    crew = Crew.of(world, name, accounts)
    items = int(accounts * crew.rng.integers(8, 36) * min(volume, 1.0))
    hour, length = int(crew.rng.integers(0, 24)), int(crew.rng.integers(6, 15))
    night, place = (axis.ravel() for axis in np.indices((world.days, items)))
    step = length * HOUR / items
    ts = START + night * DAY + hour * HOUR + ((place + 0.1 * crew.rng.random(len(place))) * step).astype(np.int64)
    number = place + int(crew.rng.integers(0, 300))
    newest = len(world.models) - 1
    fresh = (ts > world.released[-1]) & (chance(mix(place, 38)) < 0.5)
    plan = crew.calls(
        ts, account=(np.arange(len(ts)) + night) % accounts, voice=pick(mix(number, 3), len(BENCHMARKS)),
        item=list_items(PUBLIC, number), temperature=0.0, model=np.where(fresh, newest, newest - 1),
    )  # fmt: skip
    crew.behind_nat(plan, int(crew.rng.integers(1, 4)), "hosting")
    crew.with_program(plan)
    shared = crew.cast("eval_fleet", pathway="standard", verified=False, age_days=(20, 300))
    created = shared.created.min() + (crew.rng.random(accounts) * 3 * DAY).astype(np.int64)
    return Play(replace(shared, created=created, registered=False), plan, BENCHMARKS)


def agent_behind_vpn(world: World, name: str, accounts: int, volume: float) -> Play:
    """Users of an agent framework who all come through one VPN: one system prompt, one exit network, many strangers."""
    crowd = strangers(world, Crew.of(world, name, accounts), 4.0 * volume, "agent_behind_vpn", turns=8.0)
    crew, plan, cast = crowd.crew, crowd.plan, crowd.cast
    equip_people(world, plan, crew.ids, np.full(accounts, "tool"))
    thinking(plan, crew.ids, 0.7)
    nets = world.networks
    network = nets.of("vpn")[pick(mix(crew.key, 39), len(nets.of("vpn")))]
    plan.columns["network"][:] = network[0]
    plan.columns["address"] = nets.address(np.repeat(network, len(plan)), mix(plan["conversation"], 58))
    voice = Voice(pool="developer", follow="observation", tools=_FRAMEWORK_TOOLS, output_tokens=350,
                  system=fixed(_FRAMEWORK))  # fmt: skip
    return Play(cast, plan, (voice,))
