"""Accounts that move to a new model within a day of its release."""

from stillhunt.signals.base import Record, Sample, Signal
from stillhunt.signals.expressions import DAY, HOUR
from stillhunt.signals.samples import START, call

BEFORE = 7 * DAY
FIRST_USE = DAY
AFTER = 2 * DAY
LEAST_BEFORE = 5  # calls in the week before, or nobody can say that the account moved
LEAST_AFTER = 10  # calls from its first use of the model on
MOVED = 50  # percent of those calls that ask the new model
STEP = 6 * HOUR  # accounts that moved in the same quarter of the day share a key

# A release's own moment stands for its model in the key: two models released at once are one event.
SQL = f"""
WITH around AS (
  SELECT f.account_key, r.model, r.released_at, f.ts, f.exchange_key,
         CASE WHEN f.model = r.model THEN 1 ELSE 0 END AS new_model
  FROM features AS f JOIN releases AS r
    ON f.ts >= r.released_at - {BEFORE} AND f.ts < r.released_at + {AFTER}
  WHERE f.model IS NOT NULL
),
marked AS (
  SELECT account_key, model, released_at, ts, exchange_key, new_model,
         MIN(CASE WHEN new_model = 1 THEN ts END) OVER (PARTITION BY account_key, model, released_at) AS first_use
  FROM around
),
moved AS (
  SELECT account_key, model, released_at, MIN(first_use) AS first_use FROM marked
  WHERE first_use IS NOT NULL GROUP BY account_key, model, released_at
  HAVING MIN(first_use) >= released_at AND MIN(first_use) < released_at + {FIRST_USE}
    AND SUM(CASE WHEN ts < released_at THEN 1 ELSE 0 END) >= {LEAST_BEFORE}
    AND SUM(CASE WHEN ts >= first_use THEN 1 ELSE 0 END) >= {LEAST_AFTER}
    AND 100 * SUM(new_model) >= {MOVED} * SUM(CASE WHEN ts >= first_use THEN 1 ELSE 0 END)
)
SELECT k.account_key, v.first_use - (v.first_use - v.released_at) % {STEP} AS key, k.exchange_key, k.ts
FROM marked AS k JOIN moved AS v
  ON k.account_key = v.account_key AND k.model = v.model AND k.released_at = v.released_at
WHERE k.new_model = 1
"""

OLD, NEW = "tern-2", "tern-3"
DAY_MINUTES = 24 * 60
RELEASES = ({"model": OLD, "released_at": START - 200 * DAY}, {"model": NEW, "released_at": START + 7 * DAY})


def _moving(account: str, moves: float, share: int) -> list[Record]:
    """Four calls a day for ten days; from day `moves` on, all but every `share`-th call asks the new model."""
    return [call(account, n * DAY_MINUTES / 4, model=NEW if n >= 4 * moves and n % share else OLD) for n in range(40)]


def _all_after(account: str, hours: float) -> list[Record]:
    """A week on the old model, then 16 calls on the new one from `hours` after its release."""
    old = [call(account, n * DAY_MINUTES, model=OLD) for n in range(7)]
    return [*old, *(call(account, 7 * DAY_MINUTES + hours * 60 + 30 * n, model=NEW) for n in range(16))]


SIGNAL = Signal(
    name="release_reaction",
    family="time",
    layer="behaviour",
    alone=False,
    says="Within a day of a model's release, and in the same quarter of that day, these accounts moved most of their "
    "traffic to it.",
    misses="An operator who waits some days, moves account by account, or asks for an alias of the newest model.",
    false_alarms="Day-one benchmarking, enthusiasts, and products that switch on the day of a launch.",
    sql=SQL,
    fires=Sample([record for n in range(3) for record in _all_after(f"move-{n}", 2 + n)], releases=RELEASES),
    quiet=Sample(
        [
            *_all_after("bench", 3),
            *(record for n in range(3) for record in _moving(f"slow-{n}", 8.5 + n / 4, 3)),
            *(record for n in range(3) for record in _all_after(f"days-{n}", 30 + n)),
        ],
        releases=RELEASES,
    ),
    needs=("model",),
)
