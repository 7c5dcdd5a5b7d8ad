"""Work dealt to processes that begin as copies of this one, so that nothing has to be sent to them."""

import multiprocessing
from collections.abc import Callable, Iterator
from multiprocessing.pool import Pool

_work: list[Callable[[int], int]] = []
"""What the copies do; set just before they are made."""


def in_processes(work: Callable[[int], int], pieces: int, processes: int) -> Iterator[int]:
    """Do `work` for the numbers 0 to `pieces` - 1 and yield what it returns, in order.

    Where there is one process to use, or the system cannot copy processes, everything is done in this one.
    """
    if min(pieces, processes) < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(work, range(pieces))
        return
    _work.append(work)
    try:
        with _copies(min(pieces, processes)) as pool:
            yield from pool.imap(_piece, range(pieces))
    finally:
        _work.pop()


def _copies(processes: int) -> Pool:
    return multiprocessing.get_context("fork").Pool(processes)


def _piece(number: int) -> int:
    return _work[-1](number)
