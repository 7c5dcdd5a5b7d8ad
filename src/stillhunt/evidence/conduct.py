"""How the members of a group work: as people do, or as machines that one hand drives.

Coordination alone is innocent, and so is a machine alone. What honest customers hardly ever do is to spread one
machine's work evenly over many accounts: a company's seats are people, and an honest pipeline has an account or a few.
Three marks, each from 0 to 1, are taken of every member on the requests that belong to the group:

- *flat*: no hours of rest. One less the squared resultant length of the hours of day, its bias removed (Mardia and Jupp
  2000). A few calls of one member show anything by chance, so a group is judged by its median member.
- *calm*: work begins at even or random distances, while people work in bursts. Burstiness of the gaps between calls
  that continue nothing, corrected for their number (Goh and Barabási 2008; Kim and Jo 2016).
- *single*: calls that continue no conversation; unknown where the logs cannot say.

Each mark counts only as far as it exceeds that of the run's average account outside the group, and of the whole harvest
that a group is a part of; for clocks the median account. Where everybody's clock is flat, a flat clock says nothing.
"""

from stillhunt.engine.base import Engine

DAY = 86_400_000_000  # µs
HOUR = DAY // 24
LEAST_CALLS = 5
"""Calls in the group below which a member's conduct is unknown."""
LEAST_GAPS = 4
IDLE, BUSY = 2.0, 4.0
"""Calls a day, on days with any, up to which nobody works like a machine, and from which a member may in full: whoever
asks once in a while shows no bursts, because there are too few calls to make one."""
FLAT = 0.3
"""Squared resultant length from which a clock is no longer flat at all: twelve hours' work has 0.4."""
BURSTY = 0.5
"""Burstiness from which nothing is calm: 0 is random, 1 one burst, and people are at 0.3 to 0.7."""
CALM_SHARE = 0.7
"""Weight of calm against single: agents continue their own conversations."""
IN_FULL = 0.7
"""A mark that exceeds the usual one by this much counts in full. Where everybody is like a machine, none can."""
AT_WORK = 0.25
"""A member works like a machine from this mark up."""
LEAST_WORKERS = 3
APART = 1.0
"""Doublings of pace between neighbours from which those below and above are two pools."""
PRIOR_ACCOUNTS = 10
"""Usual accounts of the run that are added to those outside a group, before its members are held against them."""
MAD_TO_SD = 1.4826
"""A normal distribution's standard deviation, over its median absolute deviation."""
COUNTING = 2.0814
"""(1 / ln 2)^2: the variance of log2 of a Poisson count is about this over the count."""
PERSON = 32.0
"""Calls a day, on days with any, that a busy person makes; pace is counted in doublings beyond it."""
FULL_ELICITATION = 0.8
"""Mean elicitation above the usual from which it counts in full."""


def list_items(engine: Engine) -> None:
    """Make `group_items`: g, prompt_key, n, alone (whether one account sent it), first_day; reads `group_features`."""
    engine.create(
        "group_items",
        f"""SELECT g, prompt_key, count(*) AS n, min(a) = max(a) AS alone, min(ts - ts % {DAY}) AS first_day
            FROM group_features WHERE prompt_key IS NOT NULL GROUP BY g, prompt_key""",
    )


def name_wholes(engine: Engine) -> None:
    """Make `group_wholes`: g, whole: the group whose accounts are no yardstick for it.

    That is itself, or the whole harvest that it is a part of: in a campaign's first hours most accounts with enough
    calls are its own, and other parts would be what is usual.
    """
    engine.create(
        "group_wholes",
        """SELECT l.g, coalesce(w.g, l.g) AS whole FROM group_list l
           LEFT JOIN group_list w ON w.layer = l.layer AND w.harvest = l.harvest AND w.whole""",
    )


