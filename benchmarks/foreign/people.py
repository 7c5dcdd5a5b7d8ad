"""People who talk: at home, in companies, in class, behind VPNs, with agents of the public."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from foreign.addresses import Line, zone_of
from foreign.clients import Client, coding_agent, of_a_person
from foreign.clocks import DAY, human_starts, talk_times
from foreign.corpus import Talk
from foreign.tokens import conversation_sizes
from foreign.world import Account, World


@dataclass(frozen=True)
class Habit:
    """How a person uses the service."""

    client: Client
    lines: tuple[Line, ...]
    """The ways online, the usual one first."""
    work: bool = False
    system: str | None = None
    """A system prompt that the client puts before everything."""
    system_share: float = 1.0
    tools: tuple[str, ...] | None = None
    thinks: bool = False
    """Whether answers come with signed thinking blocks, which the client sends back."""


def talk(world: World, account: Account, talks: list[Talk], habit: Habit, starts: np.ndarray | None = None) -> None:
    """Let an account hold these conversations.

    Args:
        world: Where to add them.
        account: Whose they are.
        talks: What is said.
        habit: How.
        starts: When each begins; the person's own rhythm when left out.
    """
    rng = world.rng
    if starts is None:
        zone = zone_of(account.country)
        starts = human_starts(rng, world.span, len(talks), zone=zone, work=habit.work)
    for each, begin in zip(talks, _after(world, starts, account.created_at).tolist(), strict=True):
        ts = talk_times(rng, world.corpus.thinking, begin, len(each.turns))
        turns = each.turns[: int((ts < world.end).sum())]
        ts = ts[: len(turns)]
        if not turns:
            continue
        system = each.system or (habit.system if world.chance(habit.system_share) else None)
        line = habit.lines[0] if len(habit.lines) == 1 or world.chance(0.75) else world.choose(habit.lines[1:])
        more: dict[str, Any] = habit.client.columns() | line.columns(ts)
        more |= conversation_sizes(world, turns, system, "code" if habit.tools else "talk")
        more |= signatures(world, len(turns)) if habit.thinks else {}
        world.ledger.add(
            ts,
            turns,
            account_id=account.account_id,
            org_id=account.org_id,
            api_key_id=f"key_{account.account_id[5:13]}",
            conversation_id=f"conv_{world.token(12)}",
            model=world.model_at(account, ts),
            system=system,
            opening=[None] + [turns[0]] * (len(turns) - 1),
            turns=np.arange(1, len(turns) + 1),
            tools=[list(habit.tools)] * len(turns) if habit.tools else None,
            status=np.where(rng.uniform(size=len(turns)) < 0.006, 529, 200),
            device_id=account.device,
            **more,
        )


def _after(world: World, starts: np.ndarray, opened: int) -> np.ndarray:
    """Return the starts with those before the account was opened moved to the same hour of a later day."""
    missing = np.maximum(0, -((starts - opened) // DAY))
    spare = np.maximum(1, (world.end - starts) // DAY - missing)
    return np.where(missing > 0, starts + (missing + world.rng.integers(0, spare)) * DAY, starts)


def signatures(world: World, n: int) -> dict[str, list[list[str]]]:
    """Return the thinking signatures of a conversation's turns: each request sends back those that it was given."""
    issued = [f"sig_{world.token(20)}" for _ in range(n)]
    return {"reasoning_out": [[s] for s in issued], "reasoning_in": [issued[:i] for i in range(n)]}


def private(world: World, account: Account, *, extra: tuple[Line, ...] = ()) -> Habit:
    """Return the habit of a private person at home."""
    lines = (world.internet.home(account.country), *extra)
    return Habit(of_a_person(world.rng), lines, work=world.chance(0.4), thinks=world.chance(0.2))


def consumers(world: World, n: int) -> None:
    """Private persons, each on their own."""
    for _ in range(n):
        account = world.open_account("person")
        talk(world, account, world.talks(), private(world, account))


def vpn_users(world: World, n: int) -> None:
    """Private persons behind a few consumer VPNs, whose exits they share with strangers."""
    exits = [
        [Line(p, tuple(p.address(world.rng) for _ in range(int(world.rng.integers(5, 25)))), 7_200_000_000)]
        for p in world.internet.vpns
    ]
    for _ in range(n):
        account = world.open_account("vpn_user")
        base = private(world, account)
        own = world.choose(exits)[0]
        shifted = Line(own.provider, tuple(world.rng.permutation(own.addresses).tolist()), own.lease)
        talk(
            world,
            account,
            world.talks(),
            Habit(base.client, (shifted, *base.lines), work=base.work, thinks=base.thinks),
        )


def framework_users(world: World, n: int) -> None:
    """Strangers who run one of a few open-source agents of unequal fame, whose public system prompt they share."""
    prompts = [world.choose(world.corpus.harnesses) for _ in range(int(world.rng.integers(3, 7)))]
    fame = world.rng.dirichlet(np.full(len(prompts), 0.6))
    toolsets = [("bash", "edit_file", "read_file"), ("browser", "click", "type"), ("search", "fetch"), None]
    tools = [world.choose(toolsets) for _ in prompts]
    for which in world.rng.choice(len(prompts), size=n, p=fame).tolist():
        account = world.open_account("framework_user")
        line = world.internet.home(account.country)
        client = coding_agent(world.rng) if tools[which] else of_a_person(world.rng)
        habit = Habit(
            client, (line,), work=world.chance(0.6), system=prompts[which], system_share=0.85, tools=tools[which]
        )
        talk(world, account, world.talks(), habit)
