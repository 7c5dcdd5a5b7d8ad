"""One round with the store of several workers: what this one counted is told, and what all counted is learned.

It waits for the server, so it touches nothing that requests are scored with, and may run in any thread.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from stillhunt.live.betting import Outcomes
from stillhunt.live.regrowth import SHARES, Gains, Regrowth

if TYPE_CHECKING:
    from redis import Redis

KEPT_SECONDS: Final = 30 * 86_400
"""How long the server keeps sums: longer than a watch list lasts."""
LONGEST_ROUND: Final = 3.0
"""Seconds after which a round is given up. The client's own timeout is of one answer, and there are many."""

# An account is counted by whoever tells of it first, and told once however often it is sent.
_ARRIVAL: Final = """
if redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then
  redis.call('HINCRBY', KEYS[2], 'fresh', 1)
  for i = 2, #ARGV, 2 do redis.call('HINCRBYFLOAT', KEYS[2], ARGV[i], ARGV[i + 1]) end
  redis.call('EXPIRE', KEYS[2], ARGV[1])
end
return 0"""

# Each worker tells all that it ever counted, and the server adds what is new of it: told twice it is added once, and a
# server that has lost its memory learns it anew.
_SPENT: Final = """
local sums = {}
for i, name in ipairs({'requests', 'touched', 'innocent'}) do
  local told = redis.call('HGET', KEYS[2], name) or '0'
  local new = string.format('%.17g', tonumber(ARGV[i + 1]) - tonumber(told))
  sums[i] = redis.call('HINCRBYFLOAT', KEYS[1], name, new)
  redis.call('HSET', KEYS[2], name, ARGV[i + 1])
end
redis.call('EXPIRE', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[1])
return sums"""

Fresh = tuple[int, dict[str, Outcomes], Gains]
"""Day of an account's first request, what it showed, and what that won here."""
Counted = tuple[int, int, float]
"""Requests decided on, touched, and innocent ones among these."""


class Round(Protocol):
    """What one worker tells the others, once."""

    failure: str

    def exchange(self) -> bool:
        """Tell it, and learn the sums; waits, and may be called in any thread. False if nobody could be reached."""
        ...


@dataclass
class StoreRound:
    """A round of one worker with a Valkey or Redis server.

    Attributes:
        server: A client of it.
        name: Prefix of the keys.
        worker: Who tells.
        regrowth: Whose fresh accounts are told; only what never changes of it is read.
        sent: The accounts told.
        days: The days whose sums are asked for.
        own: What this worker has counted in all.
        sums: What all workers' fresh accounts have won, by day, once it is learned.
        spent: What all workers have counted, once it is learned.
        failure: Why it failed, if it did: the name of an error, which holds no address or password.
    """

    server: "Redis"
    name: str
    worker: str
    regrowth: Regrowth
    sent: dict[int, Fresh]
    days: list[int]
    own: Counted
    sums: dict[int, Gains] = field(default_factory=dict)
    spent: tuple[float, float, float] = (0.0, 0.0, 0.0)
    failure: str = ""

    def exchange(self) -> bool:
        """Tell it, and learn the sums of all; False if that fails, or takes longer than `LONGEST_ROUND`."""
        hang_up = partial(self.server.connection_pool.disconnect, inuse_connections=True)
        watch = threading.Timer(LONGEST_ROUND, hang_up)
        watch.daemon = True
        watch.start()
        try:
            self._learn(self._pipeline().execute())
        # The client stumbles in many ways over odd answers, and over a connection that is closed under it.
        except Exception as error:  # noqa: BLE001  whatever it was, this worker goes on alone, and says why
            self.failure = type(error).__name__
            return False
        finally:
            watch.cancel()
        return True

    def _pipeline(self) -> Any:
        pipe: Any = self.server.pipeline(transaction=False)
        for account, (day, shown, _) in self.sent.items():
            fields: list[Any] = []
            for campaign, difference in self.regrowth.beyond_nothing(shown).items():
                fields += [part for n, v in enumerate(difference.tolist()) for part in (f"{campaign}/{n}", repr(v))]
            seen = f"{self.name}:{self.regrowth.version}:seen:{account:016x}"
            pipe.eval(_ARRIVAL, 2, seen, self._day(day), KEPT_SECONDS, *fields)
        budget = f"{self.name}:budget"
        pipe.eval(_SPENT, 2, budget, f"{budget}:{self.worker}", KEPT_SECONDS, *(repr(float(one)) for one in self.own))
        for day in self.days:
            pipe.hgetall(self._day(day))
        return pipe

    def _learn(self, answers: list[Any]) -> None:
        requests, touched, innocent = (float(one) for one in answers[len(self.sent)])
        sums = [_sum(answer, self.regrowth) for answer in answers[len(self.sent) + 1 :]]
        self.spent, self.sums = (requests, touched, innocent), dict(zip(self.days, sums, strict=True))

    def _day(self, day: int) -> str:
        return f"{self.name}:{self.regrowth.version}:day:{day}"


def _sum(answer: Mapping[bytes, bytes], regrowth: Regrowth) -> Gains:
    told = {name.decode(): float(value) for name, value in answer.items()}
    gains = regrowth.nothing(told.get("fresh", 0.0))
    for number, campaign in enumerate(regrowth.campaigns):
        gains[number] += [told.get(f"{campaign}/{n}", 0.0) for n in range(len(SHARES))]
    return gains
