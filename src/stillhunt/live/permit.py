"""Permits: a policy acts only after a replay of past traffic stayed within its harm budget.

A permit stands beside the policy as `<policy>.permit`, names the very bytes of it, and is signed with the provider's
secret. A policy that is changed, even by a letter, has none.
"""

import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from stillhunt.errors import InputError
from stillhunt.live.policy import Policy
from stillhunt.live.signing import signing_key
from stillhunt.writing import written_whole

if TYPE_CHECKING:
    from stillhunt.live.replay import Replay


def permit_path(policy: str | Path) -> Path:
    """Where the permit of a policy stands."""
    return Path(f"{policy}.permit")


def enable(path: str | Path, replayed: "Replay", secret: bytes) -> Path:
    """Write the permit of a policy that was replayed.

    Raises:
        InputError: The policy was over its harm budget, or is another than was replayed.
        UsageError: The permit may not be written.
        ServiceError: The disk is full, or fails.
    """
    policy = Policy.load(path)
    if policy.title != replayed.policy:
        raise InputError(f"The policy '{path}' is another than was replayed: replay it again.")
    if not replayed.within_budget:
        when = f" and would be spent after {replayed.spent_after:,} requests" if replayed.spent_after else ""
        raise InputError(
            f"The policy '{path}' stays simulated: {replayed.per_million:,.1f} innocents per million requests would be "
            f"counted, its harm budget is {policy.harm_budget:g}{when}; ask for more bits, or for surer requests."
        )
    told = {
        "policy": policy.title,
        "digest": policy.digest,
        "replayed": replayed.to_dict(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    body = json.dumps(told, sort_keys=True)
    target = permit_path(path)
    text = json.dumps({"signature": _signature(body, secret), "permit": told}, indent=2)
    with written_whole(target, "The permit") as partial:
        partial.write_text(text, encoding="utf-8")
    return target


def load_policy(path: str | Path, secret: bytes) -> Policy:
    """Read a policy with its permit; without one, or with one of other bytes, its decisions are simulated.

    Raises:
        UsageError: The policy is missing, or holds what a policy cannot have.
    """
    policy = Policy.load(path)
    try:
        given = json.loads(permit_path(path).read_text(encoding="utf-8"))
        body = json.dumps(given["permit"], sort_keys=True)
        signed = hmac.compare_digest(str(given["signature"]), _signature(body, secret))
        permitted = signed and given["permit"]["digest"] == policy.digest
    except (OSError, ValueError, KeyError, TypeError):
        permitted = False
    return replace(policy, permitted=permitted)


def _signature(body: str, secret: bytes) -> str:
    return hmac.digest(signing_key(secret, b"policy permit 2"), body.encode(), sha256).hex()
