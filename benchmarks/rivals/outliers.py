"""Unsupervised outliers over what is known of each account: PyOD's ECOD (Li et al. 2022) and IForest (Liu et al. 2008).

Own threshold: PyOD's default contamination, one tenth of all accounts.
"""

from functools import partial

import numpy as np

from rivals.answers import Answers, Floats, Rival, from_scores
from rivals.world import World

CONTAMINATION = 0.1

_DESCRIBED = """
WITH f AS (SELECT account_id, avg(chars) AS chars, var_pop(chars) AS chars_spread, avg(turns) AS turns,
                  avg(tools_count) AS tools, avg(temperature) AS temperature, avg(output_tokens) AS output_tokens,
                  avg(CASE WHEN status = 200 THEN 0.0 ELSE 1.0 END) AS failed, avg(images) AS images,
                  count(DISTINCT address) AS addresses, count(DISTINCT network) AS networks,
                  count(DISTINCT header_tuple) AS clients, count(DISTINCT device) AS devices,
                  count(DISTINCT model) AS models, count(DISTINCT capability) AS capabilities,
                  CAST(count(DISTINCT head_key) AS DOUBLE) / count(*) AS heads
           FROM features GROUP BY account_id)
SELECT p.exchanges, p.active_days, p.exchanges / CAST(p.active_days AS DOUBLE) AS rate, p.day_rhythm, p.sessions,
       p.follow_ups, p.elicitation, p.distinct_prompts, (p.first_ts - p.created_at) / 86400000000.0 AS age,
       f.* EXCLUDE (account_id)
FROM numbered n JOIN profile p ON p.account_id = n.account_id JOIN f ON f.account_id = n.account_id ORDER BY n.a"""


def described(world: World) -> Floats:
    """One row an account, one column a feature, standardised; what is unknown is the column's median."""
    table = world.engine.fetch(_DESCRIBED)
    columns = np.column_stack([column.to_numpy().astype(float) for column in table.columns])
    columns = columns[:, ~np.isnan(columns).all(axis=0)]
    columns = np.where(np.isnan(columns), np.nanmedian(columns, axis=0), columns)
    spread = columns.std(axis=0)
    return (columns - columns.mean(axis=0))[:, spread > 0] / spread[spread > 0]


def outliers(detector: str, world: World) -> Answers:
    """Score accounts by how far they are from the others."""
    from pyod.models.ecod import ECOD  # noqa: PLC0415  of the extra `rivals`, which a test may lack
    from pyod.models.iforest import IForest  # noqa: PLC0415

    chosen = (
        ECOD(CONTAMINATION) if detector == "ECOD" else IForest(contamination=CONTAMINATION, random_state=world.seed)
    )
    chosen.fit(described(world))
    return from_scores(chosen.decision_scores_.astype(float), float(chosen.threshold_))


RIVALS = tuple(
    Rival(f"outliers ({name})", f"one account: PyOD's {name} over 24 features; the top tenth", "features", False,
          partial(outliers, name))
    for name in ("ECOD", "IForest")
)  # fmt: skip
