"""New conversations that visit the accounts of a pool in turn."""

from stillhunt.signals.base import Record, Signal
from stillhunt.signals.expressions import spread_at_most
from stillhunt.signals.samples import call, calls

LEAST_ACCOUNTS = 3
LEAST_RETURNS = 60
MOST_SPREAD = 25  # squared coefficient of variation of the returns, in percent; 60 random picks stay above 29

# A pool candidate is a header tuple or a network. Its conversations are put in order of their first call; a *return* is
# how many conversations ago the account of this one was last chosen. Least recently used picks make returns all about
# as long as the pool is large (variation 0, and near 0 while accounts come and go). Random picks give a geometric
# distribution (squared variation 1 - 1/accounts, so 0.67 at least), people who come back in bursts more.
SQL = f"""
WITH started AS (
  SELECT account_key, COALESCE(conversation, opening, body_key) AS talk, header_tuple, network, exchange_key, ts,
         ROW_NUMBER() OVER (PARTITION BY COALESCE(conversation, opening, body_key), account_key
                            ORDER BY ts, exchange_key) AS place
  FROM features
),
talks AS (
  SELECT account_key, UNNEST([header_tuple, network]) AS key, exchange_key, ts
  FROM started WHERE place = 1 AND talk IS NOT NULL
),
placed AS (
  SELECT account_key, key, exchange_key, ts, ROW_NUMBER() OVER (PARTITION BY key ORDER BY ts, exchange_key) AS place
  FROM talks WHERE key IS NOT NULL
),
visits AS (
  SELECT account_key, key, exchange_key, ts,
         place - LAG(place) OVER (PARTITION BY key, account_key ORDER BY place) AS back
  FROM placed
),
pools AS (
  SELECT key FROM visits GROUP BY key
  HAVING MIN(account_key) <> MAX(account_key) AND COUNT(back) >= {LEAST_RETURNS}
    AND SUM(back) >= {LEAST_ACCOUNTS} * COUNT(back)
    AND {spread_at_most(MOST_SPREAD, "back")}
)
SELECT v.account_key, v.key, v.exchange_key, v.ts FROM visits AS v JOIN pools AS p ON v.key = p.key
"""


def _talks(owners: list[int]) -> list[Record]:
    """One short conversation after another on the given accounts, all sent from one network."""
    return [
        call(
            f"pool-{who}", 9 * n, conversation_id=f"talk-{n}", ip=f"203.0.113.{who + 8}", prompt=f"Riddle {n}, please."
        )
        for n, who in enumerate(owners)
    ]


SIGNAL = Signal(
    name="rotation",
    family="relay",
    layer="behaviour",
    alone=False,
    says="New conversations from one network or header tuple go to these accounts in turn, each again only after the "
    "others: a balancer that picks the least recently used.",
    misses="A balancer that picks at random or by priority, a pool whose accounts share neither headers nor network or "
    "are busy with long conversations most of the time, and a relay hidden among many users of a common client.",
    false_alarms="A company's gateway that balances its own accounts, and jobs of several accounts that run in a "
    "fixed order.",
    sql=SQL,
    fires=calls(*_talks([(n if n % 11 else n + 1) % 5 for n in range(80)])),
    quiet=calls(*_talks([n * n // 7 % 5 for n in range(80)])),
    needs=("header_tuple", "network"),
)
