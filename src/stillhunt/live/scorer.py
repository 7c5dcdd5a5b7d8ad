"""The scorer: one request in, one verdict out, within a millisecond."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from stillhunt.config import load_secret
from stillhunt.features.keyed import Hasher
from stillhunt.live.compile import compile_watchlist
from stillhunt.live.policy import DEFAULT, Policy
from stillhunt.live.verdict import Action, Verdict
from stillhunt.live.watchlist import WatchList
from stillhunt.runs import Run


class Scorer:
    """Scores requests against a watch list.

    One scorer belongs to one thread or event loop; several workers have one each.
    """

    def __init__(self, watchlist: WatchList, *, policy: Policy = DEFAULT, secret: bytes | None = None) -> None:
        """Take a watch list that was read or compiled already."""
        self.watchlist, self.policy = watchlist, policy
        self._account = Hasher("account", secret or load_secret())

    @classmethod
    def from_run(cls, run: Run, *, policy: Policy = DEFAULT, secret: bytes | None = None) -> "Scorer":
        """Compile the watch list of a run and score with it."""
        secret = secret or load_secret()
        return cls(compile_watchlist(run, secret), policy=policy, secret=secret)

    @classmethod
    def load(cls, path: str | Path, *, policy: Policy = DEFAULT, secret: bytes | None = None) -> "Scorer":
        """Map a watch list file into memory and score with it.

        Raises:
            UsageError: There is no such file.
            ServiceError: It is damaged, or was not signed with the provider's secret.
        """
        secret = secret or load_secret()
        return cls(WatchList.read(path, secret), policy=policy, secret=secret)

    def score(self, exchange: Mapping[str, Any]) -> Verdict:
        """Decide on one request.

        Args:
            exchange: Columns of EXCHANGE as far as they are known before the answer, `account_id` among them, and
                optionally those of ACCOUNT (`payment_id`, `email_domain`, `created_at`). What is missing or odd is
                unknown, and never raises.

        Returns:
            The verdict.
        """
        arrays = self.watchlist.arrays
        key = np.uint64(self._account(str(exchange.get("account_id"))) & (2**64 - 1))
        at = int(np.searchsorted(arrays["members_key"], key))
        if at == len(arrays["members_key"]) or arrays["members_key"][at] != key:
            return self._verdict(0.0, None, (), exchange, member=False, probability=0.0)
        group = self.watchlist.groups[int(arrays["members_group"][at])]
        bits = min(float(arrays["members_bits"][at]), group["bits"])
        share = float(arrays["members_share"][at])
        reason = f"The last hunt found this account in campaign {group['campaign_id']}."
        return self._verdict(bits, group["campaign_id"], (reason,), exchange, member=True, probability=share)

    def _verdict(  # noqa: PLR0913  what a verdict rests on
        self,
        bits: float,
        campaign: str | None,
        reasons: tuple[str, ...],
        exchange: Mapping[str, Any],
        *,
        member: bool,
        probability: float,
    ) -> Verdict:
        rule = self.policy.decide(bits, 0.0, probability, member=member)
        moment = exchange.get("ts") or time.time_ns() // 1000
        return Verdict(
            action=rule.action if rule else Action.allow,
            bits=bits,
            reasons=reasons,
            campaign_id=campaign,
            simulated=self.policy.simulated,
            harvest_probability=probability,
            member=member,
            expires=moment + rule.expires * 1_000_000 if rule else None,
            reversible=rule.reversible if rule else True,
            appeal=self.policy.appeal if rule else None,
            on_failure=rule.on_failure if rule else "open",
            policy=f"{self.policy.name} {self.policy.version}".strip(),
            watchlist=self.watchlist.version,
        )
