"""The one order of steps: draw the world, let the innocent and the attackers act, write."""

from pathlib import Path
from typing import Any

import numpy as np

from foreign.clocks import DAY
from foreign.corpus import open_corpus
from foreign.innocents import populate
from foreign.output import write
from foreign.records import recorded
from foreign.scenarios import ATTACKS
from foreign.world import World

SCENARIOS = tuple(ATTACKS)
_FIRST_DAY = 20_454  # 1 January 2026, in days since 1970


def generate(  # noqa: PLR0913  one argument an option
    out: Path, corpus: Path, scenario: str, *, seed: int, accounts: int | None = None, days: int = 14
) -> dict[str, Any]:
    """Write one world.

    Args:
        out: Folder to write to.
        corpus: Folder of real prompts and traces.
        scenario: One of `SCENARIOS`.
        seed: The same seed gives the same world, and each scenario another one.
        accounts: Innocent accounts; between 2,500 and 3,500 when left out.
        days: Length of the world.

    Returns:
        What the world holds, in numbers.
    """
    rng = np.random.default_rng([seed, SCENARIOS.index(scenario), 7_411])
    start = (_FIRST_DAY + int(rng.integers(0, 300))) * DAY
    wanted = accounts or int(rng.integers(2500, 3500))
    release = start + int(rng.uniform(0.4, 0.7) * days * DAY)
    world = World(rng, open_corpus(corpus), start, days, wanted, release)
    ATTACKS[scenario](world)  # first, so that a relay finds real people for its customers
    populate(world)
    return write(world, out, recorded(world, scenario))
