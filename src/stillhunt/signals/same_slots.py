"""Accounts that begin to work in the same half hours."""

from stillhunt.signals.base import Record, Signal
from stillhunt.signals.expressions import MINUTE, MULTIPLIER, PRIME, bucket, combined_key
from stillhunt.signals.samples import call, calls

SLOT = 30 * MINUTE
LEAST_STARTS = 8
BANDS, ROWS = 8, 4  # two accounts share a band with chance 1 - (1 - J^4)^8: 0.1 % at a likeness J of 0.1, 90 % at 0.7

# Slots in which an account starts after half an hour of quiet, not all slots in which it is busy: two office workers
# are busy in the same hours, but seldom start in the same ones. The sets of slots are compared by MinHash (Broder 1997)
# under permutations (a·slot + b) mod PRIME, which are whole-number arithmetic and so the same on every engine.
_PERMUTATIONS = [
    ((MULTIPLIER * (n + 1)) % PRIME, (MULTIPLIER * MULTIPLIER * (n + 7)) % PRIME) for n in range(BANDS * ROWS)
]
_MINIMA = ",\n         ".join(f"MIN(({a} * slot + {b}) % {PRIME}) AS m{n}" for n, (a, b) in enumerate(_PERMUTATIONS))
_KEYS = ", ".join(combined_key(str(band), *(f"m{band * ROWS + row}" for row in range(ROWS))) for band in range(BANDS))

SQL = f"""
WITH steps AS (
  SELECT account_key, ts, LAG(ts) OVER (PARTITION BY account_key ORDER BY ts) AS last_ts FROM features
),
starts AS (
  SELECT account_key, {bucket("ts", SLOT)} % {PRIME} AS slot FROM steps
  WHERE last_ts IS NULL OR ts - last_ts >= {SLOT}
  GROUP BY account_key, {bucket("ts", SLOT)} % {PRIME}
),
sketches AS (
  SELECT account_key,
         {_MINIMA}
  FROM starts GROUP BY account_key HAVING COUNT(*) >= {LEAST_STARTS}
)
SELECT account_key, UNNEST([{_KEYS}]) AS key, CAST(NULL AS BIGINT) AS exchange_key, CAST(NULL AS BIGINT) AS ts
FROM sketches
"""


def _bursts(account: str, step: int) -> list[Record]:
    """Two calls in each of 20 half hours, `step` half hours and a day part after one another."""
    return [
        call(account, 30 * (n * step + n * n % 7) + 9 * again + step, prompt="Next.")
        for n in range(20)
        for again in (0, 1)
    ]


SIGNAL = Signal(
    name="same_slots",
    family="time",
    layer="behaviour",
    alone=False,
    says="These accounts begin to work in the same half hours of the run, again and again: one scheduler drives them.",
    misses="A pool that shifts each account's start at random, works without a pause, or deals calls to its accounts "
    "one at a time.",
    false_alarms="Nightly jobs that everybody starts on the hour, and classes that meet by timetable.",
    sql=SQL,
    fires=calls(*(record for n in range(3) for record in _bursts(f"slot-{n}", 9))),
    quiet=calls(*(record for n in range(3) for record in _bursts(f"slot-{n}", 9 + 4 * n))),
)
