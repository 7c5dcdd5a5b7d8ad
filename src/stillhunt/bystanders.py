"""Who sends some of a campaign's items and is not of it: evaluators, graders, and whoever else asks what is public."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet

from stillhunt.engine.base import Engine
from stillhunt.evidence.assess import Assessment
from stillhunt.evidence.conduct import AT_WORK, DAY, FLAT

STRAGGLERS = 0.1
"""Share of a campaign's accounts outside of its operators up to which they are not held to be of it."""
PACE = 2.0
"""Doublings of calls a day by which a machine of no operator may differ from the typical one."""
ENOUGH_CALLS = 20
"""Calls of an account in a group from which its clock is its own: chance moves the squared resultant by 1 / calls."""
SHOWS = 0.15
"""How much the median member works like a machine, from which most are taken to, though few calls show little of it:
who asks single questions, and is otherwise like people, gets 0.12 for that."""
SEVERAL = 3
"""Accounts of one organisation in a campaign from which it is that organisation that takes part."""
MOSTLY = 0.5
"""Share of a group from which it is one organisation's."""
LITTLE_REST = 0.05
"""Squared resultant length from which there is some rest: a sixth of what makes a clock no longer flat."""
UNLIKE_MACHINES = 1 / 3
"""Who works less like a machine than this part of what the median machine of a group does is a person; whose clock
cannot tell, who calls less than this part of what it would."""
UNLIKE_MEDIAN = 0.5
"""A member whose share of items of its own is under this part of the median member's does not work on the list."""


def without_bystanders(  # noqa: PLR0913, PLR0917  what a campaign in the making consists of, and whom operators hold
    engine: Engine,
    groups: Sequence[Assessment],
    operators: Sequence[Assessment],
    accounts: set[str],
    held: Collection[str],
    suspected: Collection[str],
) -> set[str]:
    """Return the accounts of a campaign without those that send some of the same items but do not work as others do.

    Where a campaign was called for how it works, those are whoever works otherwise and sends what others send, held by
    its operators or not: an honest fleet that asks all questions of a harvester falls into his groups. Of machines that
    never rest nobody is who does, or who rests a little and works as people do: students with the same client, in one
    sitting; nor who came a few times only, where a machine would have come every day. Where operators hold nearly all
    of a campaign's accounts, the few others have nothing in common with them but text, which evaluators and graders
    share with harvesters, and are taken out whatever they do; but not machines that never rest and are `suspected` for
    their own part, as the few of a campaign are that go through operators of another.

    Args:
        engine: Has `member_conduct`, `group_conduct`, `account_index` and `profile`.
        groups: Groups that the campaign is made of.
        operators: Its operators that were called; what they were called for counts where no group was.
        accounts: Its accounts.
        held: Accounts of its operators, and of its parts that were called.
        suspected: Accounts that are tied most to an operator that was called.
    """
    called = [g for g in groups if g.called] or [*groups, *operators]
    mark = max(called, key=lambda t: (t.bits, -t.measures["g"])).worked_as
    groups = [*groups, *operators]
    numbers = ", ".join(str(t.measures["g"]) for t in groups)
    rows = engine.fetch(
        f"""SELECT i.account_id, max(c.once / nullif(m.middle, 0)) AS likeness
            FROM member_conduct c
            JOIN (SELECT g, median(once) AS middle FROM member_conduct GROUP BY g) m ON m.g = c.g
            JOIN account_index i ON i.a = c.a WHERE c.g IN ({numbers}) GROUP BY i.account_id"""
    ).to_pylist()
    unlike = {r["account_id"] for r in rows if r["likeness"] is not None and r["likeness"] < UNLIKE_MEDIAN}
    outside, idle = accounts - set(held), set[str]()
    if mark is not None:
        idle = accounts - _at_work(engine, mark, numbers)
        accounts = accounts - (unlike & idle)
        if mark == "clockwork":
            accounts -= _people(engine, numbers) | _occasional(engine, numbers)
        unlike |= outside & idle
    outside &= accounts
    few = len(outside) <= STRAGGLERS * len(accounts)
    if mark == "clockwork":
        outside -= set(suspected) - idle
    return accounts - (outside if few else unlike & outside)


