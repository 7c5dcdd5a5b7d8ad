"""A request that was turned away comes back at once on another account."""

from stillhunt.signals.base import Signal
from stillhunt.signals.expressions import MINUTE
from stillhunt.signals.samples import call, calls

TURNED_AWAY = "429, 403, 529"  # rate limit, refused, overloaded: what a relay answers by taking its next account
SOON = MINUTE
RARE = 20  # calls with this body in the run; a body sent more often comes back by chance

# Of each call, the last call before it with the same body that was turned away, on whatever account.
LAST = """LAST_VALUE(CASE WHEN turned_away = 1 THEN {} END IGNORE NULLS) OVER (
    PARTITION BY body_key ORDER BY ts, exchange_key ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"""

SQL = f"""
WITH bodies AS (
  SELECT account_key, body_key, exchange_key, ts, CASE WHEN status IN ({TURNED_AWAY}) THEN 1 ELSE 0 END AS turned_away
  FROM features WHERE body_key IN (SELECT body_key FROM features WHERE status IN ({TURNED_AWAY}))
),
retried AS (
  SELECT body_key FROM bodies GROUP BY body_key
  HAVING MIN(account_key) <> MAX(account_key) AND COUNT(*) <= {RARE}
),
followed AS (
  SELECT b.account_key, b.body_key, b.exchange_key, b.ts, b.turned_away
  FROM bodies AS b JOIN retried AS r ON b.body_key = r.body_key
),
paired AS (
  SELECT account_key, body_key, exchange_key, ts, {LAST.format("account_key")} AS limited_account,
         {LAST.format("exchange_key")} AS limited_exchange, {LAST.format("ts")} AS limited_ts
  FROM followed
),
moved AS (SELECT * FROM paired WHERE limited_account <> account_key AND ts - limited_ts <= {SOON})
SELECT account_key, body_key AS key, exchange_key, ts FROM moved
UNION
SELECT limited_account, body_key, limited_exchange, limited_ts FROM moved
"""

ASKED = "Translate the attached minutes of the water board into plain English and list who has to do what by when."

SIGNAL = Signal(
    name="retry_after_limit",
    family="relay",
    layer="behaviour",
    alone=True,
    says="A request that one of these accounts was refused (429, 403 or 529) came in again, word for word, on another "
    "within a minute: failover inside a pool.",
    misses="A pool that is never limited, waits longer than a minute, or changes the request before it tries again.",
    false_alarms="A company's gateway that fails over between its own accounts.",
    sql=SQL,
    fires=calls(
        call("retry-0", 0, prompt=ASKED, status=429),
        call("retry-1", 0.1, prompt=ASKED, status=529),
        call("retry-2", 0.2, prompt=ASKED, status=200),
    ),
    quiet=calls(
        call("retry-0", 0, prompt=ASKED, status=429),
        call("retry-0", 0.5, prompt=ASKED, status=200),
        call("retry-1", 90, prompt=ASKED, status=200),
        call("retry-2", 90.2, prompt=ASKED, status=200),
    ),
    needs=("body_key",),
)
