"""Collectors' scripts: one work list over many keys, paced, retried with back-off, resumed where they stopped."""

from dataclasses import dataclass

import numpy as np

from foreign.clocks import DAY, HOUR, SECOND, paced_times, throttled_times
from foreign.corpus import Talk
from foreign.harvests import Harvest, tools_of
from foreign.ledger import pick
from foreign.supply import Seat, by_seat
from foreign.tokens import sizes
from foreign.world import World


@dataclass(frozen=True)
class Script:
    """How a collector works through its list."""

    per_day: float
    """Requests an account and day."""
    keys: str
    """robin (next key for the next entry), residue (entry index modulo workers), random."""
    day: str
    """flat (round the clock, even gaps) or throttled (asleep at night)."""
    jitter: float = 0.15
    failures: float = 0.02
    pause: bool = True
    """Whether it breaks down once and goes on a while later."""
    pivot: float = 0.0
    """Share of requests that move to the new model within a day of its release."""


def draw_script(world: World, per_day: float, *, pivot: float = 0.0) -> Script:
    """Return one of the usual scripts."""
    keys, day = world.choose(("robin", "residue", "random")), world.choose(("flat", "flat", "throttled"))
    failures = float(world.rng.uniform(0.005, 0.04))
    return Script(per_day, keys, day, float(world.rng.uniform(0, 0.6)), failures, world.chance(0.6), pivot)


def schedule(world: World, seats: list[Seat], script: Script) -> tuple[np.ndarray, np.ndarray]:
    """Return when requests go out, and over which seat, in order of time."""
    rng = world.rng
    zone = float(rng.integers(-8, 10))
    broken = int(rng.uniform(world.start + DAY, world.end - DAY)) if script.pause and world.days > 2 else 0
    whole = broken, broken + int(rng.uniform(3, 20) * HOUR)
    times, owner = [], []
    for index, seat in enumerate(seats):
        rate = script.per_day * float(rng.lognormal(0, 0.1))
        if script.day == "flat":
            own = paced_times(rng, seat.since, seat.until, rate, script.jitter)
        else:
            own = throttled_times(rng, seat.since, seat.until, rate, zone)
        own = own[(own < whole[0]) | (own > whole[1])] if broken else own
        times.append(own)
        owner.append(np.full(len(own), index))
    ts, seat_of = np.concatenate(times), np.concatenate(owner)
    order = np.argsort(ts, kind="stable")
    ts, seat_of = ts[order], seat_of[order]
    if script.keys == "random":
        other = rng.permutation(seat_of)
        since, until = np.array([s.since for s in seats]), np.array([s.until for s in seats])
        seat_of = np.where((ts >= since[other]) & (ts < until[other]), other, seat_of)
    return ts, seat_of


def assign(ts: np.ndarray, seat_of: np.ndarray, turns: np.ndarray, keys: str, workers: int) -> np.ndarray:
    """Return which conversation each request serves; one conversation's turns stay on one seat, one after the other."""
    served = np.full(len(ts), -1)
    upcoming = 0
    mine = np.arange(workers)  # next entry of each worker's residue
    current, left = np.full(workers, -1), np.zeros(workers, int)
    for i, seat in enumerate(seat_of.tolist()):
        if left[seat] == 0:
            if keys == "residue":
                current[seat] = mine[seat] % len(turns)
                mine[seat] += workers
            else:
                current[seat] = upcoming % len(turns)
                upcoming += 1
            left[seat] = turns[current[seat]]
        served[i] = current[seat]
        left[seat] -= 1
    return served


@dataclass(frozen=True)
class _Job:
    """A harvest under way: over which seats, by which script, and the conversations that make it up."""

    seats: list[Seat]
    harvest: Harvest
    script: Script
    talks: list[Talk]
    pools: list[str]
    names: list[str]


@dataclass(frozen=True)
class _Sent:
    """Requests of a job: when, over which seat, for which conversation, which turn of it, and how they ended."""

    ts: np.ndarray
    seat: np.ndarray
    talk: np.ndarray
    step: np.ndarray
    status: np.ndarray


