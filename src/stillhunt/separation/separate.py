"""Which requests of a campaign's accounts are the campaign's: a posterior for each, and the requests that are held.

Reads `campaign_seeds` (campaign_id, exchange_id, a, bits, standing: requests that carry keys of the campaign's groups;
those of a group found on infrastructure are UNTIED, for its key is the account) and `campaign_insiders` (a: accounts
that are no background). Makes

    campaign_requests  campaign_id, exchange_id, a, bits, posterior: held to be harvesting, one campaign an exchange
    campaign_members   campaign_id, a, bits, share: every account with a seed, and how much of it is the campaign's

For each campaign the contrast with the background and the mixture are fitted in turn, on a sample of the members'
requests; then all of them are judged. Accounts are never added here.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from stillhunt.engine.base import Engine
from stillhunt.separation.contrast import Contrast, Ints, fit_contrast, folds_of
from stillhunt.separation.mixture import ANCHOR, IMPURITY, LEAD, UNTIED, Units, excess, posteriors
from stillhunt.separation.traits import COLUMNS, Floats, Scale

HELD = 0.9
"""A request is held if it is the campaign's with at least this probability. A request held is wrong with at most one
chance in ten; all that are held are, on average, far surer."""
BACKGROUND = 20_000
"""Requests of accounts of no campaign and no operator of one that stand for everybody else."""
SAMPLE = 20_000
"""Members' requests that a campaign is learned from; all of them are judged."""
LEAST = 50
"""Requests on either side below which nothing is learned, and the campaign's keys decide alone."""
TURNS = 3
"""Times that contrast and mixture are fitted in turn."""
AT_ONCE = 500_000
"""Requests that are judged at a time: bounds memory at about 1 KB each."""
FIRST_GUESS = (0.0, 0.5, 0.99)
"""How surely a request of each standing is the campaign's before anything is known."""


@dataclass(frozen=True)
class _Sample:
    """Requests as arrays: units are counted through, accounts are `account_index`."""

    rows: pa.Table
    unit: Ints
    account: Ints
    standing: Ints


def separate_requests(engine: Engine, by_account: Collection[str]) -> None:
    """Judge every request of the members of every campaign and make `campaign_requests` and `campaign_members`.

    Args:
        engine: Has the tables of the module's description, and `features` and `account_index`.
        by_account: Campaigns whose requests nothing tells apart from what everybody asks, such as relays of people:
            all seeds are held, with the share of the account's requests that show its operator's marks.
    """
    campaigns = engine.fetch("SELECT DISTINCT campaign_id FROM campaign_seeds ORDER BY campaign_id")
    background = engine.fetch(
        f"""SELECT {", ".join(COLUMNS)} FROM features f JOIN account_index i ON i.account_id = f.account_id
            WHERE i.a NOT IN (SELECT a FROM campaign_insiders) ORDER BY md5(f.exchange_id) LIMIT {BACKGROUND}"""
    )
    judged, unjudged = [_JUDGED.empty_table()], []
    for campaign in campaigns["campaign_id"].to_pylist():
        own = None if campaign in by_account else _judge(engine, campaign, background)
        # A campaign was called, so it took something: a model that finds nothing of it has not found its content.
        if own is None or max(own["posterior"].to_numpy(), default=0.0) < HELD:
            unjudged.append(campaign)
        else:
            judged.append(own)
    engine.register("judged_requests", pa.concat_tables(judged))
    engine.register("unjudged", pa.table({"campaign_id": pa.array(unjudged, pa.string())}))
    _hold(engine)


_JUDGED = pa.schema(
    [("campaign_id", pa.string()), ("exchange_id", pa.string()), ("a", pa.int64()), ("posterior", pa.float64())]
)