def measure_conduct(engine: Engine, prior_requests: int) -> None:
    """Make `group_conduct` and `group_machines`.

    The first has a row a member: g, a, calls, days, texts, elicited, resultant, works, clockwork; the second a row a
    group: g, clockwork, machine_asked, pace. Reads `calls` (one row an exchange), `group_list`, `group_wholes`,
    `group_features` and `group_items`. `works` is how much a member works like a machine, whatever its hours;
    `clockwork` the same around the clock, and of a group it counts by the share of hours in which any member calls,
    from the first call to a day after the last one or the end of the logs. `pace` is how many doublings the median
    member is faster than a busy person.

    Args:
        engine: Holds the tables.
        prior_requests: Requests of the usual kind that are added to a group's own before their contents are judged.
    """
    engine.create("usual_conduct", _marks("calls", "a"))
    engine.create("member_marks", _marks("group_features", "g, a"))
    engine.create("usual_clock", _USUAL_CLOCK)
    engine.create("usual_marks", _USUAL)
    calm, single, flat = _beyond("m.calm", "u.calm"), _beyond("m.single", "u.single"), _beyond("flat", "usual")
    engine.create(
        "group_conduct",
        f"""SELECT g, a, calls, days, texts, elicited, resultant, works, round(works * {flat}, 6) AS clockwork FROM (
                SELECT m.g, m.a, m.calls, m.days, m.texts, m.elicited, m.resultant, {_flat("m.resultant")} AS flat,
                       u.flat AS usual,
                       round(least(greatest((m.calls / m.days - {IDLE}) / {BUSY - IDLE}, 0), 1)
                             * CASE WHEN m.single IS NULL THEN {calm}
                                    ELSE {CALM_SHARE} * {calm} + {1 - CALM_SHARE:.2f} * {single} END, 6) AS works
                FROM member_marks m JOIN usual_marks u ON u.g = m.g WHERE m.calls >= {LEAST_CALLS}) q""",
    )
    engine.create("machines_at_work", _MACHINES)
    engine.create(
        "group_machines",
        f"""WITH news AS (SELECT f.g, avg(CASE WHEN f.ts - f.ts % {DAY} = i.first_day THEN 1.0 ELSE 0.0 END) AS new
                          FROM group_features f JOIN group_items i ON i.g = f.g AND i.prompt_key = f.prompt_key
                          GROUP BY f.g),
                 paces AS (SELECT g, median(calls / days) AS calls FROM group_conduct GROUP BY g),
                 ends AS (SELECT max(ts) AS last FROM calls),
                 awake AS (SELECT f.g, CAST(count(DISTINCT f.ts - f.ts % {HOUR}) AS DOUBLE)
                                       / (1 + (least(max(e.last), max(f.ts) + {DAY}) - min(f.ts)) / {HOUR}) AS share
                           FROM group_features f CROSS JOIN ends e GROUP BY f.g)
            SELECT l.g, round(max(coalesce(log2(1 + w.works * {_beyond("w.flat", "m.flat")}) * w.even
                                           * least(s.share, 1), 0)), 6) AS clockwork,
                   round(max(coalesce(log2(1 + w.works) * w.even * w.share, 0) * (0.5 + 0.5 * coalesce(n.new, 0.5))
                             * least(greatest(coalesce((w.elicited - m.elicitation * w.texts)
                                                       / (w.texts + {prior_requests}), 0), 0) / {FULL_ELICITATION}, 1)),
                         6) AS machine_asked,
                   round(max(greatest(coalesce(log2(p.calls / {PERSON}), 0), 0)), 6) AS pace
            FROM group_list l JOIN usual_marks m ON m.g = l.g
            LEFT JOIN awake s ON s.g = l.g
            LEFT JOIN machines_at_work w ON w.g = l.g LEFT JOIN news n ON n.g = l.g LEFT JOIN paces p ON p.g = l.g
            GROUP BY l.g""",
    )


