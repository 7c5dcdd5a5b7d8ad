"""Relay software: sticky sessions, least recently used accounts, failover, rewritten identity."""

from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np

from foreign.clients import node_sdk, of_a_person
from foreign.clocks import DAY, HOUR, SECOND, human_starts, talk_times
from foreign.corpus import Talk
from foreign.ledger import pick
from foreign.people import signatures
from foreign.supply import Seat, by_seat
from foreign.tokens import conversation_sizes
from foreign.world import World


@dataclass(frozen=True)
class Traits:
    """What a relay does that a provider can see. Each seed switches some on."""

    idle: int = HOUR
    """A session stays on its account until it was idle for this long."""
    failover: float = 0.015
    """Share of requests answered 429, after which the same body goes over another account."""
    one_device: bool = False
    """Whether all requests carry one device id."""
    device: str | None = None
    """That device id, once it is drawn."""
    keeps_conversations: bool = True
    """Whether the customers' conversation ids pass through."""
    harness: str | None = None
    """A harness's system prompt, put before the requests of clients that are no harness, without its tools."""
    harness_share: float = 0.0
    thinks: float = 0.25
    """Share of conversations with thinking signatures; they move between accounts with their sessions."""


@dataclass(frozen=True)
class Session:
    """One conversation that a customer holds through the relay."""

    ts: np.ndarray
    talk: Talk
    campaign: str | None
    tools: list[str] | None = None
    temperature: float | None = None


def draw_traits(world: World) -> Traits:
    """Return the traits of one installation."""
    harness = world.choose(world.corpus.harnesses) if world.chance(0.5) else None
    return Traits(
        failover=float(world.rng.uniform(0, 0.03)), one_device=world.chance(0.4), keeps_conversations=world.chance(0.5),
        harness=harness, harness_share=float(world.rng.uniform(0.2, 0.9)), thinks=float(world.rng.uniform(0, 0.5)),
    )  # fmt: skip


def customer_sessions(world: World, talks: list[Talk], campaign: str | None, zone: float) -> list[Session]:
    """Return sessions of people of one country, at their hours."""
    starts = np.concatenate([
        human_starts(world.rng, world.span, 1, zone=zone, work=world.chance(0.5)) for _ in talks
    ])  # fmt: skip
    sessions = []
    for talk, begin in zip(talks, starts.tolist(), strict=True):
        ts = talk_times(world.rng, world.corpus.thinking, begin, len(talk.turns))
        kept = int((ts < world.end).sum())
        if kept:
            sessions.append(Session(ts[:kept], Talk(talk.turns[:kept], talk.system), campaign))
    return sessions


def relay(world: World, seats: list[Seat], sessions: list[Session], traits: Traits) -> None:
    """Pass sessions over an operator's accounts.

    Sessions are looked at in the order of their requests. A session keeps its account while it is not idle for long;
    a new or woken one gets the account that was used least recently.
    """
    queue = OrderedDict.fromkeys(range(len(seats)))
    bound: dict[int, tuple[int, int]] = {}
    routes = [np.zeros(len(s.ts), int) for s in sessions]
    events = sorted((t, i, k) for i, s in enumerate(sessions) for k, t in enumerate(s.ts.tolist()))
    for t, i, k in events:
        seat, last = bound.get(i, (-1, -DAY))
        if seat < 0 or t - last > traits.idle or not seats[seat].since <= t < seats[seat].until:
            seat = next((q for q in queue if seats[q].since <= t < seats[q].until), next(iter(queue)))
        queue.move_to_end(seat)
        bound[i] = (seat, t)
        routes[i][k] = seat
    device = world.token(16) if traits.one_device else None
    for session, route in zip(sessions, routes, strict=True):
        _write(world, seats, session, route, replace(traits, device=device))


def _write(world: World, seats: list[Seat], session: Session, route: np.ndarray, traits: Traits) -> None:
    n = len(session.ts)
    system = session.talk.system
    if traits.harness and not session.tools and world.chance(traits.harness_share):
        system = f"{traits.harness}\n\n{system}" if system else traits.harness
    turns = session.talk.turns
    signed = (
        signatures(world, n)
        if world.chance(traits.thinks)
        else {"reasoning_in": [None] * n, "reasoning_out": [None] * n}
    )
    size = conversation_sizes(world, turns, system)
    conversation = f"conv_{world.token(12)}" if traits.keeps_conversations else None
    busy = np.flatnonzero(world.rng.uniform(size=n) < traits.failover)
    rows = np.concatenate([np.arange(n), busy])
    ts, seat_of = session.ts[rows].copy(), route[rows].copy()
    status = np.full(len(rows), 200)
    status[busy] = 429
    ts[n:] += (world.rng.uniform(0.3, 5, size=len(busy)) * SECOND).astype(np.int64)
    seat_of[n:] = (seat_of[n:] + 1) % len(seats)
    index = rows.tolist()
    accounts = [s.account for s in seats]
    world.ledger.add(
        ts,
        pick(turns, index),
        account_id=pick([a.account_id for a in accounts], seat_of),
        api_key_id=pick([f"key_{a.account_id[5:13]}" for a in accounts], seat_of),
        device_id=traits.device or pick([a.device for a in accounts], seat_of),
        conversation_id=conversation,
        model=["large-2"] * len(rows),
        system=system,
        opening=[turns[0] if k else None for k in index],
        turns=rows + 1,
        tools=[session.tools] * len(rows) if session.tools else None,
        temperature=session.temperature,
        status=status,
        campaign=session.campaign,
        reasoning_in=pick(signed["reasoning_in"], index),
        reasoning_out=pick(signed["reasoning_out"], index),
        **{name: values[rows] for name, values in size.items()},
        **by_seat(seats, ts, seat_of),
    )


def frozen(seats: list[Seat], world: World) -> None:
    """Give each account the first-seen headers of some customer, kept for good, over the relay's own TLS."""
    tls = node_sdk(world.rng).ja4
    for seat in seats:
        seat.client = replace(of_a_person(world.rng), ja4=tls)