def _judge(engine: Engine, campaign: str, background: pa.Table) -> pa.Table | None:
    """Return the posterior of each request of the campaign's members that is not next to nothing."""
    engine.create("candidate_requests", _CANDIDATES.format(campaign=campaign))
    sample = _read(engine, f"ORDER BY md5(unit_name), exchange_id LIMIT {SAMPLE}")
    if min(sample.rows.num_rows, background.num_rows) < LEAST:
        return None
    scale = Scale.of(background, sample.rows)
    everybody = scale.apply(background)
    tied = bool(sample.standing.any())
    contrast = (
        _learn(sample, scale.apply(sample.rows), everybody)
        if tied
        else _members_contrast(sample, scale.apply(sample.rows), everybody)
    )
    if contrast is None:
        return None
    total = engine.fetch("SELECT count(*) AS n FROM candidate_requests")["n"][0].as_py()
    parts = -(-total // AT_ONCE)
    names, samples, ratios, units = [], [], [], 0
    for part in range(parts):
        some = _read(engine, f"WHERE a % {parts} = {part} ORDER BY exchange_id")
        ratios.append(contrast.log_ratio(scale.apply(some.rows)))
        names.append(some.rows["exchange_id"])
        samples.append(_Sample(pa.table({}), some.unit + units, some.account, some.standing))
        units += int(some.unit.max(initial=-1)) + 1
    unit, account, standing = (
        np.concatenate([getattr(s, n) for s in samples]) for n in ("unit", "account", "standing")
    )
    judged = _units(unit, account, standing, np.concatenate(ratios))
    posterior = (posteriors(judged) if tied else excess(judged.ratio, contrast.log_ratio(everybody)))[unit]
    found = pa.table(
        [
            pa.array([campaign] * len(unit)),
            pa.chunked_array([chunk for name in names for chunk in name.chunks], pa.string()),
            pa.array(account),
            pa.array(np.round(posterior, 6)),
        ],
        schema=_JUDGED,
    )
    return found.filter(pa.array(posterior >= LEAST_TOLD))


LEAST_TOLD = 1e-3
"""Posteriors below this are left out of the account's expected share."""


def _learn(sample: _Sample, traits: Floats, everybody: Floats) -> Contrast | None:
    """Fit contrast and mixture in turn on the sample."""
    wording = sample.rows["wording"].to_numpy()
    sure = np.array(FIRST_GUESS)[sample.standing]
    contrast = None
    for _ in range(TURNS):
        if sure.sum() < LEAST:
            break
        contrast, ratio = fit_contrast(traits, sure, folds_of(wording, sure), everybody)
        sure = posteriors(_units(sample.unit, sample.account, sample.standing, ratio))[sample.unit]
    return contrast


def _members_contrast(sample: _Sample, traits: Floats, everybody: Floats) -> Contrast:
    """Fit the contrast of all that the members ask: of their requests none is known to be the campaign's."""
    all_of_them = np.ones(len(traits))
    return fit_contrast(traits, all_of_them, folds_of(sample.rows["wording"].to_numpy(), all_of_them), everybody)[0]


def _units(unit: Ints, account: Ints, standing: Ints, ratio: Floats) -> Units:
    """Take the requests of each unit together."""
    size = np.bincount(unit).astype(np.float64)
    owner, best = np.zeros(len(size), np.int64), np.zeros(len(size), np.int64)
    owner[unit] = np.unique(account, return_inverse=True)[1]
    np.maximum.at(best, unit, standing)
    return Units(owner, np.bincount(unit, ratio) / size, best, size)


# A request that a called group of another campaign holds is that campaign's. Requests of one conversation of one
# account are judged together.
_CANDIDATES = f"""
SELECT f.exchange_id, i.a, coalesce(s.standing, {UNTIED}) AS standing,
       coalesce(f.system_key, f.head_key, f.tail_key, 0) AS wording,
       CASE WHEN f.conversation IS NULL THEN f.exchange_id
            ELSE concat(CAST(i.a AS VARCHAR), '/', CAST(f.conversation AS VARCHAR)) END AS unit_name,
       {", ".join(f"f.{name}" for name in COLUMNS)}
FROM features f JOIN account_index i ON i.account_id = f.account_id
LEFT JOIN campaign_seeds s ON s.exchange_id = f.exchange_id AND s.campaign_id = '{{campaign}}'
WHERE i.a IN (SELECT a FROM campaign_seeds WHERE campaign_id = '{{campaign}}')
  AND f.exchange_id NOT IN (SELECT exchange_id FROM campaign_seeds
                            WHERE campaign_id <> '{{campaign}}' AND standing = {ANCHOR})"""


def _read(engine: Engine, which: str) -> _Sample:
    rows = engine.fetch(f"SELECT * FROM candidate_requests {which}")
    unit = rows["unit_name"].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    return _Sample(rows, unit, rows["a"].to_numpy().astype(np.int64), rows["standing"].to_numpy().astype(np.int64))


def _hold(engine: Engine) -> None:
    """Make the two tables of the judged, and of what the campaigns decided where nothing was judged."""
    engine.create("account_marks", _MARKS)
    engine.create(
        "decided_requests",
        f"""SELECT s.campaign_id, s.exchange_id, s.a, s.bits,
                   CASE s.standing WHEN {ANCHOR} THEN {1 - IMPURITY[ANCHOR]} WHEN {LEAD} THEN {1 - IMPURITY[LEAD]}
                        ELSE coalesce(m.share, 1.0) END AS posterior
            FROM campaign_seeds s JOIN unjudged u ON u.campaign_id = s.campaign_id
            LEFT JOIN account_marks m ON m.a = s.a""",
    )
    engine.create(
        "campaign_requests",
        f"""SELECT q.campaign_id, q.exchange_id, q.a, q.bits, q.posterior FROM (
                SELECT c.*, row_number() OVER (PARTITION BY exchange_id ORDER BY posterior DESC, campaign_id) AS place
                FROM (SELECT j.campaign_id, j.exchange_id, j.a, coalesce(s.bits, m.bits) AS bits, j.posterior
                      FROM judged_requests j
                      JOIN (SELECT campaign_id, a, min(bits) AS bits FROM campaign_seeds GROUP BY campaign_id, a) m
                        ON m.campaign_id = j.campaign_id AND m.a = j.a
                      LEFT JOIN campaign_seeds s ON s.campaign_id = j.campaign_id AND s.exchange_id = j.exchange_id
                      WHERE j.posterior >= {HELD}
                      UNION ALL SELECT * FROM decided_requests) c) q WHERE place = 1""",
    )
    engine.create(
        "campaign_members",
        """SELECT s.campaign_id, s.a, max(s.bits) AS bits, max(coalesce(e.mass, 0.0)) / max(p.exchanges) AS share
           FROM campaign_seeds s JOIN account_index i ON i.a = s.a JOIN profile p ON p.account_id = i.account_id
           LEFT JOIN (SELECT campaign_id, a, sum(posterior) AS mass FROM campaign_requests GROUP BY campaign_id, a) e
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
