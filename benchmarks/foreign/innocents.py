"""The innocent population: how much of each kind a world has."""

from collections.abc import Callable

import numpy as np

from foreign import automation, companies, people, services, shared_tasks
from foreign.world import World

# Usual share of accounts by kind; a seed multiplies each by a factor around 1, so that worlds differ.
_MIX: dict[Callable[[World, int], None], float] = {
    people.consumers: 0.42,
    people.vpn_users: 0.05,
    people.framework_users: 0.10,
    companies.companies: 0.17,
    companies.resellers: 0.025,
    companies.gateways: 0.006,
    shared_tasks.classes: 0.035,
    shared_tasks.question_sets: 0.03,
    shared_tasks.viral: 0.045,
    services.products: 0.05,
    services.batches: 0.013,
    services.judges: 0.008,
    automation.evaluations: 0.009,
    automation.runners: 0.012,
    automation.monitors: 0.003,
    automation.day_one: 0.014,
    automation.bought_data: 0.001,
}


def populate(world: World) -> None:
    """Add about as many innocent accounts as the world wants."""
    factors = world.rng.lognormal(0, 0.45, size=len(_MIX))
    shares = np.array(list(_MIX.values())) * factors
    counts = np.maximum(1, np.round(shares / shares.sum() * world.innocents)).astype(int)
    for add, count in zip(_MIX, counts.tolist(), strict=True):
        add(world, count)
