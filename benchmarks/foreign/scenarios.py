"""Who attacks in which world. Each scenario adds its operators; seeds choose among habits and demands."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from foreign import harvests
from foreign.addresses import COUNTRIES, zone_of
from foreign.clocks import DAY, HOUR
from foreign.collectors import Script, collect, draw_script, schedule
from foreign.harvests import Harvest, tools_of
from foreign.relays import Session, customer_sessions, draw_traits, frozen, relay
from foreign.supply import Supply, buy, careful, careless, exit_pool, middling, set_up
from foreign.world import World

Maker = Callable[[World], Supply]
Demand = Callable[[World, str], Harvest]


def spree(world: World, name: str) -> Harvest:
    """Agentic coding and tool use under one injected prompt."""
    return Harvest(name, ("tool_use", "coding"), harvests.tags(world), 1.0, 8192, steps=True)


def traces(world: World, name: str) -> Harvest:
    """Reasoning over hard problems."""
    wrap = world.choose((harvests.long_thought, harvests.analyst))(world)
    return Harvest(name, ("reasoning",), wrap, 0.7, 16384)


def software(world: World, name: str) -> Harvest:
    """Software engineering and agents, no more than a fixed way of asking."""
    wrap = world.choose((harvests.evolved, harvests.analyst, harvests.articulated))(world)
    return Harvest(
        name, ("coding", "agentic_traj", "tool_use", "general_instruct"), wrap, 0.8, 4096, steps=world.chance(0.5)
    )


def grading(world: World, name: str) -> Harvest:
    """The model as a grader, and sensitive requests made answerable."""
    pools = ("rubric_grading", "political_sensitive", "tool_use", "general_instruct", "coding")
    return Harvest(name, pools, harvests.graded(world), 0.0, 1024, once=True)


def instructions(world: World, name: str) -> Harvest:
    """General instructions in Chinese, the entries as they are or with a loose phrase."""
    wrap = world.choose((harvests.bare, harvests.tags, harvests.evolved))(world)
    return Harvest(name, ("general_zh",), wrap, 0.7, 2048)


def computers(world: World, name: str) -> Harvest:
    """Computer use and vision tasks."""
    return Harvest(name, ("computer_use_vision", "agentic_traj"), harvests.analyst(world), 0.5, 4096)


def hidden(world: World, name: str) -> Harvest:
    """A list with next to no template."""
    wrap = world.choose((harvests.loose, harvests.bare, harvests.analyst, harvests.tags))(world)
    return Harvest(name, world.choose((("general_zh",), ("tool_use",), ("reasoning", "coding"))), wrap, 1.0, 4096)


def _campaign(world: World, name: str, size: tuple[int, float], demand: Demand, supply: Maker) -> None:
    """One operator with one campaign of its own; `size` is accounts, and requests an account and day."""
    seats = buy(world, set_up(world, name, supply(world), size[0]), size[0])
    collect(world, seats, demand(world, f"{name}/{demand.__name__}"), draw_script(world, size[1]))


def _rotating(world: World, name: str, at_once: int, per_day: float) -> None:
    """A campaign over few accounts at a time, each of which is used for some days and then left."""
    operator = set_up(world, name, careless(world), at_once)
    turns = np.linspace(world.start, world.end, max(2, world.days // 5) + 1).astype(np.int64).tolist()
    shifts = [buy(world, operator, at_once, since=since, until=until) for since, until in pairwise(turns)]
    seats = [seat for shift in shifts for seat in shift]
    collect(world, seats, traces(world, f"{name}/traces"), draw_script(world, per_day))


def easy(world: World) -> None:
    """Three careless campaigns at the disclosed rates of 857, 282 and 26 requests an account and day."""
    some = world.rng.integers
    _campaign(world, "op-fast", (int(some(6, 9)), 857), spree, careless)
    _rotating(world, "op-mid", int(some(12, 16)), 282)
    _campaign(world, "op-many", (int(some(90, 130)), 26), software, careless)


def slow(world: World) -> None:
    """Two campaigns at 5.6 and 13 requests an account and day over some hundreds of accounts."""
    some, choose = world.rng.integers, world.choose
    _campaign(world, "op-slow", (int(some(220, 400)), 5.6), choose((instructions, software)), middling)
    _campaign(world, "op-agents", (int(some(150, 280)), 13), choose((traces, spree, grading)), middling)


def quiet(world: World) -> None:
    """The same rates; every account has its own card, a home's address and an ordinary program."""
    some, choose = world.rng.integers, world.choose
    _campaign(world, "op-slow", (int(some(220, 400)), 5.6), hidden, careful)
    _campaign(world, "op-agents", (int(some(150, 280)), 13), choose((traces, grading, software)), careful)


