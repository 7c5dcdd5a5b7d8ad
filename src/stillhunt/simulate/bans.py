"""What becomes of accounts: when they registered, when they were banned, and who goes on in their place."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillhunt.simulate.clock import DAY, HOUR, START
from stillhunt.simulate.ids import Ints, chance, mix
from stillhunt.simulate.operators import Operator


@dataclass(frozen=True)
class Lives:
    """The lives of an operator's accounts, one a row but for `owner`.

    Attributes:
        owner: The account behind each call's slot at its time; -1 where there is none, and the call is never made.
        created: When each account registered.
        suspended: When it was banned, 0 if never.
        successor: The account that goes on in its place, -1 if none.
        resumed: When the successor takes over, 0 if none does.
    """

    owner: NDArray[np.int32]
    created: Ints
    suspended: Ints
    successor: Ints
    resumed: Ints


def pool_of(operator: Operator, accounts: Ints) -> Ints:
    """Return the pool that each account belongs to; replacements belong to the last."""
    return np.minimum(accounts // (operator.accounts // operator.pools), operator.pools - 1)


def accounts_in_all(operator: Operator) -> int:
    """Return how many accounts an operator ever has, replacements included."""
    return operator.accounts + sum(
        len(slots) for number, (_, slots) in enumerate(_bans(operator)) if not _fails_over(operator, number)
    ) * operator.replaced  # fmt: skip


def lives(operator: Operator, rng: np.random.Generator, slot: Ints, ts: Ints) -> Lives:
    """Let accounts live: `slot` and `ts` are those of the operator's calls.

    A ban strikes the accounts of some slots. Calls of those slots move to the next pool within hours where there is
    one, or at once to fresh accounts where the banned are replaced; otherwise they end.
    """
    slots = operator.accounts
    last = START - operator.signup_age_days * DAY
    created = (last - rng.random(slots) * operator.signup_spread_days * DAY).astype(np.int64)
    suspended, resumed = np.zeros(slots, dtype=np.int64), np.zeros(slots, dtype=np.int64)
    successor = np.full(slots, -1)
    owner, holder = slot.astype(np.int32), np.arange(slots)
    for number, (day, places) in enumerate(_bans(operator)):
        gone = places[holder[places] >= 0]
        moment, struck = START + int(day * DAY), holder[gone]
        resumes = np.full(len(gone), moment)
        if _fails_over(operator, number):
            heirs = struck + slots // operator.pools
            resumes += (chance(mix(struck, 31)) * operator.failover_hours * HOUR).astype(np.int64)
        elif operator.replaced:
            heirs = len(created) + np.arange(len(gone))
            created = np.concatenate([created, np.full(len(gone), moment - DAY // 8)])
            suspended, resumed = (np.pad(known, (0, len(gone))) for known in (suspended, resumed))
            successor = np.pad(successor, (0, len(gone)), constant_values=-1)
        else:
            heirs, resumes = np.full(len(gone), -1), np.zeros(len(gone), dtype=np.int64)
        suspended[struck], successor[struck], resumed[struck] = moment, heirs, resumes
        moved = np.isin(holder, struck)
        back = np.where(moved, resumed[holder], 0)
        holder = np.where(moved, successor[holder], holder)
        after = moved[slot] & (ts >= moment)
        goes_on = np.where(ts >= back[slot], holder[slot], -1)
        owner = np.where(after, goes_on, owner).astype(np.int32)
    return Lives(owner, created, suspended, successor, resumed)


def _bans(operator: Operator) -> list[tuple[float, Ints]]:
    """Return day and slots of each ban; the first strikes the first pool, the next the next."""
    slots = np.arange(operator.accounts)
    chances, pools = chance(mix(slots, 15)), pool_of(operator, slots)
    bans = []
    for number, (day, share) in enumerate(operator.bans):
        drawn = (chances + 0.37 * number) % 1.0
        bans.append((day, np.flatnonzero((drawn < share) & (pools == min(number, operator.pools - 1)))))
    return bans


def _fails_over(operator: Operator, number: int) -> bool:
    """Return whether there is a pool left to move to after the ban of that number."""
    return number < operator.pools - 1
