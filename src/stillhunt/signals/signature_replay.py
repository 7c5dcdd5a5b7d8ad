"""Thinking signatures that turn up on an account that never received them."""

from stillhunt.signals.base import Signal
from stillhunt.signals.samples import call, calls

# Only a signature that was sent in is kept: one that nobody returned cannot have moved.
SQL = """
WITH seen AS (
  SELECT account_key, UNNEST(reasoning_in) AS key, exchange_key, ts, 1 AS sent FROM features
  WHERE reasoning_in IS NOT NULL
  UNION ALL
  SELECT account_key, UNNEST(reasoning_out) AS key, exchange_key, ts, 0 AS sent FROM features
  WHERE reasoning_out IS NOT NULL
),
replayed AS (
  SELECT key FROM seen WHERE key IS NOT NULL GROUP BY key
  HAVING MAX(sent) = 1 AND MIN(account_key) <> MAX(account_key)
)
SELECT s.account_key, s.key, s.exchange_key, s.ts FROM seen AS s JOIN replayed AS r ON s.key = r.key
"""

SIGNAL = Signal(
    name="signature_replay",
    family="relay",
    layer="behaviour",
    alone=True,
    says="A thinking signature issued to one of these accounts was sent back by another, or two sent the same one: "
    "their conversations or stored traces are pooled.",
    misses="A relay that strips thinking blocks, and a pool whose conversations never change account.",
    false_alarms="A company's gateway that spreads its conversations over its own accounts, and users who share an "
    "exported conversation.",
    sql=SQL,
    fires=calls(
        call("sign-0", 0, reasoning_out=["sig-a"]),
        call("sign-1", 1, reasoning_in=["sig-a"], reasoning_out=["sig-b"]),
        call("sign-2", 2, reasoning_in=["sig-a", "sig-b"]),
    ),
    quiet=calls(
        *(
            record
            for n in range(3)
            for record in (
                call(f"sign-{n}", n, reasoning_out=[f"sig-{n}"]),
                call(f"sign-{n}", n + 5, reasoning_in=[f"sig-{n}"], reasoning_out=[f"sig-{n}-next"]),
            )
        )
    ),
    needs=("reasoning_in", "reasoning_out"),
)
