"""Machines that ask on schedule or on an event: evaluation suites, CI, drift monitors, day-one benchmarks."""

import numpy as np

from foreign.addresses import Line
from foreign.clients import of_a_service, python_sdk
from foreign.clocks import DAY, HOUR, job_times
from foreign.services import open_tenant, send
from foreign.world import World


def _suite(world: World, n: int) -> list[str]:
    """Return part of a public suite, as a harness runs it; some run sets that harvesters use as well."""
    if world.chance(0.3):
        return [i.text for i in world.see(world.choose(("reasoning", "coding", "computer_use_vision")), n)]
    suite = world.corpus.suites[world.choose(sorted(world.corpus.suites))]
    return [suite[i] for i in world.rng.permutation(len(suite))[:n]]


def evaluations(world: World, n: int) -> None:
    """Teams that run the same suite every night, over one or several keys, temperature 0, as fast as it goes."""
    left = n
    while left > 0:
        accounts = open_tenant(world, "eval_suite", min(left, int(world.rng.geometric(0.5))))
        left -= len(accounts)
        suite, line, client = (
            _suite(world, int(world.rng.integers(60, 200))),
            world.internet.host(2),
            python_sdk(world.rng, "Linux"),
        )
        hour, every = int(world.rng.integers(0, 24)), int(world.rng.choice([1, 1, 2, 7]))
        system = world.choose((None, None, "You are a helpful assistant.", "Answer the question. Think step by step."))
        for night in range(0, world.days, every):
            begin = world.start + night * DAY + hour * HOUR
            for which, account in enumerate(accounts):
                part = suite[which :: len(accounts)]
                ts = job_times(world.rng, begin, len(part), 1.5)
                fixed = {"system": system, "temperature": 0.0, "max_tokens": 1024}
                send(world, account, ts, part, line=line, client=client, **fixed)


def runners(world: World, n: int) -> None:
    """CI runners: the same few requests at each push, each time from another address of the runner's cloud."""
    left = n
    while left > 0:
        accounts = open_tenant(world, "ci_runner", min(left, int(world.rng.geometric(0.6))))
        left -= len(accounts)
        checks = [world.choose(world.corpus.support) for _ in range(int(world.rng.integers(2, 9)))]
        system, client = world.choose(world.corpus.apps), of_a_service(world.rng)
        for account in accounts:
            pushes = world.start + np.sort(world.rng.uniform(0, world.days, size=int(world.rng.integers(10, 90)))) * DAY
            for push in pushes.astype(np.int64).tolist():
                runner = world.internet.runners
                line = Line(runner, (runner.address(world.rng),), DAY)
                ts = job_times(world.rng, push, len(checks), 0.5)
                fixed = {"system": system, "temperature": 0.0, "max_tokens": 512}
                send(world, account, ts, checks, line=line, client=client, **fixed)


def monitors(world: World, n: int) -> None:
    """Drift monitors: a fixed few questions every hour or so, day and night."""
    for _ in range(n):
        (account,) = open_tenant(world, "drift_monitor", 1)
        probes = _suite(world, int(world.rng.integers(3, 12)))
        line, client, every = world.internet.host(), of_a_service(world.rng), int(world.rng.choice([1, 2, 6]))
        begins = np.arange(world.start, world.end, every * HOUR)
        ts = np.concatenate([job_times(world.rng, int(b), len(probes), 0.3) for b in begins])
        send(world, account, ts, probes * len(begins), line=line, client=client, temperature=0.0, max_tokens=256)


def day_one(world: World, n: int) -> None:
    """Strangers who try a new model with the well-known questions within a day or two of its release."""
    known = [
        t for name in ("mt_bench", "alpacaeval_all", "humaneval_harness") for t in world.corpus.suites.get(name, [])
    ]
    for _ in range(n):
        account = world.open_account("day_one_benchmark", plan="standard")
        begin = world.release + int(world.rng.gamma(1.5, 8) * HOUR)
        first, count = int(world.rng.integers(0, len(known))), int(world.rng.integers(30, 220))
        part = [known[(first + i) % len(known)] for i in range(count)]
        ts = job_times(world.rng, begin, len(part), float(world.rng.uniform(0.2, 2)))
        line = world.internet.home(account.country)
        send(
            world, account, ts, part, line=line, client=python_sdk(world.rng),
            model="large-3", temperature=float(world.choose((0.0, 0.7))), lengths="long",
        )  # fmt: skip


def bought_data(world: World, n: int) -> None:
    """Companies that make synthetic data as the terms allow: verified, one organisation, a long list, one template."""
    for _ in range(n):
        (account,) = open_tenant(world, "synthetic_data", 1)
        account.verified, account.pathway = True, "enterprise"
        items = world.see("general_instruct", int(world.rng.integers(400, 1500)))
        form = world.choose(
            ("Rewrite this customer request in another style:\n\n{}", "Write a short dialogue that starts with: {}")
        )
        ts = np.sort(world.rng.uniform(world.start, world.end, size=len(items))).astype(np.int64)
        line, client = world.internet.host(2), of_a_service(world.rng)
        send(world, account, ts, [form.replace("{}", i.text) for i in items], line=line, client=client, temperature=1.0)
