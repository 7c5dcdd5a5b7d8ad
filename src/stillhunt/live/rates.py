"""How often innocent customers, and the campaign's own accounts, show each outcome for the first time.

What an innocent account has shown once it may show again and again: users of one public tool send its template every
day. So nothing is won by repetition. An account is in one of three states: it comes with its first request; it has
shown nothing yet; or it has shown something, and only what is higher still is news. For each state the rates of news
are counted among the innocent accounts of the run, over at most `MOST_REQUESTS` requests of each, so that a few busy
ones do not thin out the rest, and taken at the upper end of their interval.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stillhunt.live.outcomes import OUTCOMES, Codes, at_most

FIRST, CLEAN, TOUCHED = range(3)
"""States of an account in a channel."""
MOST_REQUESTS: Final = 200
WIDTH: Final = max(OUTCOMES)
Counts = NDArray[np.int64]
Rates = NDArray[np.float64]


def news(codes: Codes, account: Counts) -> tuple[Codes, Counts]:
    """Return what each request shows that its account had not shown before, and the state that the account was in.

    Args:
        codes: Outcomes of one channel, account by account, each in order of time.
        account: Account of each, as numbers that rise from one account to the next.
    """
    first = np.ones(len(account), np.bool_)
    first[1:] = account[1:] != account[:-1]
    number = np.cumsum(first) - 1
    best = np.maximum.accumulate(codes + number * WIDTH) - number * WIDTH
    before = np.where(first, 0, np.concatenate([[0], best[:-1]]))[: len(codes)]
    state = np.where(first, FIRST, np.where(before == 0, CLEAN, TOUCHED))
    return np.where(codes > before, codes, 0).astype(np.uint8), state


def counted(codes: Codes, account: Counts) -> Counts:
    """Count news by state and outcome; shape (3, WIDTH)."""
    new, state = news(codes, account)
    return np.bincount(state * WIDTH + new, minlength=3 * WIDTH).reshape(3, WIDTH)


def innocent_rates(counts: Counts) -> Rates:
    """Return rates that innocent accounts do not top; of nothing new the rate is 1.

    With one bet a channel on rates that none tops, the mean gain of an innocent account is at most what was staked.
    """
    total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    rates: Rates = np.minimum(at_most(counts) / total, 1.0)
    rates[:, 0] = 1.0
    return rates


def campaign_rates(counts: Counts, outcomes: int) -> Rates:
    """Return the rates among the campaign's accounts; half a count is added, so that nothing is impossible."""
    added = counts + np.where(np.arange(WIDTH) < outcomes, 0.5, 0.0)
    rates: Rates = added / added.sum(axis=1, keepdims=True)
    return rates