def mixed(world: World) -> None:
    """One operator with a relay: three beneficiaries, and customers who send half or more of all requests."""
    size = int(world.rng.integers(140, 200))
    seats = buy(world, set_up(world, "op-station", middling(world), size), size)
    if world.chance(0.6):
        frozen(seats, world)
    sessions = []
    for demand in (traces, software, grading):
        harvest = demand(world, f"op-station/{demand.__name__}")
        ts, _ = schedule(world, seats, Script(float(world.rng.uniform(1.5, 2.5)), "random", "flat", jitter=0.5))
        for begin, (talk, pool) in zip(ts.tolist(), harvest.work(world, len(ts)), strict=False):
            times = begin + np.arange(len(talk.turns)) * 15_000_000
            sessions.append(Session(times, talk, harvest.name, tools_of(pool), harvest.temperature))
    harvested = sum(len(s.ts) for s in sessions)
    wanted = harvested * float(world.rng.uniform(1.0, 1.5))
    while wanted > 0:
        served = customer_sessions(world, world.talks(), None, zone_of(world.choose(list(COUNTRIES))))
        sessions += served
        wanted -= sum(len(s.ts) for s in served)
    relay(world, seats, sessions, draw_traits(world))


def silent_relay(world: World) -> None:
    """A product answers its own users with the model: real conversations over a pool of accounts, nothing else."""
    size = int(world.rng.integers(160, 260))
    seats = buy(world, set_up(world, "op-relay", world.choose((middling, careless))(world), size), size)
    if world.chance(0.5):
        frozen(seats, world)
    wanted = 5.6 * len(seats) * world.days
    sessions: list[Session] = []
    zone = float(world.choose((8, 8, 1, -5)))
    while wanted > 0 and world.people_left():
        served = customer_sessions(world, world.talks(), "op-relay/users", zone)
        sessions += served
        wanted -= sum(len(s.ts) for s in served)
    relay(world, seats, sessions, draw_traits(world))


def bans(world: World) -> None:
    """A pool suspended in waves, replaced one by one and then by a second pool, and moved to the new model at once."""
    rng = world.rng
    size, rate = int(rng.integers(60, 100)), float(rng.uniform(15, 40))
    operator = set_up(world, "op-hydra", world.choose((middling, careless))(world), size)
    wave = world.start + int(rng.uniform(0.35, 0.6) * world.days * DAY)
    first = buy(world, operator, size)
    for seat in first:  # some are found one by one, the others all on one day
        seat.until = wave + int(rng.uniform(0, 12) * HOUR)
        if world.chance(0.25):
            seat.until = world.start + int(rng.uniform(0.1, 0.9) * (wave - world.start))
    heirs = []
    for seat in first:
        if seat.until < wave - 2 * DAY:
            heirs += buy(world, operator, 1, since=seat.until + int(rng.uniform(1, 30) * HOUR), until=wave)
    for seat in first + heirs:
        seat.account.suspended_at = seat.until
    if world.chance(0.5):  # the ban burnt the exits as well
        operator = replace(operator, pool=exit_pool(world, operator.supply, size))
    second = buy(world, operator, int(size * rng.uniform(0.7, 1.3)), since=wave + int(rng.uniform(2, 24) * HOUR))
    harvest = world.choose((spree, software))(world, "op-hydra/hydra")
    collect(world, first + heirs + second, harvest, draw_script(world, rate, pivot=float(rng.uniform(0.4, 0.6))))


def everything(world: World) -> None:
    """Five campaigns from careless to middling; what the provider records is cut down elsewhere."""
    some = world.rng.integers
    _campaign(world, "op-fast", (5, 857), spree, careless)
    _rotating(world, "op-mid", 8, 282)
    _campaign(world, "op-many", (int(some(60, 90)), 26), computers, careless)
    _campaign(world, "op-slow", (int(some(200, 260)), 5.6), instructions, middling)
    _campaign(world, "op-agents", (int(some(120, 170)), 13), grading, middling)


def nobody(_: World) -> None:
    """No attack at all."""


ATTACKS: dict[str, Callable[[World], None]] = {
    "easy": easy, "slow": slow, "mixed": mixed, "relay": silent_relay, "quiet": quiet, "bans": bans,
    "noorgs": everything, "bare": everything, "benign": nobody,
}  # fmt: skip
