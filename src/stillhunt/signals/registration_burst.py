"""Accounts that registered when far more did than is usual."""

from stillhunt.signals.base import Signal
from stillhunt.signals.expressions import DAY, HOUR, bucket, combined_key, label_key
from stillhunt.signals.samples import account, registered

WHOLE_DAY = 24  # slot of a day's cell; 0 to 23 are its hours
NEIGHBOURS = 14 * DAY  # the days before and after that say what is usual
LEAST_DAYS = 7  # known days around a cell; with fewer nobody can say what is usual
LEAST_ACCOUNTS = 3
LEAST_RATIO = 3  # far more than expected, and not only surely more: a working week or an advertisement doubles a day
ODDS = 100  # one run in a hundred without bursts shows one, over all its cells

# P(X >= c) <= exp(-(c ln(c/m) - c + m)) for a Poisson X of mean m < c (Chernoff; Mitzenmacher & Upfal 2005, Theorem
# 5.4), because no engine has a Poisson tail. One registration is added to the neighbours', so that m is never nought.
SQL = f"""
WITH registrations AS (
  SELECT account_key, {label_key("pathway")} AS pathway, {label_key("plan")} AS plan,
         {bucket("created_at", DAY)} AS day, {bucket("created_at", HOUR)} - {bucket("created_at", DAY)} AS hour
  FROM account_keys WHERE created_at IS NOT NULL
),
placed AS (
  SELECT account_key, pathway, plan, day, UNNEST([hour, {WHOLE_DAY * HOUR}]) AS slot FROM registrations
),
cells AS (SELECT pathway, plan, day, slot, COUNT(*) AS accounts FROM placed GROUP BY pathway, plan, day, slot),
span AS (SELECT pathway, plan, MIN(day) AS first_day, MAX(day) AS last_day FROM cells GROUP BY pathway, plan),
trials AS (SELECT COUNT(*) AS tried FROM cells),
near AS (
  SELECT c.pathway, c.plan, c.day, c.slot, c.accounts, t.tried,
         SUM(c.accounts) OVER around AS together,
         (LEAST(c.day + {NEIGHBOURS}, s.last_day) - GREATEST(c.day - {NEIGHBOURS}, s.first_day)) AS known
  FROM cells AS c JOIN span AS s ON c.pathway = s.pathway AND c.plan = s.plan CROSS JOIN trials AS t
  WINDOW around AS (
    PARTITION BY c.pathway, c.plan, c.slot ORDER BY c.day
    RANGE BETWEEN {NEIGHBOURS} PRECEDING AND {NEIGHBOURS} FOLLOWING
  )
),
rated AS (
  SELECT pathway, plan, day, slot, accounts, tried, CAST(together - accounts + 1 AS DOUBLE) * {DAY} / known AS expected
  FROM near WHERE known >= {LEAST_DAYS * DAY} AND accounts >= {LEAST_ACCOUNTS}
),
bursts AS (
  SELECT pathway, plan, day, slot FROM rated
  WHERE accounts >= {LEAST_RATIO} * expected
    AND accounts * LN(accounts / expected) - accounts + expected >= LN(CAST(tried AS DOUBLE) * {ODDS})
)
SELECT p.account_key, {combined_key("p.day + p.slot", "p.slot", "p.pathway", "p.plan")} AS key,
       CAST(NULL AS BIGINT) AS exchange_key, CAST(NULL AS BIGINT) AS ts
FROM placed AS p JOIN bursts AS b
  ON p.pathway = b.pathway AND p.plan = b.plan AND p.day = b.day AND p.slot = b.slot
"""

DAY_MINUTES, HOUR_MINUTES = DAY // 60_000_000, HOUR // 60_000_000
STEADY = tuple(
    account(f"steady-{n}", created=n * 0.75 * DAY_MINUTES, plan="api", pathway="education") for n in range(40)
)

SIGNAL = Signal(
    name="registration_burst",
    family="registration",
    layer="infrastructure",
    alone=False,
    says="These accounts registered in the same hour or day, in which far more accounts of that plan and pathway were "
    "opened than in the two weeks around it.",
    misses="An operator who registers slowly over months, or who buys accounts that others opened long ago.",
    false_alarms="A class that signs up in its first lesson, the day after a launch or a press report, and a company "
    "that opens all its seats at once.",
    sql=SQL,
    fires=registered(
        (
            *STEADY,
            *(
                account(f"burst-{n}", created=15 * DAY_MINUTES + 2 * n, plan="api", pathway="education")
                for n in range(20)
            ),
        )
    ),
    quiet=registered(
        (
            *STEADY,
            *(account(f"seminar-{n}", created=15 * DAY_MINUTES + n, plan="api", pathway="education") for n in range(3)),
        )
    ),
    needs=("created_at",),
)
