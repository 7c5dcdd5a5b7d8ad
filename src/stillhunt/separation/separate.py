"""Which requests of a campaign's accounts are the campaign's: a posterior for each, and the requests that are held.

Reads `campaign_seeds` (campaign_id, exchange_key, a, bits, standing: requests that carry keys of the campaign's groups;
those of a group found on infrastructure are UNTIED, for its key is the account), `campaign_insiders` (a: accounts
that are no background) and `customer_requests` (exchange_key: of people whom operators serve beside a harvest). Makes

    suspect_calls      what members of any campaign sent: exchange_id, exchange_key, a, ts, model and what is judged
    judged_requests    campaign_id, exchange_key, a, posterior: whatever is not next to nothing
    campaign_requests  campaign_id, exchange_key, a, bits, posterior: held to be harvesting, one campaign an exchange
    campaign_members   campaign_id, a, bits, share: accounts of which a request is held, and how much is the campaign's

For each campaign the contrast with the background and the mixture are fitted in turn, on a sample of the members'
requests; then all of them are judged. Accounts are never added here.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from stillhunt.engine.base import Engine
from stillhunt.separation.contrast import FOLDS, Contrast, Ints, fit_contrast, folds_of
from stillhunt.separation.mixture import ANCHOR, HINT, IMPURITY, UNTIED, Units, excess, posteriors
from stillhunt.separation.traits import COLUMNS, Floats, Scale
from stillhunt.signals.expressions import combined_key

HELD = 0.9
"""A request is held if it is the campaign's with at least this probability. A request held is wrong with at most one
chance in ten; all that are held are, on average, far surer."""
BACKGROUND = 10_000
"""Requests of accounts of no campaign and no operator of one that stand for everybody else."""
CUSTOMERS = 10_000
"""Requests of operators' customers that join them: all that a relay adds to what it passes on, they bear as well."""
SAMPLE = 15_000
"""Members' requests that a campaign is learned from; all of them are judged."""
LEAST = 50
"""Requests on either side below which nothing is learned, and the campaign's keys decide alone."""
TURNS = 3
"""Times that contrast and mixture are fitted in turn."""
AT_ONCE = 500_000
"""Requests that are judged at a time: bounds memory."""
FIRST_GUESS = tuple(1 - part for part in (1.0, *IMPURITY[1:]))
"""How surely a request of each standing is the campaign's before anything is known."""


LEAST_TOLD = 1e-3
"""Posteriors below this are not kept: most of what innocent customers ask."""
_JUDGED = pa.schema(
    [("campaign_id", pa.string()), ("exchange_key", pa.int64()), ("a", pa.int64()), ("posterior", pa.float64())]
)


@dataclass(frozen=True)
class _Requests:
    """Requests as arrays: `unit` counts what is judged as one, `account` is `account_index`."""

    unit: Ints
    account: Ints
    standing: Ints

    def units(self, ratio: Floats) -> Units:
        """Take the requests of each unit together."""
        size = np.bincount(self.unit).astype(np.float64)
        owner, best = np.zeros(len(size), np.int64), np.zeros(len(size), np.int64)
        owner[self.unit] = np.unique(self.account, return_inverse=True)[1]
        np.maximum.at(best, self.unit, self.standing)
        return Units(owner, np.bincount(self.unit, ratio) / size, best, size)


def separate_requests(engine: Engine, by_account: Collection[str]) -> None:
    """Judge every request of the members of every campaign and make the tables of the module's description.

    Args:
        engine: Has the tables read, and `features`, `account_index`, `profile` and what grouping made.
        by_account: Campaigns whose requests nothing tells apart from what everybody asks, such as relays of people:
            all seeds are held, with the share of the account's requests that show its operator's marks.
    """
    campaigns = engine.fetch("SELECT DISTINCT campaign_id FROM campaign_seeds ORDER BY campaign_id")
    background = pa.concat_tables(
        [
            _background(engine, "i.a NOT IN (SELECT a FROM campaign_insiders)", BACKGROUND),
            _background(engine, "f.exchange_key IN (SELECT exchange_key FROM customer_requests)", CUSTOMERS),
        ]
    )
    engine.create("suspect_calls", _SUSPECTS)
    judged, unjudged = [_JUDGED.empty_table()], []
    for campaign in campaigns["campaign_id"].to_pylist():
        # Threads of linear algebra wait for each other longer than these small sums take.
        with threadpool_limits(1, user_api="blas"):
            own = None if campaign in by_account else _judge(engine, campaign, background)
        # A campaign was called, so it took something: a model that finds nothing of it has not found its content.
        if own is None or max(own["posterior"].to_numpy(), default=0.0) < HELD:
            unjudged.append(campaign)
        else:
            judged.append(own)
    engine.register("judged_requests", pa.concat_tables(judged))
    relayed = [campaign in by_account for campaign in unjudged]
    engine.register(
        "unjudged",
        pa.table({"campaign_id": pa.array(unjudged, pa.string()), "by_account": pa.array(relayed, pa.bool_())}),
    )
    _hold(engine)


