"""The watch list: what a hunt has learned, as sorted arrays in one signed file.

Keys are 64-bit hashes, so the file holds no prompt, address, card or account id. A watched key takes 12 bytes, a
member 26, a held account or organisation 22. `compile.py` makes it of a run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from stillhunt.live.container import Arrays, Container

FILE: Final = Container(b"STILLHUNT WATCH2", "watch list", "make it anew with `stillhunt watchlist`")
ARRAYS: Final = {
    "members_key": "u8", "members_group": "u2", "members_bits": "f4", "members_share": "f4",
    "members_last": "i8",
    "held_key": "u8", "held_group": "u2", "held_share": "f4", "held_last": "i8",
    "watch_key": "u8", "watch_group": "u2", "watch_kind": "u1", "watch_tier": "u1",
    "innocent": "f8", "campaign": "f8", "request_ratio": "f8", "weights": "f8", "caps": "f8",
}  # fmt: skip
"""Every array and its type: members, what their organisations and operators hold beside them (holders.py), and watched
keys, all sorted by key; `last` is when a request was last held against a member, or against any account of a holder;
rates of outcomes by group, channel, state and outcome among innocents and in the campaign (rates.py); log ratio of a
request by group and content outcome; and each group's contrast, for traits as they are, with its cap (style.py)."""


@dataclass(frozen=True)
class WatchList:
    """What a hunt has learned, in the form in which requests are compared with it.

    Attributes:
        header: `run`, `created` and `expires` (µs UTC), `groups` (one a campaign: id, kind, bits, what it takes,
            operators, how many accounts, its share of them), the labels that the contrasts know, and counts.
        arrays: The arrays of ARRAYS, by name.
    """

    header: Mapping[str, Any]
    arrays: Arrays

    @cached_property
    def version(self) -> str:
        """What tells this list from others: the run that it was made of, and when."""
        return f"{self.header['run']}@{datetime.fromtimestamp(self.header['created'] / 1e6, UTC):%Y-%m-%dT%H:%M:%SZ}"

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The campaigns watched, by their number."""
        groups: list[dict[str, Any]] = self.header["groups"]
        return groups

    def expired(self, now: int) -> bool:
        """Whether it is too old to act on, at a moment in µs UTC."""
        return now >= int(self.header["expires"])

    def write(self, path: str | Path, secret: bytes) -> None:
        """Write it signed, whole or not at all.

        Raises:
            UsageError: The file may not be written, or not there.
            ServiceError: The disk is full, or fails.
        """
        FILE.write(Path(path), self.header, {name: self.arrays[name] for name in ARRAYS}, secret)

    @classmethod
    def read(cls, path: str | Path, secret: bytes) -> "WatchList":
        """Read a file into memory.

        Raises:
            UsageError: There is no such file.
            ServiceError: It is damaged, or was not signed with this secret.
        """
        return cls(*FILE.read(Path(path), secret))
