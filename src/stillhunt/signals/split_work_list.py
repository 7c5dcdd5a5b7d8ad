"""One list of work dealt out to accounts: a shared template whose fillings never come twice, in even shares."""

from stillhunt.signals.base import Record, Signal
from stillhunt.signals.expressions import spread_at_most
from stillhunt.signals.samples import call, calls
from stillhunt.signals.template_head import HEAD

LEAST_ACCOUNTS = 3
LEAST_CALLS = 30
MOST_REPEATED = 1  # percent of the items that a second account may have sent
MOST_SPREAD = 56  # squared coefficient of variation of calls per account, in percent: 0.75 squared; people exceed 1

# Per template that comes often enough: first its items, then its accounts, so that nothing is counted over pairs.
SQL = f"""
WITH often AS (
  SELECT key FROM (SELECT UNNEST([system_key, head_key, tail_key]) AS key FROM features WHERE prompt_key IS NOT NULL) k
  WHERE key IS NOT NULL GROUP BY key HAVING COUNT(*) >= {LEAST_CALLS}
),
templated AS (
  SELECT account_key, prompt_key, key, exchange_key, ts
  FROM (SELECT account_key, prompt_key, UNNEST([system_key, head_key, tail_key]) AS key, exchange_key, ts
        FROM features WHERE prompt_key IS NOT NULL) f
  WHERE key IN (SELECT key FROM often)
),
items AS (
  SELECT key, prompt_key, CASE WHEN MIN(account_key) <> MAX(account_key) THEN 1 ELSE 0 END AS repeated
  FROM templated GROUP BY key, prompt_key
),
lists AS (
  SELECT key FROM items GROUP BY key
  HAVING COUNT(*) >= {LEAST_CALLS} AND 100 * SUM(repeated) <= {MOST_REPEATED} * COUNT(*)
),
shares AS (
  SELECT t.key, t.account_key, COUNT(*) AS sent
  FROM templated AS t JOIN lists AS l ON t.key = l.key GROUP BY t.key, t.account_key
),
dealt AS (
  SELECT key FROM shares GROUP BY key
  HAVING COUNT(*) >= {LEAST_ACCOUNTS}
    AND {spread_at_most(MOST_SPREAD, "sent")}
)
SELECT t.account_key, t.key, t.exchange_key, t.ts FROM templated AS t JOIN dealt AS d ON t.key = d.key
"""

THINGS = ("lantern", "bridge", "orchard", "violin", "harbour", "candle", "ladder", "meadow", "compass", "kettle")
DEEDS = ("count", "compare", "weigh", "describe")


def _dealt(shares: tuple[int, ...]) -> list[Record]:
    """40 items in order, dealt to accounts in the given shares."""
    items = [
        f"{HEAD}{deed} every {thing} of the village {n} times over." for n, deed in enumerate(DEEDS) for thing in THINGS
    ]
    owners = [f"deal-{n}" for n, share in enumerate(shares) for _ in range(share)]
    return [call(owner, n, prompt=item) for n, (owner, item) in enumerate(zip(owners, items, strict=True))]


SIGNAL = Signal(
    name="split_work_list",
    family="template",
    layer="content",
    alone=True,
    says="These accounts share a template, no two of them ever send the same filling, and all send about equally many: "
    "one list of work dealt out by a balancer.",
    misses="An operator who asks the same item through several accounts, deals unevenly, or works without a template.",
    false_alarms="A product that puts a template around what its users type and has equally busy users.",
    sql=SQL,
    fires=calls(*_dealt((14, 13, 13))),
    quiet=calls(*_dealt((36, 1, 1, 1, 1))),
    needs=("system_key", "head_key", "tail_key"),
)
