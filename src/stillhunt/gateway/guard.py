"""The guard: asks the scorer within a time budget, and goes on when there is no answer. Every gateway has one.

The scorer lives in one thread of its own, so that a slow one holds no event loop up. Whatever fails is counted,
logged, and shown by `health`; nothing that fails here can take the model API down.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from stillhunt.config import load_secret
from stillhunt.errors import StillhuntError
from stillhunt.gateway.asking import Asking
from stillhunt.gateway.calls import Call, account_of, exchange_of
from stillhunt.gateway.counting import Counting, span, tell
from stillhunt.gateway.decision import CLOSED, Decision, LastActions, UnreadError
from stillhunt.gateway.keeping import Kept
from stillhunt.gateway.settings import GatewaySettings
from stillhunt.gateway.storing import Storing
from stillhunt.live.scorer import Scorer

LOG: Final = logging.getLogger("stillhunt.gateway")
TEND_SECONDS: Final = 1.0
"""How often files and log are looked after."""
STUCK_AFTER: Final = 5
"""Verdicts that came too late in a row, after which only one request a second waits for the scorer."""
LONGEST_TURN: Final = 30.0
"""Seconds after which whoever looks after the scorer stops to wait for its thread, and says so."""

Exchange = Mapping[str, Any]


class Guard:
    """Decides on requests.

    Args:
        settings: What the gateway is told.
        secret: The provider's secret; read as everywhere when not given.
        strict: Whether to raise at once if watch list, policy or log cannot be loaded; else requests are decided on
            without a verdict until they can be.
        registry: Prometheus registry to count in.
    """

    def __init__(
        self, settings: GatewaySettings, *, secret: bytes | None = None, strict: bool = False, registry: Any = None
    ) -> None:
        """Load what the scorer needs, and start to look after it.

        Raises:
            StillhuntError: Only if `strict`.
        """
        self.settings, self.counting = settings, Counting(registry)
        self.actions = LastActions(settings.blind)
        self.held = 0
        self._secret = secret
        self._kept: Kept | None = None
        self._why_blind = ""
        self._late, self._probed = 0, 0.0
        self._thread = ThreadPoolExecutor(1, "stillhunt-scorer")
        self._closed = threading.Event()
        self._load(strict=strict)
        threading.Thread(target=self._look_after, name="stillhunt-tend", daemon=True).start()
        self._storing = Storing(lambda: self.scorer, self._in_scorer, self._warn) if settings.store else None
        if self._storing is not None:
            self._storing.start()

    @property
    def scorer(self) -> Scorer | None:
        """The scorer; None while it could not be loaded."""
        return self._kept.scorer if self._kept else None

    async def judge(self, call: Call) -> Decision:
        """Decide on a request to a model API; never raises."""
        if call.body is None and (refused := self.unread("too_large")) is not None:
            return refused
        return await self.decide(lambda: self._read(call), account_of(call.headers, self.settings))

    def unread(self, why: str) -> Decision | None:
        """Count a request whose body is not read, and return its refusal; None if such requests pass.

        Args:
            why: The failure, `too_large` or `unreadable`.
        """
        self.counting.failed(why)
        return Decision(None, failure=why, on_failure=CLOSED) if self.settings.too_large == CLOSED else None

    async def decide(self, exchange: Callable[[], Exchange], account: str | None) -> Decision:
        """Decide on a request; never raises.

        Args:
            exchange: Makes the columns of EXCHANGE that are known of it; called in the scorer's thread. What it raises
                counts as a failure of the scorer.
            account: Whose it is, None if nobody is known.
        """
        begun = time.perf_counter()
        with span("stillhunt.decide") as current:
            decision = await self._decide(exchange, account)
            tell(current, decision)
        self.counting.decided(decision, time.perf_counter() - begun)
        return decision

    async def _decide(self, exchange: Callable[[], Exchange], account: str | None) -> Decision:
        kept, failure = self._kept, "error"
        if kept is None:
            failure = "blind"
        elif self._is_stuck():
            failure = "busy"
        else:
            asking = Asking(self._thread, lambda in_time: kept.scorer.score(exchange(), in_time=in_time))
            try:
                verdict = await asking.answer(self.settings.budget_ms / 1000)
            except TimeoutError:
                self._late, failure = self._late + 1, "timeout"
            except asyncio.CancelledError:
                raise
            except UnreadError as unread:
                return unread.decision
            except Exception as error:  # noqa: BLE001  whatever went wrong, the request goes on
                self._warn("error", f"The scorer failed ({type(error).__name__}).")
            else:
                self._late = 0
                return self.actions.took(account, verdict)
        if failure != "error":
            self.counting.failed(failure)
        simulated = kept is not None and kept.scorer.simulated
        return self.actions.without(account, failure, time.time_ns() // 1000, simulated=simulated)

    def _read(self, call: Call) -> Exchange:
        """Read a request; called in the scorer's thread, for reading a long body takes time."""
        if call.body is not None and call.request is None:
            refused = self.unread("unreadable" if call.whole else "too_large")
            if refused is not None:
                raise UnreadError(refused)
        return exchange_of(call, self.settings)

    def _is_stuck(self) -> bool:
        if self._late < STUCK_AFTER:
            return False
        if self._late == STUCK_AFTER:
            LOG.warning("The scorer does not answer within %g ms: requests go on unasked.", self.settings.budget_ms)
            self._late += 1
        if time.monotonic() - self._probed >= TEND_SECONDS:
            self._probed = time.monotonic()
            return False
        return True

    def health(self) -> dict[str, Any]:
        """Return how the gateway is, as JSON takes it: `ok`, `degraded` or `blind`, why, and what was counted."""
        kept = self._kept
        why = [self._why_blind] if kept is None else kept.complaints()
        if kept is not None and self._storing is not None and self._storing.away:
            why.append("The shared store cannot be reached: each worker counts alone.")
        if self._late >= STUCK_AFTER:
            why.append("The scorer does not answer in time.")
        told = {
            "status": "blind" if kept is None else "degraded" if why else "ok",
            "why": why,
            "decisions": dict(self.counting.decisions),
            "failures": dict(self.counting.failures),
            "remembered": len(self.actions),
            "scorer": kept.scorer.health() if kept else None,
        }
        self.counting.stands(told)
        return told

    def metrics(self) -> tuple[str, bytes]:
        """Return content type and text of the metrics."""
        self.health()
        return self.counting.page()

    def close(self) -> None:
        """Write what waits, and stop."""
        if not self._closed.is_set():
            self._closed.set()
            if self._storing is not None:
                self._storing.close()
            if self._kept is not None:
                self._thread.submit(self._kept.close)
            self._thread.shutdown(wait=True, cancel_futures=False)

    def _load(self, *, strict: bool = False) -> None:
        try:
            self._kept = Kept(self.settings, self._secret or load_secret(), self._warn)
        except StillhuntError as error:
            if strict:
                self._thread.shutdown()
                raise
            if str(error) != self._why_blind:
                self._warn("load", f"Requests are not judged: {error}")
            self._why_blind = str(error)
        else:
            self._why_blind = ""

    def _in_scorer(self, what: Callable[[], Any]) -> Any:
        return self._thread.submit(what).result(timeout=LONGEST_TURN)

    def _look_after(self) -> None:
        while not self._closed.wait(TEND_SECONDS):
            if self._kept is None:
                self._load()
            else:
                try:
                    self._in_scorer(self._kept.tend)
                except Exception as error:  # noqa: BLE001  whatever went wrong, it goes on
                    if not self._closed.is_set():  # then the scorer's thread has ended
                        self._warn("error", f"Looking after the scorer failed ({type(error).__name__}).")

    def _warn(self, kind: str, sentence: str) -> None:
        self.counting.failed(kind)
        LOG.warning("%s", sentence)
