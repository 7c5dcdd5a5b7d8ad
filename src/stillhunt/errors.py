"""Errors of one sentence: what, where, what to do. The class decides the exit code."""

import difflib
import errno
import os
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes by cause."""

    OK = 0
    FAILED = 1
    """The run ended, but its result cannot be trusted as it is (too much input rejected, for one)."""
    USAGE = 2
    """The user's mistake: a file that is not there or not permitted, a setting that does not exist."""
    SERVICE = 3
    """Something outside failed: a disk that is full or broken, a server, a cluster."""
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


_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EIO}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


def of_system(error: Exception, sentence: str, otherwise: type[StillhuntError] = UsageError) -> StillhuntError:
    """Return the error that tells of one of the operating system; its class follows from the cause alone.

    Args:
        error: What the system said. A disk that is full or fails is a service; what is forbidden the user can mend.
        sentence: What to say.
        otherwise: The class for all other causes.
    """
    number = getattr(error, "errno", None)
    kind = ServiceError if number in _DISK else UsageError if number in _FORBIDDEN else otherwise
    return kind(sentence)


def unexpected(error: OSError) -> StillhuntError:
    """Return the error that tells of one of the operating system that nobody foresaw."""
    where, why = f" at '{error.filename}'", reason(error)
    if not error.filename:  # libraries tell of the place in their own words
        where, why = "", error.strerror or str(error)
    return of_system(error, f"The system failed{where} ({why}): mend that, and run again.", otherwise=ServiceError)


def reason(error: OSError) -> str:
    """Return what the system said, without what libraries write around it."""
    number = error.errno or 0
    return os.strerror(number) if number in errno.errorcode else error.strerror or str(error)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the known word nearest to `word`, or an empty string if none is near."""
    near = nearest(word, known)
    return f" Did you mean '{near[0]}'?" if near else ""


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> list[str]:
    """Return the known word nearest to `word`, if one is alike: by default alike enough to ask whether it was meant."""
    return difflib.get_close_matches(word, list(known), n=1, cutoff=likeness)
