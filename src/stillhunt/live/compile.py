"""From a run to a watch list: what its campaigns are recognised by, and how rarely innocent customers show that.

Rates among innocents must hold for customers who come tomorrow, and whether a key is the campaign's own is decided by
the same customers. So each is judged as if it were new: a key counts for an innocent account as if nobody of its own
organisation held it (for which Good and Turing found that keys held once today tell of those that are new tomorrow),
and for a campaign's account only if another one of the campaign holds it too.
"""

import time
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stillhunt.earlier import require_secret
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.errors import UsageError
from stillhunt.features.keyed import Hasher
from stillhunt.live.chosen import Watched, choose
from stillhunt.live.evidence_times import last_evidence
from stillhunt.live.holders import holders, keyed_holders
from stillhunt.live.outcomes import CONTENT, JOINT, NETWORK, OF_KEY, OUTCOMES, STRONG_STYLE, STYLE, Codes, joint, tiers
from stillhunt.live.rates import WIDTH, campaign_rates, counted, innocent_rates
from stillhunt.live.sample import NEEDED, Campaigns, Side, campaigns_of, sides
from stillhunt.live.style import STRONG_BITS, WEAK_BITS, Styles, fit_styles
from stillhunt.live.watchlist import WatchList
from stillhunt.runs import Run
from stillhunt.schema import PROFILE
from stillhunt.separation.contrast import Contrast
from stillhunt.separation.traits import Scale

LASTS_DAYS: Final = 14.0
"""A list older than this is no longer acted on: cards, exits and texts change hands."""
MOST_DAYS: Final = 36_500.0
BACKGROUND: Final = 10_000
"""Innocent requests that the contrasts are fitted against."""
AT_ONCE: Final = 100_000
"""Requests whose traits stand in memory at a time."""
MOST_SURE: Final = 12.0
"""Natural log of the ratio that no single request's content may top."""

Rates = NDArray[np.float64]


def compile_watchlist(run: Run, secret: bytes, *, lasts_days: float = LASTS_DAYS, memory: str = "3GB") -> WatchList:
    """Compile the watch list of a run.

    Args:
        run: A finished run; one without campaigns makes an empty list.
        secret: The provider's secret, with which the run's keys were made.
        lasts_days: Days after which the list is no longer acted on.
        memory: Memory that the engine may hold before it spills.

    Raises:
        UsageError: A file of the run is gone or damaged, it was made with another secret, or the days are none.
    """
    if not 0 <= lasts_days <= MOST_DAYS:
        raise UsageError(f"The days that a watch list lasts are {lasts_days:g}: give 0 to {MOST_DAYS:,.0f}.")
    require_secret(run, secret)
    run.check_files(*NEEDED)
    campaigns = campaigns_of(run)
    with DuckDBEngine(memory) as engine:
        own, innocent = sides(engine, run, campaigns)
        last = last_evidence(engine, campaigns)
        held = holders(engine, run, campaigns, last)
    groups = len(campaigns.rows)
    watched, hits, own_hits = choose(own, innocent, campaigns)
    drawn = np.random.default_rng(1).permutation(len(innocent.account))[:BACKGROUND]
    styles, scale = fit_styles(own.rows, own.group, own.sure, innocent.rows.take(np.sort(drawn)), groups)
    rates = _rates(
        _outcomes(innocent, watched, hits, _bits(innocent, styles, scale), of_campaign=False),
        _outcomes(own, watched, own_hits, _bits(own, styles, scale), of_campaign=True),
        innocent, own,
    )  # fmt: skip
    for number, row in enumerate(campaigns.rows):
        if row["kind"] == "relay":  # nothing tells its requests apart from what everybody asks
            rates["request_ratio"][number] = 0.0
    created = time.time_ns() // 1000
    header = {
        "run": run.path.resolve().name,
        "created": created,
        "expires": created + int(lasts_days * 86_400_000_000),
        "groups": _groups(campaigns, run.table(PROFILE).num_rows - len(set().union(*campaigns.accounts))),
        "capabilities": list(styles.capabilities),
        "scripts": list(styles.scripts),
        "innocent_accounts": len(innocent.names),
        "innocent_requests": len(innocent.account),
    }
    found = _members(campaigns, last, secret) | keyed_holders(held, secret) | watched.arrays() | rates
    return WatchList(header, found | {"weights": styles.weights, "caps": styles.caps})


