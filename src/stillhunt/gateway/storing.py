"""Counting together with other workers: once a second, in a thread of its own, so that no request waits for the store.

The scorer is asked for what is to be told and handed what was learned, which is a matter of microseconds to it; the
waiting in between, for names, connections and answers, is done here.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from stillhunt.live.round import LONGEST_ROUND
from stillhunt.live.scorer import Scorer

EVERY: Final = 1.0
"""Seconds between rounds."""
LONGEST_WAIT: Final = 30.0
"""Seconds between tries to reach a store that is away; at first they are those between rounds."""
AT_THE_END: Final = 1.0
"""Seconds that a gateway which is closed waits at most to tell what it counted last."""

InScorer = Callable[[Callable[[], Any]], Any]
"""Runs a function in the scorer's thread, and returns what it returns."""


class Storing:
    """The rounds of one worker with the shared store.

    Args:
        scorer: Returns the scorer; None while there is none.
        in_scorer: How to run something in its thread.
        warn: Counts a failure by its kind and logs a sentence.
    """

    def __init__(
        self, scorer: Callable[[], Scorer | None], in_scorer: InScorer, warn: Callable[[str, str], None]
    ) -> None:
        """Begin no round yet."""
        self._scorer, self._in_scorer, self._warn = scorer, in_scorer, warn
        self._closed, self._one_at_a_time = threading.Event(), threading.Lock()
        self._begun: float | None = None
        self._reached = True

    def start(self) -> None:
        """Begin to count together."""
        threading.Thread(target=self._run, name="stillhunt-store", daemon=True).start()

    @property
    def away(self) -> bool:
        """Whether the store could not be reached the last time, or has not answered for longer than a round takes."""
        begun = self._begun
        return not self._reached or (begun is not None and time.monotonic() - begun > LONGEST_ROUND)

    def close(self) -> None:
        """Stop, and tell what was counted last, if that can be done soon."""
        self._closed.set()
        if not self.away:
            last = threading.Thread(target=self._round, name="stillhunt-store-last", daemon=True)
            last.start()
            last.join(AT_THE_END)

    def _run(self) -> None:
        wait = EVERY
        while not self._closed.wait(wait):
            wait = EVERY if self._round() else min(2 * wait, LONGEST_WAIT)

    def _round(self) -> bool:
        """Count together once; False if the store could not be reached."""
        scorer = self._scorer()
        if scorer is None:
            return True
        with self._one_at_a_time:
            self._begun = time.monotonic()
            try:
                told = self._in_scorer(scorer.share)
                reached = bool(told.exchange())
                self._in_scorer(lambda: scorer.take(told, reached=reached))
            except Exception as error:  # noqa: BLE001  whatever went wrong, the next round is tried
                if not self._closed.is_set():  # then the scorer's thread has ended, and takes nothing more
                    self._warn("store", f"Counting together with other workers failed ({type(error).__name__}).")
                reached = False
            else:
                if not reached:
                    self._warn(
                        "store", f"The shared store cannot be reached ({told.failure}): this worker counts alone."
                    )
            self._begun, self._reached = None, reached
        return reached