def _background(engine: Engine, which: str, most: int) -> pa.Table:
    return engine.fetch(
        f"""SELECT {", ".join(COLUMNS)} FROM features f JOIN account_index i ON i.account_key = f.account_key
            WHERE {which} ORDER BY f.exchange_key LIMIT {most}"""
    )


def _judge(engine: Engine, campaign: str, background: pa.Table) -> pa.Table | None:
    """Return the posteriors of the members' requests; None where there is too little to learn from."""
    engine.create("candidate_requests", _CANDIDATES.format(campaign=campaign))
    sample = _read(engine, f"ORDER BY unit, exchange_key LIMIT {SAMPLE}")
    if min(sample.num_rows, background.num_rows) < LEAST:
        return None
    scale = Scale.of(background, sample)
    everybody = scale.apply(background)
    traits, requests = scale.apply(sample), _arrays(sample)
    tied = bool(requests.standing.any())
    guess = np.array(FIRST_GUESS)[requests.standing] if tied else _excess(traits, requests, everybody)
    contrast = _learn(traits, requests, sample["wording"].to_numpy(), guess, everybody)
    if contrast is None:
        return None
    names, ratios = [], []
    for some in _in_parts(engine):
        ratios.append(contrast.capped(scale.project(some, contrast.weights)))
        names.append(some.select(["exchange_key", "a", "standing", "unit"]))
    told = pa.concat_tables(names)
    requests = _arrays(told)
    posterior = np.round(posteriors(requests.units(np.concatenate(ratios)))[requests.unit], 6)
    columns = [pa.array([campaign] * len(told)), told["exchange_key"], pa.array(requests.account), pa.array(posterior)]
    return pa.table(columns, schema=_JUDGED).filter(pa.array(posterior >= LEAST_TOLD))


def _learn(traits: Floats, requests: _Requests, wording: Ints, guess: Floats, everybody: Floats) -> Contrast | None:
    """Fit contrast and mixture in turn on the sample; None where too little of it is the campaign's.

    Where no request carries a key, only what would be held teaches: else what innocent customers ask would be taken
    for the campaign's little by little, with nothing to say otherwise.
    """
    teaches = 0.0 if requests.standing.any() else HELD
    contrast, sure = None, guess
    for _ in range(TURNS):
        sure = np.where(sure >= teaches, sure, 0.0)
        if sure.sum() < LEAST:
            break
        contrast, ratio = fit_contrast(traits, sure, folds_of(wording, sure), everybody, start=contrast)
        sure = posteriors(requests.units(ratio))[requests.unit]
    return contrast


def _excess(traits: Floats, requests: _Requests, everybody: Floats) -> Floats:
    """Guess from the contrast of all that the members ask, when none of it is known to be the campaign's."""
    fold = np.arange(len(traits)) % FOLDS
    contrast, ratio = fit_contrast(traits, np.ones(len(traits)), fold, everybody)
    return excess(requests.units(ratio).ratio, contrast.log_ratio(everybody))[requests.unit]


# All that the members of any campaign sent: features are scanned once for all campaigns.
_SUSPECTS = f"""
SELECT f.exchange_id, f.exchange_key, i.a, f.ts, f.model, f.conversation,
       coalesce(f.system_key, f.head_key, f.tail_key, 0) AS wording, {", ".join(f"f.{name}" for name in COLUMNS)}
FROM features f JOIN account_index i ON i.account_key = f.account_key
WHERE i.a IN (SELECT a FROM campaign_seeds)"""

# A request that a called group of another campaign holds is that campaign's. Requests of one conversation of one
# account are judged together. Units of both kinds are hashed alike: a sample is those of the least.
_CANDIDATES = f"""
SELECT f.exchange_key, f.a, coalesce(s.standing, {UNTIED}) AS standing, f.wording,
       {combined_key("coalesce(f.conversation, f.exchange_key)", "f.a")} AS unit,
       {", ".join(f"f.{name}" for name in COLUMNS)}
FROM suspect_calls f
LEFT JOIN campaign_seeds s ON s.exchange_key = f.exchange_key AND s.campaign_id = '{{campaign}}'
WHERE f.a IN (SELECT a FROM campaign_seeds WHERE campaign_id = '{{campaign}}')
  AND f.exchange_key NOT IN (SELECT exchange_key FROM campaign_seeds
                            WHERE campaign_id <> '{{campaign}}' AND standing = {ANCHOR})"""


