"""From a run to a watch list: what its campaigns are recognised by, and how rarely innocent customers show that."""

import time

import numpy as np

from stillhunt.features.keyed import Hasher
from stillhunt.live.watchlist import ARRAYS, WatchList
from stillhunt.runs import Run
from stillhunt.schema import CAMPAIGNS, MEMBERS

LASTS_DAYS = 14
"""A list older than this is no longer acted on: cards, exits and texts change hands."""


def compile_watchlist(run: Run, secret: bytes, *, lasts_days: float = LASTS_DAYS) -> WatchList:
    """Compile the watch list of a run."""
    created = time.time_ns() // 1000
    campaigns = run.table(CAMPAIGNS).sort_by("campaign_id").to_pylist()
    number = {c["campaign_id"]: n for n, c in enumerate(campaigns)}
    hasher = Hasher("account", secret)
    members = run.table(MEMBERS).to_pylist()
    keys = np.array([hasher(m["account_id"]) for m in members], np.int64).view(np.uint64)
    order = np.argsort(keys)
    arrays = {name: np.zeros(0, kind) for name, kind in ARRAYS.items()}
    arrays |= {
        "members_key": keys[order],
        "members_group": np.array([number[m["campaign_id"]] for m in members], np.uint16)[order],
        "members_bits": np.array([m["bits"] for m in members], np.float32)[order],
        "members_share": np.array([m["harvest_share"] for m in members], np.float32)[order],
    }
    header = {
        "run": run.path.name,
        "created": created,
        "expires": created + int(lasts_days * 86_400_000_000),
        "groups": [{k: c[k] for k in ("campaign_id", "kind", "bits", "capabilities", "operators")} for c in campaigns],
    }
    return WatchList(header, arrays)
