"""What several workers must count together: fresh accounts, once each, and the harm budget.

Everything else stays in the process. `Alone` is for one worker. `Together` keeps sums in a Valkey or Redis server and
never makes a request wait for it: what is counted is put aside and told in a *round* of three steps. `share` takes what
is to be told and `take` what was learned, both at once and where requests are scored; between them `exchange`
waits for the server, wherever waiting harms nobody. While the server is away each worker goes on with what it has
counted itself, and tells it when the server is back. What is told twice, for an answer was lost, counts once.
"""

import uuid
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Protocol

from stillhunt.errors import UsageError
from stillhunt.live.betting import Outcomes
from stillhunt.live.budget import Budget
from stillhunt.live.regrowth import Gains, Regrowth
from stillhunt.live.round import Counted, Fresh, Round, StoreRound

if TYPE_CHECKING:
    from redis import Redis

MOST_PENDING: Final = 100_000
"""Fresh accounts put aside while the server is away; of more, the oldest are dropped and stay counted here alone."""
MOST_SENT: Final = 1_000
"""Fresh accounts told in one round, so that a round stays short however long the server was away."""


class Sharing(Protocol):
    """How a scorer counts with others."""

    def arrived(self, account: int, day: int, shown: Mapping[str, Outcomes], regrowth: Regrowth) -> None:
        """Count the first request of an account, here; must not wait for anybody."""
        ...

    def share(self, regrowth: Regrowth, budget: Budget) -> Round:
        """Return what is to be told; must not wait for anybody."""
        ...

    def take(self, told: Any, regrowth: Regrowth, budget: Budget) -> None:
        """Take over what a round that reached the others has learned; must not wait for anybody."""
        ...


class Alone:
    """One worker: nobody to tell."""

    def arrived(self, account: int, day: int, shown: Mapping[str, Outcomes], regrowth: Regrowth) -> None:
        """Count the first request of an account."""
        del account
        regrowth.arrived(day, dict(shown))

    def share(self, regrowth: Regrowth, budget: Budget) -> Round:
        """There is nothing to tell."""
        del regrowth, budget
        return _Nothing()

    def take(self, told: Any, regrowth: Regrowth, budget: Budget) -> None:
        """There is nothing to learn."""


class _Nothing:
    failure = ""

    def exchange(self) -> bool:
        return True


class Together:
    """Several workers with one Valkey or Redis server.

    Args:
        server: A client, with a short timeout of its own.
        name: Prefix of the keys; workers with the same watch list and policy share one.
    """

    def __init__(self, server: "Redis", name: str) -> None:
        """Count nothing yet."""
        self._server, self._name, self._worker = server, name, uuid.uuid4().hex
        self._version = ""
        self._pending: dict[int, Fresh] = {}
        self._untold: dict[int, Gains] = {}
        self._others: Counted = (0, 0, 0.0)

    def arrived(self, account: int, day: int, shown: Mapping[str, Outcomes], regrowth: Regrowth) -> None:
        """Count the first request of an account here, and put it aside for the others."""
        self._follow(regrowth)
        gains = regrowth.arrived(day, dict(shown))
        self._pending[account] = (day, dict(shown), gains)
        self._untold[day] = self._untold.get(day, 0.0) + gains
        if len(self._pending) > MOST_PENDING:
            del self._pending[next(iter(self._pending))]

    def share(self, regrowth: Regrowth, budget: Budget) -> StoreRound:
        """Return what is to be told of what was counted here."""
        self._follow(regrowth)
        others, sent = self._others, dict(islice(self._pending.items(), MOST_SENT))
        own = (budget.requests - others[0], budget.touched - others[1], budget.innocent - others[2])
        days = sorted({*regrowth.days, *(day for day, _, _ in sent.values())})
        return StoreRound(self._server, self._name, self._worker, regrowth, sent, days, own)

    def take(self, told: StoreRound, regrowth: Regrowth, budget: Budget) -> None:
        """Take over the sums of all, and add to them what was counted here since."""
        others, own = self._others, told.own
        whole = told.spent
        self._others = (round(whole[0]) - own[0], round(whole[1]) - own[1], whole[2] - own[2])
        budget.take(
            requests=budget.requests - others[0] + self._others[0],
            touched=budget.touched - others[1] + self._others[1],
            innocent=budget.innocent - others[2] + self._others[2],
        )
        if told.regrowth is not regrowth or self._version != regrowth.version:
            return  # sums of a watch list that was replaced meanwhile
        for account, (day, _, gains) in told.sent.items():
            if self._pending.pop(account, None) is not None:
                self._untold[day] = self._untold[day] - gains
        regrowth.replace({day: sums + self._untold.get(day, 0.0) for day, sums in told.sums.items()})

    def _follow(self, regrowth: Regrowth) -> None:
        """Begin anew with a new watch list: what accounts showed of the old one is no evidence by the new one."""
        if regrowth.version != self._version:
            self._version = regrowth.version
            self._pending.clear()
            self._untold.clear()


def connect(url: str, timeout: float = 0.25) -> "Redis":
    """Return a client of a Valkey or Redis server that gives up after `timeout` seconds.

    Raises:
        UsageError: The URL is none, or the client's package is not installed.
    """
    try:
        from redis import Redis  # noqa: PLC0415  an optional dependency
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415
    except ImportError:
        raise UsageError("The shared store needs a package more: pip install 'stillhunt[shared]'.") from None

    # The client's own retries wait for seconds.
    once = Retry(NoBackoff(), 0)
    try:
        return Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=once)
    except ValueError:  # the URL may hold a password, so it is not repeated
        raise UsageError("The shared store's address is no URL: give one like 'redis://127.0.0.1:6379/0'.") from None
