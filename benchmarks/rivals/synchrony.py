"""Loosely synchronised actions, after SynchroTrap (Cao et al., CCS 2014), adapted to API calls.

There an action is a user, an object, a time; two match if they are of the same object within a time window; users are
alike by the Jaccard index of their actions for each constraint object; single-linkage clusters above a threshold are
called, with a least size. Here the object is a template (system prompt, head of the prompt, or the prompt word for
word) in one clustering and the client address in another; actions match if they fall into the same hour, or the same
day. Own setting: one hour, Jaccard 0.5, 5 accounts (the paper leaves thresholds to the operator). Single linkage at a
threshold is the components of the pairs above it.
"""

import numpy as np

from rivals.answers import Answer, Answers, Floats, Ints, Rival
from rivals.components import components
from rivals.world import World

HOUR = 3_600_000_000
WINDOWS = ((1, "hour"), (24, "day"))
OWN = 0.5
LEVELS = tuple(round(0.05 * step, 2) for step in range(1, 20))
LEAST_MATCHES = 2
"""Pairs with a single action in common are coincidence."""
_OBJECTS = {"template": ("system_key", "head_key", "prompt_key"), "address": ("address",)}


def pairs(world: World, names: tuple[str, ...], hours: int) -> tuple[Ints, Ints, Floats]:
    """Return pairs of accounts with matching actions, and their Jaccard index."""
    world.engine.create(
        "actions",
        " UNION ALL ".join(
            f"""SELECT DISTINCT n.a, '{name}' AS kind, f.{name} AS key, f.ts // {hours * HOUR} AS slot
                FROM features f JOIN numbered n ON n.account_id = f.account_id WHERE f.{name} IS NOT NULL"""
            for name in names
        ),
    )
    rows = world.engine.fetch(
        f"""WITH sizes AS (SELECT a, count(*) AS n FROM actions GROUP BY a),
                 met AS (SELECT x.a AS first, y.a AS second, count(*) AS n FROM actions x JOIN actions y
                         ON y.kind = x.kind AND y.key = x.key AND y.slot = x.slot AND y.a > x.a
                         GROUP BY x.a, y.a HAVING count(*) >= {LEAST_MATCHES})
            SELECT m.first, m.second, m.n / CAST(s.n + t.n - m.n AS DOUBLE) AS jaccard FROM met m
            JOIN sizes s ON s.a = m.first JOIN sizes t ON t.a = m.second ORDER BY m.first, m.second"""
    )
    return rows["first"].to_numpy(), rows["second"].to_numpy(), rows["jaccard"].to_numpy()


def synchrony(world: World) -> Answers:
    """Cluster accounts whose actions coincide."""
    known = {(what, hours): pairs(world, names, hours) for what, names in _OBJECTS.items() for hours, _ in WINDOWS}

    def at(what: tuple[str, ...], hours: int, window: str, level: float) -> Answer:
        chosen = [known[name, hours] for name in what]
        first, second = (
            np.concatenate([pair[side][pair[2] >= level] for pair in chosen]) for side in (0, 1)
        )  # fmt: skip
        said = f"same {' or '.join(what)} in the same {window}, Jaccard at least {level}"
        return Answer(said, components(first, second, len(world.guilty)))

    kinds = (("template",), ("address",), ("template", "address"))
    return Answers(
        at(kinds[-1], *WINDOWS[0], OWN),
        tuple(at(what, hours, window, level) for what in kinds for hours, window in WINDOWS for level in LEVELS),
    )


RIVALS = (
    Rival("synchrony", "accounts whose actions coincide within the hour (SynchroTrap), Jaccard at least 0.5",
          "features", True, synchrony),
)  # fmt: skip
