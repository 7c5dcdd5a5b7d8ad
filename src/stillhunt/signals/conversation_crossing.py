"""One conversation on several accounts."""

from stillhunt.signals.base import Signal
from stillhunt.signals.expressions import DAY
from stillhunt.signals.samples import call, calls

GAP = DAY  # a relay forgets which account a conversation stuck to after about an hour; people come back the same day

# Without an id, a conversation is known by its opening, and openings repeat ("hi"). So an opening counts as one
# conversation only if turns never go back over all its calls, and grow wherever the account changes: two strangers who
# begin alike both start at the second turn.
SQL = f"""
WITH steps AS (
  SELECT account_key, opening, exchange_key, ts, CAST(turns AS BIGINT) AS turns,
         LAG(account_key) OVER one AS last_account, CAST(LAG(turns) OVER one AS BIGINT) AS last_turns,
         LAG(ts) OVER one AS last_ts
  FROM features WHERE opening IS NOT NULL AND turns IS NOT NULL
  WINDOW one AS (PARTITION BY opening ORDER BY ts, exchange_key)
),
carried AS (
  SELECT opening FROM steps WHERE last_account IS NOT NULL GROUP BY opening
  HAVING MIN(turns - last_turns) >= 0
    AND MAX(CASE WHEN account_key <> last_account THEN 1 ELSE 0 END) = 1
    AND MIN(CASE WHEN account_key <> last_account THEN turns - last_turns END) >= 1
    AND MAX(CASE WHEN account_key <> last_account THEN ts - last_ts END) <= {GAP}
)
SELECT account_key, conversation AS key, exchange_key, ts FROM features WHERE conversation IS NOT NULL
UNION ALL
SELECT s.account_key, s.opening AS key, s.exchange_key, s.ts
FROM steps AS s JOIN carried AS c ON s.opening = c.opening
"""

OPENING = "Let us plan the sound of a radio play about a lighthouse keeper who collects the names of ships."

SIGNAL = Signal(
    name="conversation_crossing",
    family="relay",
    layer="behaviour",
    alone=True,
    says="One conversation runs over these accounts: the same conversation id, or one opening whose turns count on "
    "after the account changed.",
    misses="A relay that keeps each conversation on one account or rewrites its id, and calls of a single turn.",
    false_alarms="Clients that number their conversations from one, a company's gateway over its own accounts, and two "
    "people who continue a shared conversation.",
    sql=SQL,
    fires=calls(
        *(call("cross-0", n, opening=OPENING, prompt=f"Go on with scene {n}.", turns=n) for n in (2, 3)),
        *(call("cross-1", 90 + n, opening=OPENING, prompt=f"Go on with scene {n}.", turns=n) for n in (4, 5)),
        call("cross-2", 3, conversation_id="c-81"),
        call("cross-3", 9, conversation_id="c-81"),
    ),
    quiet=calls(
        *(
            call(f"cross-{who}", 90 * who + n, opening="Hi there!", prompt=f"And question {n}?", turns=n)
            for who in range(3)
            for n in (2, 3)
        ),
        call("cross-4", 3, conversation_id="c-81"),
        call("cross-5", 9, conversation_id="c-82"),
    ),
    needs=("conversation", "opening"),
)
