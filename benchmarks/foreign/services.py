"""Companies whose software calls the model: products, batch jobs, graders."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from foreign.clients import of_a_service
from foreign.clocks import DAY, HOUR, job_times, tenant_times
from foreign.tokens import sizes
from foreign.world import Account, World

_SLOT = re.compile(r"\{+[^{}\n]{1,40}\}+")


def open_tenant(world: World, kind: str, size: int) -> list[Account]:
    """Open an organisation's accounts: one to a few, for its stages and regions."""
    org, domain, card = f"org_{world.token(8)}", world.company_domain(), f"card_{world.token(12)}"
    country, checked = world.internet.country(), world.chance(0.4)
    opened = world.start - int(world.rng.exponential(250) * DAY)
    return [
        world.open_account(
            kind, country=country, org_id=org, email_domain=domain, payment_id=card,
            plan=world.choose(("standard", "scale")),
            pathway=world.choose(("standard", "startup", "enterprise", "cloud")), verified=checked,
            created_at=opened + int(world.rng.exponential(10) * HOUR) * i, device=None,
        )
        for i in range(size)
    ]  # fmt: skip


def send(world: World, account: Account, ts: np.ndarray, prompts: list[str], **more: Any) -> None:
    """Add requests of a program of one account: each on its own, without a conversation.

    Args:
        world: Where to add them.
        account: Whose they are.
        ts: Their times.
        prompts: Their prompts.
        more: `line` and `client`, then columns; `lengths` tells which recorded lengths answers have.
    """
    line, client = more.pop("line"), more.pop("client")
    inside = (ts < world.end) & (ts >= world.start)
    ts, prompts = ts[inside], [p for p, keep in zip(prompts, inside.tolist(), strict=True) if keep]
    if not prompts:
        return
    kind = more.pop("lengths", "talk")
    more.setdefault("model", world.model_at(account, ts))
    world.ledger.add(
        ts,
        prompts,
        account_id=account.account_id,
        org_id=account.org_id,
        api_key_id=f"key_{account.account_id[5:13]}",
        status=np.where(world.rng.uniform(size=len(ts)) < 0.008, 429, 200),
        device_id=account.device,
        **(client.columns() | line.columns(ts) | sizes(world, prompts, more.get("system"), kind) | more),
    )


def _daily(world: World) -> tuple[np.ndarray, float]:
    """Return a real tenant's rhythm, and requests a day that keep the order of real ones in a narrower range."""
    profile = world.choose(world.corpus.tenants)
    return profile, float(np.clip(14 * profile[:, 1].mean() ** 0.5, 3, 180))


def products(world: World, n: int) -> None:
    """Products with one template each: support bots with a system prompt, and forms with slots."""
    _tenants(world, n, "saas", _product_prompts)


def batches(world: World, n: int) -> None:
    """Batch jobs: one template over many documents."""
    _tenants(world, n, "batch_pipeline", lambda w: (None, _drawn_from(w, w.choose(w.corpus.batches)), 0.0))


def judges(world: World, n: int) -> None:
    """Honest graders: one rubric over many texts, of their own product's answers."""

    def prompts(world: World) -> tuple[str | None, Callable[[int], list[str]], float]:
        if world.chance(0.6):
            return None, _drawn_from(world, world.choose(world.corpus.judges)), 0.0
        items = [i.text for i in world.see("rubric_grading", 260)]
        return None, _drawn_from(world, items), 0.0

    _tenants(world, n, "llm_judge", prompts)


def _tenants(
    world: World, n: int, kind: str, make: Callable[[World], tuple[str | None, Callable[[int], list[str]], float]]
) -> None:
    left = n
    while left > 0:
        accounts = open_tenant(world, kind, min(left, int(world.rng.geometric(0.45))))
        left -= len(accounts)
        system, prompts, temperature = make(world)
        profile, per_day = _daily(world)
        line, client = world.internet.host(int(world.rng.integers(1, 5))), of_a_service(world.rng)
        nightly = kind != "saas" and world.chance(0.6)
        for account in accounts:
            if nightly:
                begins = world.start + np.arange(world.days) * DAY + int(world.rng.uniform(0, 24) * HOUR)
                ts = np.concatenate([job_times(world.rng, int(b), world.rng.poisson(per_day), 0.4) for b in begins])
            else:
                ts = tenant_times(world.rng, profile, world.start, world.days, per_day)
            limit = int(world.rng.choice([256, 512, 1024, 4096]))
            send(
                world, account, ts, prompts(len(ts)), line=line, client=client,
                system=system, temperature=temperature, max_tokens=limit,
            )  # fmt: skip


def _drawn_from(world: World, items: list[str]) -> Callable[[int], list[str]]:
    """Return a source that goes through a list, again from the start when it is through: documents come again."""
    order = [items[i] for i in world.rng.permutation(len(items))]
    return lambda n: [order[i % len(order)] for i in range(n)]


def _product_prompts(world: World) -> tuple[str | None, Callable[[int], list[str]], float]:
    """Return a product's system prompt and its source of prompts."""
    template = world.choose(world.corpus.apps)
    snippets = [world.choose(world.corpus.support) for _ in range(400)]
    snippets += [text[:600] for text in world.choose(world.corpus.batches)]
    temperature = float(world.choose((0.0, 0.0, 0.2, 0.7, 1.0)))

    def asked(n: int) -> list[str]:
        endings = ("", "", " My order is {}.", " Ticket {}.", " (customer {})")
        return [
            world.choose(snippets) + world.choose(endings).format(world.rng.integers(100_000, 10_000_000))
            for _ in range(n)
        ]

    def filled(n: int) -> list[str]:
        return [_SLOT.sub(lambda _: world.choose(snippets), template) for _ in range(n)]

    return (None, filled, temperature) if _SLOT.search(template) else (template, asked, temperature)