def _read(engine: Engine, which: str) -> pa.Table:
    return engine.fetch(f"SELECT * FROM candidate_requests {which}")


def _in_parts(engine: Engine) -> Iterator[pa.Table]:
    """Yield all candidates, whole accounts at a time, so that the traits of a few only stand in memory."""
    total = engine.fetch("SELECT count(*) AS n FROM candidate_requests")["n"][0].as_py()
    parts = -(-total // AT_ONCE)
    for part in range(parts):
        yield _read(engine, f"WHERE a % {parts} = {part} ORDER BY exchange_key")


def _arrays(rows: pa.Table) -> _Requests:
    unit = rows["unit"].combine_chunks().dictionary_encode().indices
    return _Requests(*(column.to_numpy().astype(np.int64) for column in (unit, rows["a"], rows["standing"])))


def _hold(engine: Engine) -> None:
    """Make the two tables of the judged, and of what the campaigns decided where nothing was judged."""
    engine.create("account_marks", _MARKS)
    decided = " ".join(
        f"WHEN s.standing = {s} AND NOT u.by_account THEN {1 - IMPURITY[s]}" for s in range(HINT, ANCHOR + 1)
    )
    engine.create(
        "decided_requests",
        f"""SELECT s.campaign_id, s.exchange_key, s.a, s.bits,
                   CASE {decided} ELSE coalesce(m.share, 1.0) END AS posterior
            FROM campaign_seeds s JOIN unjudged u ON u.campaign_id = s.campaign_id
            LEFT JOIN account_marks m ON m.a = s.a""",
    )
    engine.create(
        "campaign_requests",
        f"""SELECT q.campaign_id, q.exchange_key, q.a, q.bits, q.posterior FROM (
                SELECT c.*, row_number() OVER (PARTITION BY exchange_key ORDER BY posterior DESC, campaign_id) AS place
                FROM (SELECT j.campaign_id, j.exchange_key, j.a, coalesce(s.bits, m.bits) AS bits, j.posterior
                      FROM judged_requests j
                      JOIN (SELECT campaign_id, a, min(bits) AS bits FROM campaign_seeds GROUP BY campaign_id, a) m
                        ON m.campaign_id = j.campaign_id AND m.a = j.a
                      LEFT JOIN campaign_seeds s ON s.campaign_id = j.campaign_id AND s.exchange_key = j.exchange_key
                      WHERE j.posterior >= {HELD}
                      UNION ALL SELECT * FROM decided_requests) c) q WHERE place = 1""",
    )
    engine.create(
        "campaign_members",
        # Posteriors are summed as whole millionths: the sum is then the same in any order and on any engine.
        """SELECT s.campaign_id, s.a, max(s.bits) AS bits,
                  round(max(e.mass) / max(p.exchanges), 6) AS share
           FROM campaign_seeds s JOIN account_index i ON i.a = s.a JOIN profile p ON p.account_id = i.account_id
           JOIN (SELECT campaign_id, a,
                        CAST(sum(CAST(floor(posterior * 1000000 + 0.5) AS BIGINT)) AS DOUBLE) / 1000000 AS mass
                 FROM campaign_requests GROUP BY campaign_id, a) e
             ON e.campaign_id = s.campaign_id AND e.a = s.a
           GROUP BY s.campaign_id, s.a""",
    )


# How much of an account shows what ties it to others: the most frequent of its marks that requests carry (a client, an
# address, a rotation). Facts of the account itself, such as a card, say nothing of its requests.
_MARKS = """
SELECT h.a, least(max(CAST(h.n AS DOUBLE) / p.exchanges), 1.0) AS share
FROM held h JOIN shared_keys s ON s.k = h.k JOIN account_index i ON i.a = h.a
JOIN profile p ON p.account_id = i.account_id
JOIN (SELECT DISTINCT e.a, n.k1, n.k2 FROM infrastructure_edges e JOIN nodes n ON n.node = e.node) t
  ON t.a = h.a AND (t.k1 = h.k OR t.k2 = h.k)
WHERE h.a IN (SELECT a FROM campaign_seeds) AND s.layer <> 'content'
  AND s.signal IN (SELECT signal FROM shared_keys GROUP BY signal HAVING sum(requests) > sum(accounts))
GROUP BY h.a"""
