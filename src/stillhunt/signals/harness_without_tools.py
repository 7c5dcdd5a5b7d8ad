"""A harness's system prompt without the harness."""

from stillhunt.signals.base import Signal
from stillhunt.signals.samples import call, calls

LEAST_ACCOUNTS = 5  # accounts that send the prompt with tools
USUAL = 80  # percent of the prompt's accounts that send tools with it

SQL = f"""
WITH senders AS (
  SELECT account_key, system_key, MAX(tools_count) AS tools
  FROM features WHERE system_key IS NOT NULL AND tools_count IS NOT NULL GROUP BY account_key, system_key
),
harnesses AS (
  SELECT system_key FROM senders GROUP BY system_key
  HAVING SUM(CASE WHEN tools > 0 THEN 1 ELSE 0 END) >= {LEAST_ACCOUNTS}
    AND 100 * SUM(CASE WHEN tools > 0 THEN 1 ELSE 0 END) >= {USUAL} * COUNT(*)
),
bare AS (
  SELECT s.account_key, s.system_key FROM senders AS s JOIN harnesses AS h ON s.system_key = h.system_key
  WHERE s.tools = 0
)
SELECT f.account_key, f.system_key AS key, f.exchange_key, f.ts
FROM features AS f JOIN bare AS b ON f.account_key = b.account_key AND f.system_key = b.system_key
"""

HARNESS = (
    "You are Plover, a coding assistant that works in the user's terminal. Read files before you edit them, keep "
    "changes small, run the tests after every edit, and never push to a remote branch without being asked to."
)
TOOLS = ["edit_file", "read_file", "run_command"]
CODERS = tuple(
    call(f"coder-{n}", n, system=HARNESS, tools=TOOLS, prompt=f"Rename the module number {n} please.")
    for n in range(12)
)

SIGNAL = Signal(
    name="harness_without_tools",
    family="client",
    layer="behaviour",
    alone=False,
    says="These accounts send the system prompt of a harness that nearly always comes with tools, but offer none: a "
    "relay put the prompt in to pass for the harness.",
    misses="A relay that injects the tool schema too, and a harness whose honest users are fewer than the relay's.",
    false_alarms="Users of a harness's plain chat mode, and people who study or copy its prompt.",
    sql=SQL,
    fires=calls(
        *CODERS, *(call(f"bare-{n}", 30 + n, system=HARNESS, tools=[], prompt="Write me a sonnet.") for n in range(2))
    ),
    quiet=calls(
        *CODERS,
        *(call(f"chat-{n}", 30 + n, system=f"You are {name}.", tools=[], prompt="Write me a sonnet.")
          for n, name in enumerate(("a poet", "the night porter of a hotel"))),
    ),
    needs=("tools_count",),
)  # fmt: skip
