"""A harvest is cut along operators: what the parts of a called whole say about it, and it about them."""

from collections.abc import Collection, Mapping, Sequence

from stillhunt.evidence.assess import Assessment
from stillhunt.separation.mixture import LED

MOST = 0.5
"""Share of a whole's accounts from which its parts are what it is made of."""

Accounts = Mapping[int, set[str]]


def hollow_wholes(harvests: Sequence[Assessment], members: Accounts) -> set[int]:
    """Wholes that were called for a part which speaks for innocence on its own: nothing is left of them."""
    hollow = set()
    for whole in (h for h in harvests if h.called and h.measures["whole"]):
        parts = parts_of(whole, harvests)
        innocent = max((len(members[p.measures["g"]]) for p in parts if p.bits < 0), default=0)
        if innocent > MOST * len(members[whole.measures["g"]]) and not any(p.called for p in parts):
            hollow.add(whole.measures["g"])
    return hollow


def innocent_parts(
    whole: Assessment, harvests: Sequence[Assessment], members: Accounts, harmless: Collection[int]
) -> set[str]:
    """Accounts of those parts of a called whole that speak for innocence on their own.

    Where another part was called by itself, so do parts against which little speaks and whose operators look innocent:
    they share a text with a harvest, as honest graders do. Where none was and most of the whole is in such parts, each
    is too small to speak, as all of them are in a campaign's first hours: it is the whole that was called.
    """
    parts = parts_of(whole, harvests)
    called = any(p.called for p in parts)
    innocent = set().union(
        *(
            members[p.measures["g"]]
            for p in parts
            if p.bits < 0 or (called and p.bits < LED and p.measures["operator"] in harmless)
        )
    )
    return innocent if called or len(innocent) <= MOST * len(members[whole.measures["g"]]) else set()


def parts_of(whole: Assessment, harvests: Sequence[Assessment]) -> list[Assessment]:
    """The parts that go through one operator each of a harvest."""
    return [h for h in harvests if not h.measures["whole"] and h.measures["harvest"] == whole.measures["harvest"]]
