"""Accounts that start and stop together."""

from stillhunt.signals.base import Record, Signal
from stillhunt.signals.expressions import DAY, HOUR, bucket, combined_key
from stillhunt.signals.samples import call, calls

LEAST_CALLS = 5

# An account seen in the first or last day of the logs may have started before or may still go on: unknown.
SQL = f"""
WITH lives AS (
  SELECT account_key, MIN(ts) AS first_ts, MAX(ts) AS last_ts FROM features
  GROUP BY account_key HAVING COUNT(*) >= {LEAST_CALLS}
),
logs AS (SELECT MIN(ts) AS first_ts, MAX(ts) AS last_ts FROM features)
SELECT v.account_key, {combined_key(bucket("v.first_ts", HOUR), bucket("v.last_ts", HOUR))} AS key,
       CAST(NULL AS BIGINT) AS exchange_key, CAST(NULL AS BIGINT) AS ts
FROM lives AS v CROSS JOIN logs AS g
WHERE v.first_ts >= g.first_ts + {DAY} AND v.last_ts <= g.last_ts - {DAY}
"""

DAY_MINUTES = DAY // 60_000_000


def _days(account: str, first: float, last: float) -> list[Record]:
    """Six calls, evenly spaced between two days."""
    return [call(account, (first + (last - first) * n / 5) * DAY_MINUTES) for n in range(6)]


OTHERS = [*_days("before", 0, 9), *_days("after", 1, 12)]

SIGNAL = Signal(
    name="shared_start_stop",
    family="time",
    layer="behaviour",
    alone=False,
    says="The first calls of these accounts fall into one hour and their last calls into another: switched on and off "
    "together.",
    misses="A pool whose accounts join and leave one by one, or that runs before and after what the logs cover.",
    false_alarms="A workshop or course that lasts from hour to hour, and trial accounts that expire together.",
    sql=SQL,
    fires=calls(*OTHERS, *(record for n in range(3) for record in _days(f"life-{n}", 3 + n / 999, 8 + n / 999))),
    quiet=calls(*OTHERS, *(record for n in range(3) for record in _days(f"life-{n}", 3 + n / 999, 7 + n))),
)
