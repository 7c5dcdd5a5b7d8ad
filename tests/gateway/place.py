"""A folder with what a gateway needs: a watch list of made-up members, one for each action, a policy, and settings."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stillhunt.config import load_secret
from stillhunt.features.elicitation import ELICITATION
from stillhunt.features.keyed import Hasher
from stillhunt.gateway.settings import GatewaySettings
from stillhunt.live.outcomes import OUTCOMES
from stillhunt.live.permit import enable
from stillhunt.live.policy import Policy
from stillhunt.live.rates import WIDTH
from stillhunt.live.replay import Replay
from stillhunt.live.verdict import Action
from stillhunt.live.watchlist import WatchList
from stillhunt.separation.traits import COUNTED, PRESENT, SKETCH

SECRET = load_secret()
STEPS = tuple(action for action in Action if action)
CLOSED = {Action.suspend_account, Action.withhold_reasoning}
"""Actions whose rules fail closed here; the others fail open."""


def account(action: Action) -> str:
    """The member that meets an action."""
    return f"member-{action.name}"


def bits(action: Action) -> float:
    return 2.0 * action


def watch_list(members: dict[str, float], run: str = "made-up") -> WatchList:
    """A list of one campaign that names accounts, each with its bits, and watches no keys."""
    secret = Hasher("account", SECRET)
    keys = {secret(name) & (2**64 - 1): b for name, b in members.items()}
    traits = len(COUNTED) + len(PRESENT) + len(ELICITATION) + SKETCH + 1
    arrays = {
        "members_key": np.array(sorted(keys), np.uint64),
        "members_group": np.zeros(len(keys), np.uint16),
        "members_bits": np.array([keys[key] for key in sorted(keys)], np.float32),
        "members_share": np.full(len(keys), 0.99, np.float32),
        "members_last": np.full(len(keys), time.time_ns() // 1000, np.int64),
        "watch_key": np.zeros(0, np.uint64), "watch_group": np.zeros(0, np.uint16),
        "watch_kind": np.zeros(0, np.uint8), "watch_tier": np.zeros(0, np.uint8),
        "innocent": np.ones((1, 3, 3, WIDTH)), "campaign": np.zeros((1, 3, 3, WIDTH)),
        "request_ratio": np.zeros((1, OUTCOMES[0])), "weights": np.zeros((1, traits)), "caps": np.zeros(1),
    }  # fmt: skip
    group = {"campaign_id": "c-made-up", "bits": 99.0, "prior": 0.01, "share": 0.5}
    header = {
        "run": run, "created": 1_772_409_600_000_000, "expires": 4_000_000_000_000_000, "groups": [group],
        "capabilities": [], "scripts": [],
    }  # fmt: skip
    return WatchList(header, arrays)


@dataclass
class Place:
    folder: Path

    @property
    def watchlist(self) -> Path:
        return self.folder / "watch.list"

    @property
    def policy(self) -> Path:
        return self.folder / "policy.toml"

    @property
    def settings_file(self) -> Path:
        return self.folder / "gateway.toml"

    def settings(self, **changed) -> GatewaySettings:
        base = {
            "watchlist": str(self.watchlist), "policy": str(self.policy), "headers": {"account_id": "x-account-id"},
            "slow_seconds": 0.2, "budget_ms": 2_000.0,
        }  # fmt: skip
        return GatewaySettings(**base | changed)

    def write_settings(self, **changed) -> Path:
        """Write the settings as the file that a program without arguments reads."""
        given = vars(self.settings(**changed))
        lines = [f"{name} = {_toml(v)}" for name, v in given.items() if v is not None and name != "headers"]
        lines += ["[headers]", *(f"{column} = {_toml(header)}" for column, header in given["headers"].items())]
        self.settings_file.write_text("\n".join(lines), encoding="utf-8")
        return self.settings_file


def make(folder: Path) -> Place:
    place = Place(folder)
    watch_list({account(action): bits(action) + 0.5 for action in STEPS}).write(place.watchlist, SECRET)
    rules = []
    for action in STEPS:
        rules += [
            "[[rule]]", f'action = "{action.name}"', f"bits = {bits(action)}", 'expires = "7 days"',
            f'on_failure = "{"closed" if action in CLOSED else "open"}"',
            *(["request = 0.5"] if action.of_request else []),
        ]  # fmt: skip
    head = ['name = "all steps"', 'appeal = "appeals@provider.example"', "simulated = false", "harm_budget = 1000000"]
    place.policy.write_text("\n".join([*head, *rules]) + "\n", encoding="utf-8")
    policy = Policy.load(place.policy)
    enable(place.policy, Replay(policy.title, "made-up", 1, policy.harm_budget, {}, exact=True), SECRET)
    return place


def _toml(value) -> str:
    return (
        str(value).lower() if isinstance(value, bool) else repr(value) if not isinstance(value, str) else f'"{value}"'
    )
