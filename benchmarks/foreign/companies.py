"""Organisations of people, and those who pass the requests of people on."""

import numpy as np

from foreign.clients import browser, coding_agent, node_sdk, python_sdk
from foreign.clocks import DAY, HOUR
from foreign.people import Habit, private, talk
from foreign.world import Account, World


def companies(world: World, n: int) -> None:
    """Companies of some dozens to some hundreds of seats behind one exit, on one card, with few managed programs."""
    left = n
    while left > 0:
        size = min(left, int(np.clip(world.rng.lognormal(3.5, 0.8), 8, 260)))
        left -= size
        country, org, domain = world.internet.country(), f"org_{world.token(8)}", world.company_domain()
        card, office, checked = f"card_{world.token(12)}", world.internet.office(country), world.chance(0.6)
        managed = [
            world.choose((browser, browser, coding_agent))(world.rng) for _ in range(int(world.rng.integers(1, 4)))
        ]
        assistant = world.choose(world.corpus.apps) if world.chance(0.4) else None
        signed = world.start - int(world.rng.uniform(0, 400) * DAY)
        for _ in range(size):
            late = 0 if world.chance(0.6) else int(world.rng.exponential(60) * DAY)
            account = world.open_account(
                "company", country=country, org_id=org, email_domain=domain, payment_id=card, plan="team",
                pathway="enterprise" if checked else "standard", verified=checked,
                created_at=signed + late + int(world.rng.exponential(2) * HOUR),
            )  # fmt: skip
            lines = (office, world.internet.home(country)) if world.chance(0.5) else (office,)
            habit = Habit(world.choose(managed), lines, work=True, system=assistant, system_share=0.5)
            talk(world, account, world.talks(), habit)


def resellers(world: World, n: int) -> None:
    """Honest resellers: accounts on one card and mail domain, each used by one customer as if it were their own."""
    left = n
    while left > 0:
        size = min(left, int(world.rng.integers(10, 45)))
        left -= size
        org = f"org_{world.token(8)}" if world.chance(0.5) else None
        domain, card, checked = world.company_domain(), f"card_{world.token(12)}", world.chance(0.5)
        for _ in range(size):
            account = world.open_account(
                "reseller", org_id=org, email_domain=domain, payment_id=card, verified=checked, plan="standard"
            )
            talk(world, account, world.talks(), private(world, account))


def gateways(world: World, n: int) -> None:
    """Gateways that people use with one key ring: metadata stripped, the next account when one is busy.

    `n` counts accounts; each gateway has three to eight, of one organisation or of one card only.
    """
    left = n
    while left > 0:
        size = min(left, int(world.rng.integers(3, 9)))
        left -= size
        org = f"org_{world.token(8)}" if world.chance(0.7) else None
        card, domain, exit_line = f"card_{world.token(12)}", world.company_domain(), world.internet.host(2)
        client = world.choose((python_sdk, node_sdk))(world.rng, "Linux")
        opened = world.start - int(world.rng.uniform(10, 300) * DAY)
        ring = [
            world.open_account(
                "gateway",
                org_id=org,
                email_domain=domain,
                payment_id=card,
                created_at=opened + i * HOUR // 6,
                device=None,
            )
            for i in range(size)
        ]
        habit = Habit(client, (exit_line,), work=world.chance(0.5))
        for _ in range(int(world.rng.integers(15, 60))):
            carrier = world.choose(ring)
            _pass_on(world, ring, carrier, habit)


def _pass_on(world: World, ring: list[Account], carrier: Account, habit: Habit) -> None:
    """Let one customer of a gateway talk over one of its accounts; a busy answer makes the gateway try the next."""
    before = len(world.ledger)
    talk(world, carrier, world.talks(), habit)
    ledger = world.ledger.columns
    busy = [i for i in range(before, len(world.ledger)) if world.chance(0.02)]
    if not busy or len(ring) < 2:
        return
    other = ring[(ring.index(carrier) + 1) % len(ring)]
    repeated = {name: [column[i] for i in busy] for name, column in ledger.items()}
    for i in busy:
        ledger["status"][i] = 429
        ledger["output_tokens"][i] = 0
    repeated["ts"] = [t + int(world.rng.uniform(0.5, 6) * 1_000_000) for t in repeated["ts"]]
    repeated["account_id"] = [other.account_id] * len(busy)
    repeated["api_key_id"] = [f"key_{other.account_id[5:13]}"] * len(busy)
    ts, prompt = np.array(repeated.pop("ts"), np.int64), repeated.pop("prompt")
    world.ledger.add(ts, prompt, **repeated)
