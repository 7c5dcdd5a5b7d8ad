"""A harvest is cut along operators: what the parts of a called whole say about it, and it about them."""

from collections.abc import Collection, Mapping, Sequence

from stillhunt.evidence.assess import Assessment
from stillhunt.separation.mixture import LED

MOST = 0.5
"""Share of a whole's accounts from which its parts are what it is made of."""
SMALL = 0.25
"""Share of a whole's accounts up to which a part may be silent for its size alone."""

Accounts = Mapping[int, set[str]]


def hollow_wholes(harvests: Sequence[Assessment], members: Accounts) -> set[int]:
    """Wholes that were called for parts which speak for innocence on their own: nothing is left of them.

    Where many small parts are silent and none was called, each is too small to speak, as all parts of a campaign are in
    its first hours: then it is the whole that was called.
    """
    hollow = set()
    for whole in (h for h in harvests if h.called and h.measures["whole"]):
        size, parts = len(members[whole.measures["g"]]), parts_of(whole, harvests)
        silent = [members[p.measures["g"]] for p in parts if p.bits < 0]
        if (
            len(set().union(*silent)) > MOST * size
            and max(map(len, silent)) > SMALL * size
            and not any(p.called for p in parts)
        ):
            hollow.add(whole.measures["g"])
    return hollow


def innocent_parts(
    whole: Assessment, harvests: Sequence[Assessment], members: Accounts, harmless: Collection[int]
) -> set[str]:
    """Accounts of those parts of a called whole, which is not hollow, that speak for innocence on their own.

    Where another part was called by itself, so do parts against which little speaks and whose operators look innocent:
    they share a text with a harvest, as honest graders do. Where small silent parts are most of the whole, only those
    do for which a fact speaks.
    """
    parts = parts_of(whole, harvests)
    called = any(p.called for p in parts)
    innocent = [p for p in parts if p.bits < 0 or (called and p.bits < LED and p.measures["operator"] in harmless)]
    accounts = set().union(*(members[p.measures["g"]] for p in innocent))
    if called or len(accounts) <= MOST * len(members[whole.measures["g"]]):
        return accounts
    known = [p for p in innocent if any(row["family"] == "innocence" for row in p.evidence)]
    return set().union(*(members[p.measures["g"]] for p in known))


def parts_of(whole: Assessment, harvests: Sequence[Assessment]) -> list[Assessment]:
    """The parts of a harvest: those through one operator each, and the one through none."""
    return [h for h in harvests if not h.measures["whole"] and h.measures["harvest"] == whole.measures["harvest"]]
