"""A stream's server is reached within a bounded time, or an error says why not.

Clients bound each connection and each read, but not the look-up of a name, nor all that they try in a row, nor a server
that takes a connection and then says nothing. So what may wait is done in threads that nobody has to wait for.
"""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

from stillhunt.errors import ServiceError
from stillhunt.stream.source import Source

REACH_SECONDS: Final = 15.0
"""How long a server may take until it has answered."""

Done = TypeVar("Done")


@dataclass(frozen=True)
class Server:
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return it as people write it."""
        return f"'[{self.host}]:{self.port}'" if ":" in self.host else f"'{self.host}:{self.port}'"


def open_in_time(servers: Sequence[Server], begin: Callable[[], Source], seconds: float = REACH_SECONDS) -> Source:
    """Open a source once one of its servers takes a connection.

    Args:
        servers: Of which any one will do.
        begin: Opens the source.
        seconds: How long all this may take.

    Raises:
        ServiceError: No server takes a connection, or none has answered in time; or what `begin` raises.
    """
    end = time.monotonic() + seconds
    try:
        # Tried first, for clients tell a refused connection late and a name that nobody knows not at all.
        _first([partial(_knock, server, seconds) for server in servers], end)
        return _first([begin], end)
    except (OSError, UnicodeError) as error:  # a name that cannot be one fails in its encoding
        silent = f"no answer within {seconds:g} seconds"
        reason = "no such name" if isinstance(error, UnicodeError) else error.strerror or silent
        where = " or ".join(map(str, servers))
        raise ServiceError(
            f"The server at {where} cannot be reached ({reason}): start it, or mend the stream's address."
        ) from None


def _knock(server: Server, seconds: float) -> None:
    socket.create_connection((server.host, server.port), timeout=seconds).close()


def _first(works: Sequence[Callable[[], Done]], end: float) -> Done:
    """Do all at once; return what the first that succeeds returns, or raise what the last that fails raises."""
    ended: SimpleQueue[Future[Done]] = SimpleQueue()
    for work in works:
        # A daemon, for a look-up cannot be broken off, and the program must be able to end before it does.
        threading.Thread(target=_do, args=(work, ended), name="stillhunt-reach", daemon=True).start()
    for left in reversed(range(len(works))):
        try:
            done = ended.get(timeout=max(end - time.monotonic(), 0.0))
        except Empty:
            break
        if not left or done.exception() is None:
            return done.result()
    raise TimeoutError


def _do(work: Callable[[], Done], ended: "SimpleQueue[Future[Done]]") -> None:
    done: Future[Done] = Future()
    try:
        done.set_result(work())
    except BaseException as error:  # noqa: BLE001  whoever waits is told of it
        done.set_exception(error)
    ended.put(done)