def organisations_beside(
    accounts: AbstractSet[str],
    organisation_of: Mapping[str, str],
    verified: Collection[str],
    called: Sequence[AbstractSet[str]],
) -> set[str]:
    """Return the accounts of organisations that are a small part of a campaign or an operator of strangers.

    Its evidence is that strangers share in secret. Who stands openly behind several accounts shares with itself, and
    may use the harvest's text and network as any customer; so nothing speaks against it but a group that is mostly its
    own. A harvester who has accounts pose as organisations gains little: those that nobody verified are let go, the
    smallest first, as long as they are a tenth in all.

    Args:
        accounts: All accounts of it.
        organisation_of: Organisation of each account that has one.
        verified: Organisations that somebody verified.
        called: Members of each group that was called, and not taken back.
    """
    by_organisation: dict[str, set[str]] = {}
    for account in accounts & organisation_of.keys():
        by_organisation.setdefault(organisation_of[account], set()).add(account)
    beside, unverified = set[str](), 0
    for name, own in sorted(by_organisation.items(), key=lambda item: (len(item[1]), item[0])):
        if len(own) < SEVERAL or any(len(own & group) >= MOSTLY * len(group) for group in called):
            continue
        if name not in verified:
            unverified += len(own)
            if unverified > STRAGGLERS * len(accounts):
                continue
        beside |= own
    return beside


def _people(engine: Engine, groups: str) -> set[str]:
    """Accounts that rest, or rest a little and work as people do, in each of these groups where their calls can tell.

    Users of one tool behind one exit may share text and operator with machines, and rest too little to tell by that
    alone. Who never rests is not let go, however he spreads his calls.
    """
    rows = engine.fetch(
        f"""WITH machines AS (SELECT g, median(works) AS works FROM group_conduct
                              WHERE g IN ({groups}) AND works >= {AT_WORK} GROUP BY g)
            SELECT i.account_id FROM group_conduct c JOIN account_index i ON i.a = c.a
            LEFT JOIN machines m ON m.g = c.g WHERE c.g IN ({groups}) AND c.calls >= {ENOUGH_CALLS}
            GROUP BY i.account_id
            HAVING min(c.resultant) >= {FLAT}
                OR (min(c.resultant) >= {LITTLE_REST} AND max(c.works - {UNLIKE_MACHINES} * m.works) < 0)"""
    )
    return set(rows["account_id"].to_pylist())


def _occasional(engine: Engine, groups: str) -> set[str]:
    """Accounts with too few calls to tell, and far fewer than the median machine of these groups made in as much time.

    Their time is from their first call to their suspension or the end of the logs: who was bought, or banned, a day ago
    is no less a machine for having called little.
    """
    rows = engine.fetch(
        f"""WITH ends AS (SELECT max(last_ts) AS last FROM profile),
                 lives AS (SELECT i.a, p.account_id, p.exchanges,
                                  1 + greatest(least(coalesce(p.suspended_at, e.last), e.last) - p.first_ts, 0)
                                      / CAST({DAY} AS DOUBLE) AS days
                           FROM profile p JOIN account_index i ON i.account_id = p.account_id CROSS JOIN ends e),
                 usual AS (SELECT median(l.exchanges / l.days) AS a_day FROM lives l
                           WHERE l.a IN (SELECT a FROM group_conduct WHERE g IN ({groups}) AND works >= {AT_WORK}))
            SELECT l.account_id FROM lives l CROSS JOIN usual u
            WHERE l.exchanges < {ENOUGH_CALLS} AND l.exchanges < {UNLIKE_MACHINES} * u.a_day * l.days"""
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
