"""Accounts that ask for one capability with one set of decoding settings."""

from stillhunt.signals.base import Record, Signal
from stillhunt.signals.expressions import combined_key, label_key
from stillhunt.signals.samples import call, calls

LEAST_CALLS = 20
FIXED = 80  # percent of an account's calls with the same capability and settings

# Hundredths of a degree, whole; a value outside the range of any API (or NaN) is unknown.
TEMPERATURE = "CASE WHEN temperature BETWEEN 0 AND 100 THEN CAST(FLOOR(temperature * 100 + 0.5) AS BIGINT) END"

SQL = f"""
WITH labelled AS (
  SELECT account_key, {label_key("capability")} AS capability, {TEMPERATURE} AS temperature, max_tokens,
         CAST(COALESCE(n, 1) AS BIGINT) AS choices, COALESCE(tools_key, 0) AS tools_key, exchange_key, ts
  FROM features WHERE capability IS NOT NULL
),
keyed AS (
  SELECT account_key, {combined_key("capability", "temperature", "max_tokens", "choices", "tools_key")} AS key,
         exchange_key, ts
  FROM labelled
),
counted AS (
  SELECT account_key, key, COUNT(*) AS sent, SUM(COUNT(*)) OVER (PARTITION BY account_key) AS total
  FROM keyed GROUP BY account_key, key
),
fixed AS (
  SELECT account_key, key FROM counted
  WHERE key IS NOT NULL AND total >= {LEAST_CALLS} AND 100 * sent >= {FIXED} * total
)
SELECT k.account_key, k.key, k.exchange_key, k.ts
FROM keyed AS k JOIN fixed AS x ON k.account_key = x.account_key AND k.key = x.key
"""

THINGS = ("queue", "stack", "ring buffer", "trie", "heap", "graph", "bitmap", "matrix", "ledger", "cache", "token")


def _coder(account: str, temperature: float, max_tokens: int) -> list[Record]:
    return [
        call(
            account,
            n,
            prompt=f"Write a Python function with unit tests that implements a {THINGS[n % 11]} of size {n + 3}.",
            temperature=temperature,
            max_tokens=max_tokens,
        )
        for n in range(22)
    ]


SIGNAL = Signal(
    name="capability_profile",
    family="profile",
    layer="content",
    alone=False,
    says="Nearly all calls of these accounts exercise one capability with the same temperature, output limit, number "
    "of completions and tools.",
    misses="An operator who spreads each account over capabilities or draws the settings at random.",
    false_alarms="Customers of one product that fixes the settings, and evaluation suites.",
    sql=SQL,
    fires=calls(*(record for n in range(3) for record in _coder(f"coder-{n}", 0.85, 6000))),
    quiet=calls(*(record for n in range(3) for record in _coder(f"coder-{n}", 0.2 + n / 4, 1024 * (n + 1)))),
    needs=("capability",),
)
