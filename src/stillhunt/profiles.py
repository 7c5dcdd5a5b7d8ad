"""One row an account over the run: how much it calls, when, who it openly is, and how far its calls elicit."""

from stillhunt.engine.base import Engine

DAY = 86_400_000_000  # µs
HOUR = DAY // 24
SESSION_GAP = HOUR // 2
LEAST_HOURS = 8  # active hours; with fewer, a flat day and a human one look alike
LEAST_DAYS = 2  # one day's hours say when somebody worked once, not what the rhythm is
MICRO = 1_000_000  # fractions are summed as whole millionths: the sum is then the same in any order and on any engine

# Null probabilities are skipped by GREATEST; NaN and what lies outside [0, 1] is no probability, so unknown.
_ELICIT = ("reasoning", "grading", "rewriting", "generation", "cleaning", "bypass")
_HIGHEST = "GREATEST({})".format(
    ", ".join(f"CASE WHEN elicit_{kind} BETWEEN 0 AND 1 THEN elicit_{kind} END" for kind in _ELICIT)
)


def _micro(fraction: str) -> str:
    return f"CAST(FLOOR(CAST({fraction} AS DOUBLE) * {MICRO} + 0.5) AS BIGINT)"


_ANGLE = f"CAST(hour % {DAY} AS DOUBLE) * 2 * PI() / {DAY}"

SQL = f"""
WITH calls AS (
  SELECT i.a, f.ts, f.exchange_key, f.conversation, f.prompt_key, f.org_id, {_HIGHEST} AS elicitation,
         CASE WHEN f.turns > 1 OR f.opening IS NOT NULL THEN 1 WHEN f.turns IS NOT NULL THEN 0 END AS follows
  FROM features AS f JOIN account_index AS i ON i.account_key = f.account_key
),
placed AS (
  SELECT a, elicitation, follows FROM calls WHERE conversation IS NULL
  UNION ALL
  SELECT a, elicitation,
         CASE WHEN follows = 1 OR ROW_NUMBER() OVER (PARTITION BY a, conversation ORDER BY ts, exchange_key) > 1
              THEN 1 ELSE 0 END
  FROM calls WHERE conversation IS NOT NULL
),
contents AS (
  SELECT a, COUNT(*) AS exchanges, AVG(follows) AS follow_ups,
         CAST(SUM({_micro("elicitation")}) AS DOUBLE) / COUNT(elicitation) / {MICRO} AS elicitation
  FROM placed GROUP BY a
),
steps AS (SELECT a, ts, LAG(ts) OVER (PARTITION BY a ORDER BY ts) AS last_ts FROM calls),
times AS (
  SELECT a, MIN(ts) AS first_ts, MAX(ts) AS last_ts,
         SUM(CASE WHEN last_ts IS NULL OR ts - last_ts > {SESSION_GAP} THEN 1 ELSE 0 END) AS sessions
  FROM steps GROUP BY a
),
hours AS (SELECT a, ts - ts % {HOUR} AS hour FROM calls GROUP BY a, ts - ts % {HOUR}),
days AS (
  SELECT a, hour - hour % {DAY} AS day, COUNT(*) AS active,
         SUM({_micro(f"COS({_ANGLE})")}) AS x, SUM({_micro(f"SIN({_ANGLE})")}) AS y
  FROM hours GROUP BY a, hour - hour % {DAY}
),
vectors AS (
  SELECT a, COUNT(*) AS active_days, CAST(SUM(active) AS DOUBLE) AS active,
         CAST(SUM(x) AS DOUBLE) / {MICRO} AS x, CAST(SUM(y) AS DOUBLE) / {MICRO} AS y
  FROM days GROUP BY a
),
rhythms AS (
  SELECT a, active_days, CASE WHEN active >= {LEAST_HOURS} AND active_days >= {LEAST_DAYS}
         THEN ((x * x + y * y) / active - 1) / (active - 1) END AS day_rhythm
  FROM vectors
),
prompts AS (SELECT a, prompt_key, COUNT(*) AS sent FROM calls WHERE prompt_key IS NOT NULL GROUP BY a, prompt_key),
news AS (SELECT a, CAST(COUNT(*) AS DOUBLE) / SUM(sent) AS distinct_prompts FROM prompts GROUP BY a),
claims AS (SELECT a, org_id, COUNT(*) AS made FROM calls WHERE org_id IS NOT NULL GROUP BY a, org_id),
ranked AS (
  SELECT a, org_id, ROW_NUMBER() OVER (PARTITION BY a ORDER BY made DESC, org_id) AS place FROM claims
),
known AS (
  SELECT i.a, i.account_id, COALESCE(k.org_id, c.org_id) AS org_id, k.verified, k.pathway, k.created_at,
         k.suspended_at
  FROM account_index AS i
  LEFT JOIN account_keys AS k ON i.account_key = k.account_key
  LEFT JOIN ranked AS c ON i.a = c.a AND c.place = 1
)
SELECT k.account_id, v.exchanges, r.active_days, t.first_ts, t.last_ts, k.org_id,
       COALESCE(k.org_id, 'account:' || k.account_id) AS entity,
       k.verified, k.pathway, k.created_at, k.suspended_at, r.day_rhythm, CAST(t.sessions AS BIGINT) AS sessions,
       v.follow_ups, v.elicitation, n.distinct_prompts
FROM known AS k
JOIN contents AS v ON v.a = k.a
JOIN times AS t ON t.a = k.a
JOIN rhythms AS r ON r.a = k.a
LEFT JOIN news AS n ON n.a = k.a
"""


def build_profiles(engine: Engine) -> None:
    """Create table `profile` (PROFILE) from `features` and `account_keys`: one row an account that made a call.

    Before it, `account_index` (account_id, account_key, a): these accounts by numbers from 0, in the order of their
    ids.

    An account's *entity* is its organisation (of the accounts file, else the one that most of its calls name), else
    `account:` and its id. A private mail domain says nothing of who stands behind it: anybody can register one, and
    operators do.

    `day_rhythm` takes each clock hour with a call as one vote, because the calls of one hour are not independent and
    the bias could not be removed: with n active hours of mean resultant length R it is (n·R² - 1)/(n - 1), whose
    expectation is 0 when all hours are alike (Mardia & Jupp, *Directional Statistics*, 2000, section 2.3); it may fall
    a little below 0. Null, so unknown, under LEAST_HOURS active hours or LEAST_DAYS days.

    A call *follows up* if it has more than one user turn or repeats a conversation of this account; `follow_ups`,
    `elicitation` and `distinct_prompts` are shares and means over the calls for which the answer is known.
    """
    engine.create(
        "account_index",
        """SELECT account_id, account_key, CAST(row_number() OVER (ORDER BY account_id) - 1 AS INTEGER) AS a
           FROM (SELECT account_key, min(account_id) AS account_id FROM features GROUP BY account_key) q""",
    )
    engine.create("profile", SQL)
