"""Who sends some of a campaign's items and is not of it: evaluators, graders, and whoever else asks what is public."""

from collections.abc import Collection, Mapping, Sequence

from stillhunt.engine.base import Engine
from stillhunt.evidence.assess import Assessment
from stillhunt.evidence.conduct import AT_WORK, FLAT

STRAGGLERS = 0.1
"""Share of a campaign's accounts outside of its operators up to which they are not held to be of it."""
PACE = 2.0
"""Doublings of calls a day by which a machine of no operator may differ from the typical one."""
ENOUGH_CALLS = 20
"""Calls of an account in a group from which its clock is its own: chance moves the squared resultant by 1 / calls."""
SHOWS = 0.15
"""How much the median member works like a machine, from which most are taken to, though few calls show little of it:
who asks single questions, and is otherwise like people, gets 0.12 for that."""
UNLIKE_MEDIAN = 0.5
"""A member whose share of items of its own is under this part of the median member's does not work on the list."""


def without_bystanders(  # noqa: PLR0913, PLR0917  what a campaign in the making consists of, and what is known of groups
    engine: Engine,
    groups: Sequence[Assessment],
    accounts: set[str],
    operators: Collection[int],
    members: Mapping[int, set[str]],
    harmless: Collection[int],
) -> set[str]:
    """Return the accounts of a campaign without those that send some of the same items but do not work as others do.

    Where a campaign was called for how it works, those are whoever works otherwise and sends what others send, in its
    operators or not: an honest fleet that asks all questions of a harvester falls into his groups. Of machines that
    never rest nobody is who does: students with the same client, in one sitting. Where operators hold nearly all of a
    campaign's accounts, the few others have nothing in common with them but text, which evaluators and graders share
    with harvesters, and are taken out whatever they do. So are accounts of an operator that is one of `harmless`:
    little that they send speaks against them.

    Args:
        engine: Has `member_conduct`, `group_conduct` and `account_index`.
        groups: Groups that the campaign is made of, and those of its operators that were called.
        accounts: Its accounts.
        operators: Numbers of the groups of its operators.
        members: Accounts of every group.
        harmless: Operators against whom little speaks.
    """
    parts = [p.measures for p in groups if p.called and p.measures["operator"] is not None]
    holding = [*operators, *(p["g"] for p in parts if p["operator"] not in harmless)]
    inside = set().union(*(members[g] for g in holding if g not in harmless))
    numbers = ", ".join(str(t.measures["g"]) for t in groups)
    rows = engine.fetch(
        f"""SELECT i.account_id, max(c.once / nullif(m.middle, 0)) AS likeness
            FROM member_conduct c
            JOIN (SELECT g, median(once) AS middle FROM member_conduct GROUP BY g) m ON m.g = c.g
            JOIN account_index i ON i.a = c.a WHERE c.g IN ({numbers}) GROUP BY i.account_id"""
    ).to_pylist()
    unlike = {r["account_id"] for r in rows if r["likeness"] is not None and r["likeness"] < UNLIKE_MEDIAN}
    outside = accounts - inside
    mark = max(groups, key=lambda t: (t.bits, -t.measures["g"])).worked_as
    if mark is not None:
        idle = accounts - _at_work(engine, mark, numbers)
        accounts = accounts - (unlike & idle)
        if mark == "clockwork":
            accounts -= _resting(engine, numbers)
        unlike |= outside & idle
    outside &= accounts
    return accounts - (outside if len(outside) <= STRAGGLERS * len(accounts) else unlike & outside)


def _resting(engine: Engine, groups: str) -> set[str]:
    """Accounts that have hours of rest in each of these groups, as far as their calls are enough to tell."""
    rows = engine.fetch(
        f"""SELECT i.account_id FROM group_conduct c JOIN account_index i ON i.a = c.a
            WHERE c.g IN ({groups}) AND c.calls >= {ENOUGH_CALLS}
            GROUP BY i.account_id HAVING min(c.resultant) >= {FLAT}"""
    )
    return set(rows["account_id"].to_pylist())


def _at_work(engine: Engine, mark: str, groups: str) -> set[str]:
    """Accounts that work like the machines for which some of these groups were called, and about as fast.

    Few calls show little of a machine: where the median member shows something of one, if less than machines do, half
    of that is enough. In a crowd of people the median shows nothing.
    """
    rows = engine.fetch(
        f"""WITH usual AS (SELECT g, CASE WHEN median(works) >= {SHOWS}
                                          THEN least(median({mark}) * {UNLIKE_MEDIAN}, {AT_WORK})
                                          ELSE {AT_WORK} END AS enough
                           FROM group_conduct WHERE g IN ({groups}) GROUP BY g),
                 workers AS (SELECT c.g, c.a, log2(c.calls / c.days) AS pace FROM group_conduct c
                             JOIN usual u ON u.g = c.g WHERE c.{mark} > 0 AND c.{mark} >= u.enough),
                 paces AS (SELECT g, median(pace) AS pace FROM workers GROUP BY g)
            SELECT DISTINCT i.account_id FROM workers w JOIN paces m ON m.g = w.g JOIN account_index i ON i.a = w.a
            WHERE abs(w.pace - m.pace) <= {PACE}"""
    )
    return set(rows["account_id"].to_pylist())
