"""Errors of one sentence: what, where, what to do. The class decides the exit code."""

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes by cause."""

    OK = 0
    FAILED = 1
    """The run ended, but its result cannot be trusted as it is (too much input rejected, for one)."""
    USAGE = 2
    """The user's mistake: a file that is not there, a setting that does not exist."""
    SERVICE = 3
    """Something outside failed: a disk, a server, a cluster."""
    INTERRUPTED = 130


class StillhuntError(Exception):
    """Base of all errors that a user sees; its text is one sentence."""

    exit_code = ExitCode.FAILED


class UsageError(StillhuntError):
    """The user can mend it: a wrong path, option or value."""

    exit_code = ExitCode.USAGE


class InputError(StillhuntError):
    """The input as a whole cannot be used, or too much of it was rejected."""

    exit_code = ExitCode.FAILED


class ServiceError(StillhuntError):
    """A program or machine outside this one failed."""

    exit_code = ExitCode.SERVICE


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the known word nearest to `word`, or an empty string if none is near."""
    near = nearest(word, known)
    return f" Did you mean '{near[0]}'?" if near else ""


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> list[str]:
    """Return the known word nearest to `word`, if one is alike: by default alike enough to ask whether it was meant."""
    return difflib.get_close_matches(word, list(known), n=1, cutoff=likeness)
