"""One question to the scorer, which either is answered in time or touches nobody.

The scorer works in another thread, so a verdict can come just when the gateway stops to wait for it. Both then reach
for one lock, which is never given back: whoever has it decides whether the verdict came in time, and both agree.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from stillhunt.live.verdict import Verdict

InTime = Callable[[], bool]


class Asking:
    """A question that was put to the scorer's thread.

    Args:
        thread: The scorer's.
        score: Scores the request there, and asks once, by what it is given, whether its verdict comes in time.
    """

    def __init__(self, thread: ThreadPoolExecutor, score: Callable[[InTime], Verdict]) -> None:
        """Put it."""
        self._settled = threading.Lock()
        self._asked = thread.submit(lambda: score(self._settle))

    async def answer(self, seconds: float) -> Verdict:
        """Return the verdict.

        Raises:
            TimeoutError: It did not come within so many seconds; when it comes it is late, and touches nobody.
        """
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._asked), seconds)
        except TimeoutError:
            if self._settle():
                raise
        except asyncio.CancelledError:  # the client has gone, so nothing is carried out
            self._settle()
            raise
        return await asyncio.wrap_future(self._asked)  # it has just been made: no more is to be done than to log it

    def _settle(self) -> bool:
        return self._settled.acquire(blocking=False)