def _marks(table: str, unit: str) -> str:
    """SQL for the marks of each unit of a table of calls: calls, days, texts, elicited, resultant, calm, single."""
    units = unit.split(", ")
    gap_of = " AND ".join(f"p.{name} = s.{name}" for name in units)
    return f"""
WITH gaps AS (
  SELECT {unit}, ts - LAG(ts) OVER (PARTITION BY {unit} ORDER BY ts) AS gap FROM {table}
  WHERE coalesce(follows, 0) = 0
),
pace AS (
  SELECT {unit}, CAST(count(gap) AS DOUBLE) AS n, stddev_pop(gap) / nullif(avg(gap), 0) AS r FROM gaps GROUP BY {unit}
),
sums AS (
  SELECT {unit}, CAST(count(*) AS DOUBLE) AS calls, count(DISTINCT ts - ts % {DAY}) AS days,
         count(elicitation) AS texts, coalesce(sum(elicitation), 0) AS elicited, 1 - avg(follows) AS single,
         (sum(clock_x) * sum(clock_x) + sum(clock_y) * sum(clock_y)) AS squared
  FROM {table} GROUP BY {unit}
)
SELECT {", ".join(f"s.{name}" for name in units)}, s.calls, s.days, s.texts, s.elicited, s.single,
       CASE WHEN s.calls >= 2 THEN (s.squared - s.calls) / (s.calls - 1) / s.calls END AS resultant,
       CASE WHEN p.n >= {LEAST_GAPS}
            THEN least(greatest(1 - (sqrt(p.n + 1) * p.r - sqrt(p.n - 1)) / ((sqrt(p.n + 1) - 2) * p.r + sqrt(p.n - 1))
                                    / {BURSTY}, 0), 1)
            ELSE 0 END AS calm
FROM sums s LEFT JOIN pace p ON {gap_of}"""


def _beyond(mark: str, usual: str) -> str:
    """SQL for how far a mark exceeds the usual one, from 0 to 1."""
    return f"least(greatest(coalesce({mark}, 0) - {usual}, 0) / {IN_FULL}, 1)"


def _flat(resultant: str) -> str:
    """SQL for how flat a clock is, from 0 to 1, by its squared resultant length."""
    return f"least(greatest(1 - {resultant} / {FLAT}, 0), 1)"


def _even(spread: str) -> str:
    """SQL for how evenly work is shared, from 0 to 1, by the spread of log2 of calls a day."""
    return f"greatest(1 - sqrt(greatest({spread} * {spread} - {COUNTING} / m.typical, 0)) - 1.0 / m.workers, 0)"


# Workers of one group fall into pools where nobody works at a pace between theirs: two machines behind one list of
# cards are each as even as alone. Per pool: `works`, members at work by their marks; `share`, how many of the group's
# members with enough calls are at work in any pool (of hundreds of people who use one tool some look like machines);
# `flat`, how little its median member rests, less two standard errors of a median of so few calls without a rhythm;
# `even`, how evenly they share the work: one less the spread of log2 of calls a day, less what counting alone brings,
# and with what so few members could hide added. Half of it is the robust spread, so that a few bystanders do not hide
# a network; half the whole, so that the crowd of one busy customer and many others is none.
_MACHINES = f"""
WITH workers AS (SELECT g, a, calls, texts, elicited, works, resultant, log2(calls / days) AS pace FROM group_conduct
                 WHERE works >= {AT_WORK}),
     steps AS (SELECT *, pace - LAG(pace) OVER (PARTITION BY g ORDER BY pace, a) AS step FROM workers),
     pools AS (SELECT *, SUM(CASE WHEN step > {APART} THEN 1 ELSE 0 END) OVER (
                             PARTITION BY g ORDER BY pace, a ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS pool
               FROM steps),
     middle AS (SELECT g, pool, count(*) AS workers, sum(works) AS works, median(pace) AS pace,
                       median(calls) AS typical, sum(texts) AS texts, sum(elicited) AS elicited,
                       median(resultant) AS resultant
                FROM pools GROUP BY g, pool HAVING count(*) >= {LEAST_WORKERS}),
     spread AS (SELECT w.g, w.pool, {MAD_TO_SD} * median(abs(w.pace - m.pace)) AS robust, stddev_pop(w.pace) AS whole
                FROM pools w JOIN middle m ON m.g = w.g AND m.pool = w.pool GROUP BY w.g, w.pool),
     everybody AS (SELECT g, sum(CASE WHEN works >= {AT_WORK} THEN 1.0 ELSE 0.0 END) / count(*) AS share
                   FROM group_conduct GROUP BY g)
SELECT m.g, m.texts, m.elicited, m.works, e.share,
       {_flat("(m.resultant + 2 / (m.typical * sqrt(m.workers)))")} AS flat,
       {_even("s.robust")} * (0.5 + 0.5 * {_even("s.whole")}) AS even
FROM middle m JOIN spread s ON s.g = m.g AND s.pool = m.pool JOIN everybody e ON e.g = m.g"""

