"""Accounts whose headers stand still while everybody else's client moves on."""

from stillhunt.signals.base import Record, Signal
from stillhunt.signals.expressions import DAY
from stillhunt.signals.samples import call, calls

PROGRAM = "SPLIT_PART(client, '/', 1)"  # without the major version, which moves on too
FROZEN_DAYS = 7
LEAST_ACCOUNTS = 5  # accounts of a program seen over that long, or nobody can say that it moved on
MOVED_ON = 50  # percent of them that did

# An account moved on if a tuple fell out of use a day before its last call and another came up a day after its first:
# an account that has two machines uses both throughout.
SQL = f"""
WITH used AS (
  SELECT account_key, {PROGRAM} AS program, header_tuple, MIN(ts) AS first_ts, MAX(ts) AS last_ts
  FROM features WHERE client IS NOT NULL AND header_tuple IS NOT NULL
  GROUP BY account_key, {PROGRAM}, header_tuple
),
kept AS (
  SELECT account_key, program, COUNT(*) AS tuples,
         CASE WHEN MAX(last_ts) - MIN(last_ts) > {DAY} AND MAX(first_ts) - MIN(first_ts) > {DAY}
              THEN 1 ELSE 0 END AS moved_on
  FROM used GROUP BY account_key, program HAVING MAX(last_ts) - MIN(first_ts) >= {FROZEN_DAYS * DAY}
),
programs AS (
  SELECT program FROM kept GROUP BY program
  HAVING COUNT(*) >= {LEAST_ACCOUNTS} AND 100 * SUM(moved_on) >= {MOVED_ON} * COUNT(*)
),
frozen AS (
  SELECT k.account_key, k.program FROM kept AS k JOIN programs AS p ON k.program = p.program WHERE k.tuples = 1
)
SELECT f.account_key, f.header_tuple AS key, f.exchange_key, f.ts
FROM features AS f JOIN frozen AS z ON f.account_key = z.account_key AND {PROGRAM} = z.program
WHERE f.header_tuple IS NOT NULL
"""

DAY_MINUTES = DAY // 60_000_000


def _daily(account: str, *versions: str) -> list[Record]:
    """One call a day, with the given client versions one after another."""
    return [
        call(
            account, n * DAY_MINUTES, user_agent=f"tide-cli/2.{version}", headers={"x-package-version": f"2.{version}"}
        )
        for n, version in enumerate(versions)
    ]


UPDATED = [record for n in range(6) for record in _daily(f"user-{n}", *"0011122223")]

SIGNAL = Signal(
    name="frozen_header_tuple",
    family="client",
    layer="infrastructure",
    alone=False,
    says="These accounts have sent the same header tuple for a week or more while most users of that client moved to "
    "newer versions: headers stored once and put back on every call.",
    misses="A relay that updates its stored headers with each release, and runs too short for a client to move on.",
    false_alarms="A pinned container image or lock file on many machines of one company or product.",
    sql=SQL,
    fires=calls(*UPDATED, *(record for n in range(3) for record in _daily(f"frozen-{n}", *"0000000000"))),
    quiet=calls(*UPDATED, *(record for n in range(3) for record in _daily(f"late-{n}", *"0000000011"))),
    needs=("header_tuple",),
)
