"""What a guard keeps in order around its scorer: the watch list's file and the decision log."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from stillhunt.errors import StillhuntError
from stillhunt.gateway.settings import GatewaySettings
from stillhunt.live.log import DecisionLog
from stillhunt.live.permit import load_policy
from stillhunt.live.policy import Policy
from stillhunt.live.scorer import Scorer
from stillhunt.live.shared import Sharing, Together, connect

Warn = Callable[[str, str], None]
"""Counts a failure by its kind and logs a sentence."""
_FIRST: Final = {"account_id": "nobody", "system": "You are brief.", "prompt": "Which is longer, Düna or Пина?",
                 "ip": "192.0.2.1"}  # fmt: skip
"""Plain ASCII and other text, for they take different ways."""


class Kept:
    """A scorer with its files and its store. Used from one thread."""

    def __init__(self, settings: GatewaySettings, secret: bytes, warn: Warn) -> None:
        """Load everything.

        Raises:
            StillhuntError: Watch list, policy or log cannot be used.
        """
        self._path, self._warn = Path(settings.watchlist), warn
        policy = load_policy(settings.policy, secret)
        self.scorer = Scorer.load(self._path, secret=secret, policy=policy, sharing=_sharing(settings, policy))
        # Last, for a long one takes seconds to check, and whatever cannot be loaded is tried again and again.
        self.scorer.log = DecisionLog(settings.log, secret) if settings.log else None
        # The first request ever compiles and loads what the next ones use; nobody shall wait for that.
        Scorer(self.scorer.watchlist, secret=secret).score(_FIRST)
        self._list, self._reloads, self._file = self.scorer.watchlist, 0, "ok"
        self._why_no_log = ""

    def complaints(self) -> list[str]:
        """Say what is wrong, one sentence each."""
        scorer = self.scorer
        told = {
            "The watch list file has vanished: the one read before is used.": self._file == "missing",
            "A new watch list file was refused: the one read before is used.": self._file == "refused",
            self._why_no_log: bool(self._why_no_log),
            "The watch list has expired: all actions are simulated.": scorer.watchlist.expired(time.time_ns() // 1000),
            "The policy has passed its harm budget: all actions are simulated.": scorer.budget.spent,
        }
        return [sentence for sentence, is_so in told.items() if is_so]

    def tend(self) -> None:
        """Look at the watch list's file, and hand the log to the disk."""
        self._tend_file()
        self._tend_log()

    def close(self) -> None:
        """Hand the log to the disk."""
        self._tend_log()

    def _tend_file(self) -> None:
        self.scorer.look_again()
        refused = self.scorer.trouble["reload"]
        now = self._file
        if not self._path.exists():
            now = "missing"
        elif refused > self._reloads:
            now = "refused"
        elif self.scorer.watchlist is not self._list or self._file == "missing":
            now = "ok"
        if now not in {self._file, "ok"}:
            self._warn(f"watchlist_{now}", f"The watch list file '{self._path.name}' is {now}.")
        self._list, self._reloads, self._file = self.scorer.watchlist, refused, now

    def _tend_log(self) -> None:
        if self.scorer.log is None:
            return
        try:
            self.scorer.log.flush()
            self._why_no_log = ""
        except StillhuntError as error:
            self._why_no_log = str(error)
            self._warn("log", self._why_no_log)


def _sharing(settings: GatewaySettings, policy: Policy) -> Sharing | None:
    if settings.store is None:
        return None
    return Together(connect(settings.store), f"stillhunt:{policy.version}")
