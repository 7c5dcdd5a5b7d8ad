"""Plain components: accounts that share any card, device, address or template are one group.

Tuned: by kind of key, and by leaving out keys that more than so many accounts hold.
"""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from rivals.answers import SMALLEST, Answer, Answers, Ints, Rival
from rivals.world import World

CAPS = (2, 3, 5, 8, 12, 20, 40, 80)
_INFRASTRUCTURE = ("payment", "address", "device")
_TEMPLATES = ("system_key", "head_key", "tail_key")

_HELD = " UNION ALL ".join(
    f"""SELECT DISTINCT n.a, '{name}' AS kind, t.{name} AS key
        FROM {"account_keys" if name == "payment" else "features"} t JOIN numbered n ON n.account_id = t.account_id
        WHERE t.{name} IS NOT NULL"""
    for name in (*_INFRASTRUCTURE, *_TEMPLATES)
)


def components(first: Ints, second: Ints, accounts: int) -> tuple[Ints, ...]:
    """Connected components of at least SMALLEST accounts in the graph of these pairs."""
    graph = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(accounts, accounts))
    _, label = connected_components(graph, directed=False)
    order = np.argsort(label, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    return tuple(np.sort(group) for group in groups if len(group) >= SMALLEST)


def shared_keys(world: World) -> Answers:
    """Group accounts by what they share."""
    held = world.engine.fetch(f"SELECT DISTINCT a, kind, key FROM ({_HELD}) q ORDER BY kind, key, a")
    kinds = np.array(held["kind"].to_pylist())
    _, node = np.unique(np.array([kinds, held["key"].to_numpy().astype(str)]), axis=1, return_inverse=True)
    account, node = held["a"].to_numpy(), node.ravel()
    holders = np.bincount(node)[node]

    def at(names: tuple[str, ...], cap: int | None) -> Answer:
        rows = np.isin(kinds, names) & (holders >= 2) & (holders <= (cap or len(world.guilty)))
        # A star: each account of a key is tied to the first that holds it.
        _, start, which = np.unique(node[rows], return_index=True, return_inverse=True)
        first = account[rows][start][which]
        said = f"shared {' or '.join(names)}" + (f" of at most {cap} accounts" if cap else "")
        return Answer(said, components(first, account[rows], len(world.guilty)))

    single = tuple((name,) for name in _INFRASTRUCTURE + _TEMPLATES)
    families = (*single, _INFRASTRUCTURE, _TEMPLATES, _INFRASTRUCTURE + _TEMPLATES)
    own = at(_INFRASTRUCTURE + _TEMPLATES, None)
    return Answers(own, tuple(at(names, cap) for names in families for cap in (*CAPS, None)))


RIVALS = (
    Rival("plain components", "accounts that share a card, device, address or template, at least 5", "features", True,
          shared_keys),
)  # fmt: skip