# The clock of the median account outside each group: a mean would let those who sleep speak for those who do not.
_USUAL_CLOCK = f"""
WITH clocks AS (SELECT a, round(least(greatest(resultant, 0), {FLAT}), 2) AS clock FROM usual_conduct
                WHERE calls >= {LEAST_CALLS} AND resultant IS NOT NULL),
     everyone AS (SELECT clock, CAST(count(*) AS DOUBLE) AS n FROM clocks GROUP BY clock),
     own AS (SELECT m.g, c.clock, count(*) AS n FROM member_marks m JOIN clocks c ON c.a = m.a GROUP BY m.g, c.clock),
     outside AS (SELECT l.g, e.clock, e.n - coalesce(o.n, 0)
                                      + {PRIOR_ACCOUNTS} * e.n / SUM(e.n) OVER (PARTITION BY l.g) AS n
                 FROM (SELECT DISTINCT whole AS g FROM group_wholes) l CROSS JOIN everyone e
                 LEFT JOIN own o ON o.g = l.g AND o.clock = e.clock),
     summed AS (SELECT g, clock, round(SUM(n) OVER (PARTITION BY g ORDER BY clock), 6) AS upto,
                       SUM(n) OVER (PARTITION BY g) AS n FROM outside)
SELECT g, {_flat("min(clock)")} AS flat FROM summed WHERE upto >= round(n / 2, 6) GROUP BY g"""

_MARKS = ("calm", "single", "elicitation")


def _sums(table: str) -> str:
    return ", ".join(f"coalesce(sum({table}.{m}), 0) AS {m}, count({table}.{m}) AS {m}_n" for m in _MARKS)


def outside(mark: str) -> str:
    """SQL for the mean of a mark over the accounts outside a group, with a few of the run's average accounts added.

    Sums and counts (`<mark>`, `<mark>_n`) over everybody stand in `e`, over the group's whole in `o`, null for none.
    """
    everyone = f"coalesce(e.{mark} / nullif(e.{mark}_n, 0), 0)"
    return f"""(e.{mark} - coalesce(o.{mark}, 0) + {PRIOR_ACCOUNTS} * {everyone})
               / (e.{mark}_n - coalesce(o.{mark}_n, 0) + {PRIOR_ACCOUNTS})"""


_USUAL = f"""
WITH known AS (SELECT a, elicited / nullif(texts, 0) AS elicitation,
                      CASE WHEN calls >= {LEAST_CALLS} THEN calm END AS calm,
                      CASE WHEN calls >= {LEAST_CALLS} THEN single END AS single FROM usual_conduct),
     everyone AS (SELECT {_sums("k")} FROM known k),
     own AS (SELECT m.g, {_sums("k")} FROM member_marks m JOIN known k ON k.a = m.a GROUP BY m.g)
SELECT l.g, {outside("calm")} AS calm, {outside("single")} AS single, {outside("elicitation")} AS elicitation,
       coalesce(c.flat, 0) AS flat
FROM group_wholes l CROSS JOIN everyone e LEFT JOIN own o ON o.g = l.whole LEFT JOIN usual_clock c ON c.g = l.whole"""
