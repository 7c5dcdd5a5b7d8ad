"""How the kernel's functions are compiled."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile with numba, cached on disk where a folder can be written and in memory where none can."""
    try:
        fast: Any = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # numba found no folder for its cache
        fast = numba.njit(nogil=True)(function)
    return cast("Function", fast)


def inlined(function: Function) -> Function:
    """Compile into each caller: passing arrays to a function costs more than the work on a word."""
    fast: Any = numba.njit(nogil=True, forceinline=True)(function)
    return cast("Function", fast)