def collect(world: World, seats: list[Seat], harvest: Harvest, script: Script) -> int:
    """Let a script harvest over these seats, and return how many requests it made."""
    rng = world.rng
    ts, seat_of = schedule(world, seats, script)
    work = harvest.work(world, len(ts))
    if harvest.once and (short := sum(len(talk.turns) for talk, _ in work)) < len(ts):
        keep = np.sort(rng.permutation(len(ts))[:short])  # the list is shorter than the time: the pace is lower
        ts, seat_of = ts[keep], seat_of[keep]
    talks = [talk for talk, _ in work]
    job = _Job(seats, harvest, script, talks, [pool for _, pool in work], [f"conv_{world.token(12)}" for _ in work])
    served = assign(ts, seat_of, np.array([len(t.turns) for t in talks]), script.keys, len(seats))
    step, previous = _turn_numbers(served, seat_of)
    for i in np.flatnonzero(step).tolist():  # a tool's result comes back at once, not at the key's pace
        ts[i] = ts[previous[i]] + int(rng.uniform(3, 30) * SECOND)
    failed = rng.uniform(size=len(ts)) < script.failures
    first = _Sent(ts, seat_of, served, step, np.where(failed, 429, 200))
    _write(world, job, first)
    _write(world, job, _retried(world, job, first))
    return len(ts) + int(failed.sum())


def _retried(world: World, job: _Job, first: _Sent) -> _Sent:
    """Return the second try of what failed: after a back-off, over the next key that lives, or over the same one."""
    again = np.flatnonzero(first.status != 200)
    ts, own = first.ts[again], first.seat[again]
    other = own if job.script.keys == "residue" else (own + 1) % len(job.seats)
    since, until = np.array([s.since for s in job.seats]), np.array([s.until for s in job.seats])
    other = np.where((ts > since[other]) & (ts < until[other]), other, own)
    wait = 2.0 ** world.rng.integers(0, 6, size=len(again)) * world.rng.uniform(0.8, 1.2, size=len(again))
    later = ts + (wait * SECOND).astype(np.int64)
    return _Sent(later, other, first.talk[again], first.step[again], np.full(len(again), 200))


def _turn_numbers(served: np.ndarray, seat_of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which turn of its conversation each request is, and where the turn before it stands."""
    step, previous = np.zeros(len(served), int), np.full(len(served), -1)
    last: dict[int, int] = {}
    for i, (talk, seat) in enumerate(zip(served.tolist(), seat_of.tolist(), strict=True)):
        before = last.get(seat, -1)
        if before >= 0 and served[before] == talk:
            step[i], previous[i] = step[before] + 1, before
        last[seat] = i
    return step, previous


def _write(world: World, job: _Job, sent: _Sent) -> None:
    if not len(sent.ts):
        return
    talks, served = job.talks, sent.talk.tolist()
    step = np.minimum(sent.step, np.array([len(talks[t].turns) for t in served]) - 1)
    said = [talks[t].turns[k] for t, k in zip(served, step.tolist(), strict=True)]
    first = [talks[t].turns[0] if k else None for t, k in zip(served, step.tolist(), strict=True)]
    context = np.array([len(f) / 4 + 300 if f else 0 for f in first])
    moved = world.rng.uniform(size=len(said)) < job.script.pivot * np.clip((sent.ts - world.release) / DAY, 0, 1)
    accounts = [s.account for s in job.seats]
    world.ledger.add(
        sent.ts,
        said,
        account_id=pick([a.account_id for a in accounts], sent.seat),
        api_key_id=pick([f"key_{a.account_id[5:13]}" for a in accounts], sent.seat),
        device_id=pick([a.device for a in accounts], sent.seat),
        conversation_id=pick(job.names, served) if job.harvest.steps else None,
        model=np.where(moved, "large-3", "large-2").tolist(),
        system=[talks[t].system for t in served],
        opening=first,
        turns=step + 1,
        tools=[tools_of(job.pools[t]) for t in served],
        temperature=job.harvest.temperature,
        max_tokens=job.harvest.max_tokens,
        status=sent.status,
        campaign=job.harvest.name,
        **by_seat(job.seats, sent.ts, sent.seat),
        **sizes(world, said, talks[0].system, "long", context),
    )
