"""When requests are made: people, tenants, jobs and scripts. Times are µs since 1970 in UTC."""

import numpy as np

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR

Rng = np.random.Generator

# Share of a day's sessions by local hour. Drawn by hand: work has a lunch dip, leisure an evening.
_WORK = np.array([0, 0, 0, 0, 0, 0, 1, 3, 8, 12, 12, 10, 6, 9, 12, 11, 9, 6, 3, 2, 2, 1, 1, 0], float)
_LEISURE = np.array([4, 2, 1, 1, 0, 0, 1, 2, 4, 5, 6, 6, 6, 6, 6, 7, 7, 8, 9, 11, 13, 13, 11, 7], float)


def human_starts(rng: Rng, span: tuple[int, int], n: int, *, zone: float, work: bool) -> np.ndarray:
    """Return `n` session starts of one person: on few days of their own, awake hours, weekends by habit.

    Args:
        rng: Source of chance.
        span: Midnight UTC of the first day, and how many days there are.
        n: How many sessions.
        zone: Hours ahead of UTC.
        work: Whether the person works with it on weekdays, or plays with it.
    """
    start, days = span
    weekday = (np.arange(days) + int(start // DAY) + 3) % 7  # day 0 of 1970 was a Thursday
    weight = np.where(weekday >= 5, 0.12 if work else 1.3, 1.0) * rng.gamma(0.7, size=days)  # habits are bursty
    weight += 1e-9
    hours = _WORK if work else _LEISURE
    hours = np.roll(hours, int(rng.integers(-2, 3)))
    day = rng.choice(days, size=n, p=weight / weight.sum())
    hour = rng.choice(24, size=n, p=hours / hours.sum())
    local = day * DAY + hour * HOUR + rng.integers(0, HOUR, size=n)
    return np.sort(start + np.clip(local - int(zone * HOUR), 0, days * DAY - HOUR))


def talk_times(rng: Rng, gaps: np.ndarray, begin: int, turns: int) -> np.ndarray:
    """Return the times of a conversation's turns: think time drawn from recorded gaps."""
    waits = rng.choice(gaps, size=max(turns - 1, 0)) * rng.lognormal(0, 0.25, size=max(turns - 1, 0))
    return begin + np.concatenate([[0], np.cumsum(waits * SECOND)]).astype(np.int64)


def tenant_times(rng: Rng, profile: np.ndarray, start: int, days: int, per_day: float) -> np.ndarray:
    """Return request times of a tenant whose rate follows a recorded one, scaled to `per_day` requests."""
    seconds, rate, burst = profile[:, 0], profile[:, 1], profile[:, 2]
    inside = seconds < days * 86400
    seconds, rate, burst = seconds[inside], rate[inside], burst[inside]
    if rate.sum() == 0:
        return np.zeros(0, np.int64)
    mean = rate / rate.sum() * per_day * days
    shape = 1 / np.clip(burst, 0.5, 6) ** 2
    counts = rng.poisson(mean * rng.gamma(shape, 1 / shape))
    at = np.repeat(seconds, counts) + rng.uniform(0, 600, size=int(counts.sum()))
    return np.sort(start + (at * SECOND).astype(np.int64))


def job_times(rng: Rng, begin: int, n: int, per_second: float) -> np.ndarray:
    """Return the times of a job that sends `n` requests one after the other, as fast as answers come."""
    return begin + np.cumsum(rng.exponential(SECOND / per_second, size=n)).astype(np.int64)


def paced_times(rng: Rng, begin: int, end: int, per_day: float, jitter: float) -> np.ndarray:
    """Return evenly spaced times, as a script keeps that waits a fixed time per key.

    Args:
        rng: Source of chance.
        begin: First possible time.
        end: Last possible time.
        per_day: Requests a day.
        jitter: Spread of a gap as a share of it: 0 is a metronome, 1 a Poisson-like stream.
    """
    gap = DAY / per_day
    n = int((end - begin) / gap) + 2
    waits = gap * (1 - jitter + rng.exponential(jitter, size=n)) if jitter else np.full(n, gap)
    times = begin + rng.uniform(0, gap) + np.concatenate([[0], np.cumsum(waits)])
    return times[times < end].astype(np.int64)


def throttled_times(rng: Rng, begin: int, end: int, per_day: float, zone: float) -> np.ndarray:
    """Return times of a script that was told to look human: it sleeps at night and slows at weekends."""
    draws = rng.uniform(begin, end, size=int(per_day * (end - begin) / DAY * 3) + 8)
    local = draws + zone * HOUR
    hour = (local % DAY) / HOUR
    weekend = ((local // DAY).astype(int) + 3) % 7 >= 5
    keep = np.where((hour > 8) & (hour < 23), 1.0, 0.04) * np.where(weekend, 0.6, 1.0)
    kept = draws[rng.uniform(size=len(draws)) < keep]
    wanted = rng.poisson(per_day * (end - begin) / DAY)
    return np.sort(kept[:wanted]).astype(np.int64)