def _groups(campaigns: Campaigns, innocents: int) -> list[dict[str, Any]]:
    kept = ("campaign_id", "kind", "bits", "capabilities", "operators")
    groups = []
    for row, accounts in zip(campaigns.rows, campaigns.accounts, strict=True):
        shares = [m["harvest_share"] for m in campaigns.members if m["campaign_id"] == row["campaign_id"]]
        groups.append(
            {
                **{name: row[name] for name in kept},
                "accounts": len(accounts),
                "share": float(np.mean(shares)) if shares else 1.0,
                "prior": min(max(len(accounts) / max(len(accounts) + innocents, 1), 1e-4), 0.1),
            }
        )
    return groups


def _members(campaigns: Campaigns, last: list[int], secret: bytes) -> dict[str, NDArray[Any]]:
    hasher = Hasher("account", secret)
    number = {row["campaign_id"]: n for n, row in enumerate(campaigns.rows)}
    keys = np.array([hasher(m["account_id"]) for m in campaigns.members], np.int64).view(np.uint64)
    order = np.argsort(keys, kind="stable")
    return {
        "members_key": keys[order],
        "members_group": np.array([number[m["campaign_id"]] for m in campaigns.members], np.uint16)[order],
        "members_bits": np.array([m["bits"] for m in campaigns.members], np.float32)[order],
        "members_share": np.array([m["harvest_share"] for m in campaigns.members], np.float32)[order],
        "members_last": np.array(last, np.int64)[order],
    }


def _bits(side: Side, styles: Styles, scale: Scale) -> Rates:
    """Bits of every request for the style of every group: one line a request."""
    parts = [np.zeros((0, len(styles.caps)))]
    if not len(styles.caps):
        return np.zeros((len(side.account), 0))
    as_fitted = styles.weights[:, :-1] * scale.spread
    constants = styles.weights[:, -1] + styles.weights[:, :-1] @ scale.centre
    weights = np.column_stack([as_fitted, constants])
    for at in range(0, len(side.account), AT_ONCE):
        traits = scale.apply(side.rows.slice(at, AT_ONCE))
        parts.append(
            np.column_stack([Contrast(w, c).log_ratio(traits) for w, c in zip(weights, styles.caps, strict=True)])
        )
    bits: Rates = np.vstack(parts) * np.log2(np.e)
    return bits


def _outcomes(
    side: Side, watched: Watched, hits: Sequence[NDArray[np.int64]], bits: Rates, *, of_campaign: bool
) -> list[tuple[Codes, Codes]]:
    """Outcomes of content and of infrastructure of every request, for each group."""
    row, entry = hits
    tier = watched.tier if of_campaign else tiers(np.maximum(watched.holders - 1, 0), watched.population)
    given = OF_KEY[watched.kind_class, tier]
    counts = (watched.own_holders >= 2) | (not of_campaign)
    content = watched.content
    found = []
    for group in range(bits.shape[1]):
        text, network = np.zeros(len(side.account), np.uint8), np.zeros(len(side.account), np.uint8)
        text[bits[:, group] >= WEAK_BITS] = STYLE
        text[bits[:, group] >= STRONG_BITS] = STRONG_STYLE
        for out, part in ((text, content), (network, ~content)):
            which = (watched.group[entry] == group) & part[entry] & counts[entry]
            np.maximum.at(out, row[which], given[entry[which]])
        found.append((text, network))
    return found


def _rates(
    innocents: list[tuple[Codes, Codes]], owns: list[tuple[Codes, Codes]], innocent: Side, own: Side
) -> dict[str, Rates]:
    """Rates of outcomes among innocents and in each campaign, and the log ratio of a request by its content."""
    groups = len(owns)
    rate, campaign = np.ones((groups, 3, 3, WIDTH)), np.zeros((groups, 3, 3, WIDTH))
    ratio = np.zeros((groups, OUTCOMES[CONTENT]))
    for group, ((text, network), (own_text, own_network)) in enumerate(zip(innocents, owns, strict=True)):
        mine = own.group == group
        theirs = (text, network, joint(text, network))
        ours = tuple(codes[mine] for codes in (own_text, own_network, joint(own_text, own_network)))
        for channel in (CONTENT, NETWORK, JOINT):
            rate[group, channel] = innocent_rates(counted(theirs[channel], innocent.account))
            campaign[group, channel] = campaign_rates(counted(ours[channel], own.account[mine]), OUTCOMES[channel])
        shown = [np.bincount(codes, minlength=OUTCOMES[CONTENT]) for codes in (text, ours[CONTENT])]
        elsewhere = innocent_rates(shown[0][None, :])[0]
        inside = (shown[1] + 0.5) / (shown[1].sum() + 0.5 * OUTCOMES[CONTENT])
        ratio[group] = np.clip(np.log(inside / elsewhere), -MOST_SURE, MOST_SURE)
    return {"innocent": rate, "campaign": campaign, "request_ratio": ratio}
