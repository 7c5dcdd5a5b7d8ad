"""Scores of single accounts, as the open peers give them; the rules are written from their descriptions.

- `rate`: many different requests by one principal. Own threshold: at least 100 requests, 90 % of them different.
- `keywords`: phrases that ask for reasoning, grading, roles, JSON or whole lists. Own threshold: one match is enough.
- `suspicion`: the mean of volume, bursts, sameness and keywords, each 0 to 1. Own threshold: 0.75.
"""

import numpy as np

from rivals.answers import Answers, Floats, Rival, from_scores
from rivals.world import World

LEAST_REQUESTS = 100
LEAST_DIFFERENT = 0.9
SUSPICIOUS = 0.75
LEAST_FOR_SHARE = 5
"""Of fewer requests a share says nothing."""
PHRASES = (
    r"step[- ]by[- ]step|chain of thought|thought process|think (aloud|out loud)"
    r"|(show|explain|write|give) (all |out )?(your|the) (reasoning|thinking)"
    r"|(internal|complete|full|transparent) reasoning"
    r"|(return|respond|reply|answer|output)( only)?( in| as| with)?( a| valid)* json"
    r"|\bact as\b|you are an? (expert|helpful)|\brubric\b|on a scale (of|from)|(score|rate|grade) (the|this|each)"
    r"|(list|give me|enumerate) all|training (data|examples|set)|fine-?tun"
)

_KEYWORDS = f"""
SELECT n.a, count(*) AS requests,
       count(*) FILTER (WHERE regexp_matches(lower(concat(c.system, ' ', c.prompt)), '{PHRASES}')) AS matched
FROM calls c JOIN numbered n ON n.account_id = c.account_id GROUP BY n.a ORDER BY n.a"""

_RATE = f"""
SELECT n.a, CASE WHEN count(DISTINCT f.prompt_key) >= {LEAST_DIFFERENT} * count(f.prompt_key) THEN count(*) ELSE 0 END
       AS score
FROM features f JOIN numbered n ON n.account_id = f.account_id GROUP BY n.a ORDER BY n.a"""

_CONDUCT = """
WITH gaps AS (SELECT account_id, ts - lag(ts) OVER (PARTITION BY account_id ORDER BY ts) AS gap FROM features),
     bursts AS (SELECT account_id, avg(CASE WHEN gap < 10000000 THEN 1.0 ELSE 0.0 END) AS burst FROM gaps
                GROUP BY account_id),
     heads AS (SELECT account_id, max(n) AS top FROM (
                   SELECT account_id, head_key, count(*) AS n FROM features WHERE head_key IS NOT NULL
                   GROUP BY account_id, head_key) q GROUP BY account_id)
SELECT n.a, least(1.0, p.exchanges / (100.0 * p.active_days)) AS volume, b.burst,
       CASE WHEN h.top >= 3 THEN CAST(h.top AS DOUBLE) / p.exchanges ELSE 0 END AS sameness
FROM numbered n JOIN profile p ON p.account_id = n.account_id JOIN bursts b ON b.account_id = n.account_id
LEFT JOIN heads h ON h.account_id = n.account_id ORDER BY n.a"""


def rate(world: World) -> Answers:
    """Count requests of accounts that seldom repeat themselves."""
    return from_scores(world.engine.fetch(_RATE)["score"].to_numpy().astype(float), LEAST_REQUESTS)


def keywords(world: World) -> Answers:
    """Count requests with a phrase; tuned, on their number or on their share."""
    rows = world.engine.fetch(_KEYWORDS)
    matched, requests = (rows[name].to_numpy().astype(float) for name in ("matched", "requests"))
    number = from_scores(matched, 1.0, "requests with a phrase")
    share = from_scores(np.where(requests >= LEAST_FOR_SHARE, matched / requests, np.nan), 1.0, "share with a phrase")
    return Answers(number.own, number.others + share.others)


def suspicion(world: World) -> Answers:
    """Score each account by the mean of four suspicions."""
    conduct, matched = world.engine.fetch(_CONDUCT), world.engine.fetch(_KEYWORDS)
    spoken: Floats = matched["matched"].to_numpy() / matched["requests"].to_numpy()
    parts = [conduct[name].to_numpy().astype(float) for name in ("volume", "burst", "sameness")]
    return from_scores(np.mean([*parts, spoken], axis=0), SUSPICIOUS)


RIVALS = (
    Rival("rate rule", "one account: at least 100 requests, 90 % of them different", "features", False, rate),
    Rival("keyword rules", "one account: any request with an eliciting phrase; tuned on number or share", "text",
          False, keywords),
    Rival("suspicion score", "one account: mean of volume, bursts, sameness, phrases; at least 0.75", "text", False,
          suspicion),
)  # fmt: skip
