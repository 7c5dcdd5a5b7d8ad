"""When calls arrive: people have nights, weekends and pauses to think; machines have intervals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillhunt.simulate.ids import Ints

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
START = 1_772_409_600 * SECOND
"""Monday 2 March 2026, 00:00 UTC: where every run begins."""

_WAKING = np.array([1, 0.5, 0.3, 0.2, 0.2, 0.4, 1, 2.5, 5, 7, 8, 8, 7, 7, 8, 8, 7.5, 7, 6, 6, 6.5, 6, 4.5, 2.5])
_OFFICE = np.array([0, 0, 0, 0, 0, 0, 0.2, 1, 5, 9, 10, 10, 7, 8, 10, 10, 9, 6, 3, 1.5, 1, 0.8, 0.4, 0.1])


@dataclass(frozen=True)
class Sessions:
    """Calls of people, sorted by person and session: `turn` counts from 0 in a conversation that opens at row `opens`.

    Some moments fall outside the run (nights across its edges); whoever plans with them drops those.
    """

    who: Ints
    ts: Ints
    session: Ints
    turn: Ints
    opens: Ints


def moments(rng: np.random.Generator, days: Ints, offset_hours: NDArray[np.float64], office: bool) -> Ints:
    """Return a moment in each day (counted from START) by the local hours that people keep."""
    weights = _OFFICE if office else _WAKING
    hour = np.searchsorted(np.cumsum(weights / weights.sum()), rng.random(len(days)), side="right")
    local = days * DAY + hour * HOUR + (rng.random(len(days)) * HOUR).astype(np.int64)
    return START + local - (offset_hours * HOUR).astype(np.int64)


def people(
    rng: np.random.Generator,
    rate: NDArray[np.float64],
    offset_hours: NDArray[np.float64],
    days: int,
    *,
    office: bool = False,
    turns: float = 4.0,
    think_seconds: NDArray[np.float64] | None = None,
) -> Sessions:
    """Calls of people with `rate` calls a day each: sessions by day, several turns each, pauses between them.

    Args:
        rng: Where chance comes from.
        rate: Calls per day, one a person.
        offset_hours: Local time ahead of UTC, one a person.
        days: Days of the run.
        office: Whether they keep office hours and weekends.
        turns: Mean calls in a session.
        think_seconds: Pauses to draw from; by default log-normal with a median of 70 seconds.
    """
    weekday = np.arange(days) % 7
    rhythm = np.where(weekday < 5, 1.33, 0.175) if office else np.where(weekday < 5, 1.06, 0.85)
    expected = rate[:, None] * (rhythm / rhythm.mean())[None, :] / turns
    counts = rng.poisson(expected)
    person, day = np.nonzero(counts)
    repeats = counts[person, day]
    person, day = np.repeat(person, repeats), np.repeat(day, repeats)
    begin = moments(rng, day, offset_hours[person], office)
    length = rng.geometric(1.0 / turns, len(person))
    session = np.repeat(np.arange(len(person)), length)
    first = np.cumsum(length) - length
    turn = np.arange(len(session)) - first[session]
    if think_seconds is None:
        pause = rng.lognormal(np.log(70.0), 1.0, len(session))
    else:
        pause = rng.choice(think_seconds, len(session))
    waited = np.cumsum(np.where(turn == 0, 0.0, pause))
    ts = begin[session] + ((waited - waited[first[session]]) * SECOND).astype(np.int64)
    fresh = (turn == 0) | (rng.random(len(session)) < 0.2)
    conversation = np.cumsum(fresh) - 1
    starts = np.flatnonzero(fresh)
    turn = np.arange(len(session)) - starts[conversation]
    return Sessions(person[session], ts, session, turn, starts[conversation])


def flat(rng: np.random.Generator, count: int, start: int, end: int) -> Ints:
    """Return `count` moments spread evenly by chance between two times, in order."""
    return np.sort(rng.integers(start, end, count))


def paced(rng: np.random.Generator, count: int, start: int, end: int) -> Ints:
    """Return `count` moments at even spacing with a little jitter, as a limiter makes them."""
    step = (end - start) / max(count, 1)
    return (start + (np.arange(count) + rng.random(count) * 0.2) * step).astype(np.int64)
