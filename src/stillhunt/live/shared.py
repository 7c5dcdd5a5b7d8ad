"""What several workers must count together: fresh accounts, once each, and the harm budget.

Everything else stays in the process. `Alone` is for one worker. `Together` keeps sums in a Valkey or Redis server and
never makes a request wait for it: what is counted is put aside and sent by `synchronise`. While the server is away
each worker goes on with what it has counted itself, and sends it when the server is back.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from stillhunt.live.betting import Outcomes
from stillhunt.live.budget import Budget
from stillhunt.live.regrowth import SHARES, Gains, Regrowth

if TYPE_CHECKING:
    from redis import Redis

KEPT_SECONDS: Final = 30 * 86_400
"""How long the server keeps sums: longer than a watch list lasts."""
MOST_PENDING: Final = 100_000
"""Fresh accounts put aside while the server is away; of more, the oldest are dropped and stay counted here alone."""

# An account is counted by whoever tells of it first, and told once however often it is sent.
_ARRIVAL: Final = """
if redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then
  redis.call('HINCRBY', KEYS[2], 'fresh', 1)
  for i = 2, #ARGV, 2 do redis.call('HINCRBYFLOAT', KEYS[2], ARGV[i], ARGV[i + 1]) end
  redis.call('EXPIRE', KEYS[2], ARGV[1])
end
return 0"""


class Sharing(Protocol):
    """How a scorer counts with others."""

    def arrived(self, account: int, day: int, shown: Mapping[str, Outcomes], regrowth: Regrowth) -> None:
        """Count the first request of an account, here; must not wait for anybody."""
        ...

    def synchronise(self, regrowth: Regrowth, budget: Budget) -> bool:
        """Exchange sums with the others; False if they cannot be reached."""
        ...


class Alone:
    """One worker: nobody to tell."""

    def arrived(self, account: int, day: int, shown: Mapping[str, Outcomes], regrowth: Regrowth) -> None:
        """Count the first request of an account."""
        del account
        regrowth.arrived(day, dict(shown))

    def synchronise(self, regrowth: Regrowth, budget: Budget) -> bool:
        """There is nothing to exchange."""
        del regrowth, budget
        return True


class Together:
    """Several workers with one Valkey or Redis server.

    Args:
        server: A client, with a short timeout of its own.
        name: Prefix of the keys; workers with the same watch list and policy share one.
    """

    def __init__(self, server: "Redis", name: str) -> None:
        """Count nothing yet."""
        self._server, self._name = server, name
        self._pending: dict[int, tuple[int, dict[str, Outcomes]]] = {}
        self._told = (0, 0, 0.0)
        self._others = (0, 0, 0.0)

    def arrived(self, account: int, day: int, shown: Mapping[str, Outcomes], regrowth: Regrowth) -> None:
        """Count the first request of an account here, and put it aside for the others."""
        regrowth.arrived(day, dict(shown))
        self._pending[account] = (day, dict(shown))
        if len(self._pending) > MOST_PENDING:
            del self._pending[next(iter(self._pending))]

    def synchronise(self, regrowth: Regrowth, budget: Budget) -> bool:
        """Send what was put aside, and take over the sums of all; False if the server cannot be reached."""
        from redis import RedisError  # noqa: PLC0415  an optional dependency

        pending = dict(self._pending)
        days = sorted({*regrowth.days, *(day for day, _ in pending.values())})
        counted = (budget.requests - self._others[0], budget.touched - self._others[1],
                   budget.innocent - self._others[2])  # fmt: skip
        try:
            sums, spent = self._exchange(pending, days, counted, regrowth)
        except RedisError:
            return False
        for account in pending:
            self._pending.pop(account, None)
        self._told = counted
        self._others = tuple(whole - own for whole, own in zip(spent, counted, strict=True))  # type: ignore[assignment]
        budget.take(requests=round(spent[0]), touched=round(spent[1]), innocent=spent[2])
        regrowth.replace(dict(zip(days, sums, strict=True)))
        return True

    def _exchange(
        self,
        pending: Mapping[int, tuple[int, dict[str, Outcomes]]],
        days: list[int],
        counted: tuple[int, int, float],
        regrowth: Regrowth,
    ) -> tuple[list[Gains], tuple[float, float, float]]:
        budget_key = f"{self._name}:budget"
        pipe: Any = self._server.pipeline(transaction=False)
        for account, (day, shown) in pending.items():
            fields: list[Any] = []
            for campaign, difference in regrowth.beyond_nothing(shown).items():
                fields += [part for n, v in enumerate(difference.tolist()) for part in (f"{campaign}/{n}", repr(v))]
            pipe.eval(
                _ARRIVAL,
                2,
                f"{self._name}:{regrowth.version}:seen:{account:016x}",
                self._day(regrowth, day),
                KEPT_SECONDS,
                *fields,
            )
        for number, name in enumerate(("requests", "touched", "innocent")):
            pipe.hincrbyfloat(budget_key, name, counted[number] - self._told[number])
        pipe.expire(budget_key, KEPT_SECONDS)
        for day in days:
            pipe.hgetall(self._day(regrowth, day))
        answers = pipe.execute()
        spent = answers[len(pending) : len(pending) + 3]
        sums = [_sum(answer, regrowth) for answer in answers[len(pending) + 4 :]]
        return sums, (float(spent[0]), float(spent[1]), float(spent[2]))

    def _day(self, regrowth: Regrowth, day: int) -> str:
        return f"{self._name}:{regrowth.version}:day:{day}"


def connect(url: str, timeout: float = 0.25) -> "Redis":
    """Return a client of a Valkey or Redis server that gives up after `timeout` seconds."""
    from redis import Redis  # noqa: PLC0415  an optional dependency
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    # The client's own retries wait for seconds, and requests with them.
    once = Retry(NoBackoff(), 0)
    return Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=once)


def _sum(answer: Mapping[bytes, bytes], regrowth: Regrowth) -> Gains:
    told = {name.decode(): float(value) for name, value in answer.items()}
    gains = regrowth.nothing(told.get("fresh", 0.0))
    for number, campaign in enumerate(regrowth.campaigns):
        gains[number] += [told.get(f"{campaign}/{n}", 0.0) for n in range(len(SHARES))]
    return gains
