"""Settings of a hunt, and the provider's secret."""

import os
import re
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from stillhunt.errors import ServiceError, UsageError, did_you_mean, of_system, reason

SECRET_VARIABLE = "STILLHUNT_SECRET"  # noqa: S105  the name of a variable, not a secret
MIN_SECRET_BYTES = 16
ENGINES = ("duckdb", "spark")
_MEMORY = re.compile(r"\d+(\.\d+)? ?[KMGT]i?B")


@dataclass(frozen=True)
class Settings:
    """What a user may choose. The text beside each type says what it does; documentation is made from it."""

    level: Annotated[float, "expected share of false ones among the groups called, at most (e-BH)"] = 0.01
    max_rejected: Annotated[float, "share of input lines that may be rejected before the run exits with 1"] = 0.05
    memory: Annotated[str, "memory that the engine may hold before it spills to disk"] = "3GB"
    threads: Annotated[int | None, "engine threads; all cores when not given"] = None
    reference: Annotated[str | None, "file with measures of benign groups; the shipped default when not given"] = None
    engine: Annotated[str, "where set work runs: duckdb, in this process, or spark"] = "duckdb"
    master: Annotated[str | None, "Spark's master, such as spark://host:7077; this machine when not given"] = None
    max_ties: Annotated[int, "ties to keys that the one process which groups may take"] = 50_000_000

    def __post_init__(self) -> None:
        """Refuse values that make no sense."""
        if not 0 < self.level <= 1:
            raise UsageError(f"Setting 'level' is {self.level}: give a share above 0 and up to 1.")
        if not 0 <= self.max_rejected <= 1:
            raise UsageError(f"Setting 'max_rejected' is {self.max_rejected}: give a share from 0 to 1.")
        if not _MEMORY.fullmatch(self.memory):
            raise UsageError(f"Setting 'memory' is '{self.memory}': give a number and its unit, such as 3GB or 512MiB.")
        if self.threads is not None and self.threads < 1:
            raise UsageError(f"Setting 'threads' is {self.threads}: give 1 or more.")
        if self.engine not in ENGINES:
            hint = did_you_mean(self.engine, ENGINES) or f" There are: {', '.join(ENGINES)}."
            raise UsageError(f"Setting 'engine' is '{self.engine}', and there is none of that name.{hint}")
        if self.master is not None and self.engine != "spark":
            raise UsageError("Setting 'master' says where Spark runs: give --engine spark with it.")
        if self.max_ties < 1:
            raise UsageError(f"Setting 'max_ties' is {self.max_ties}: give 1 or more.")


def given(settings: object) -> Settings:
    """Return the settings that were given, or the defaults.

    Raises:
        UsageError: They are no Settings.
    """
    if settings is None:
        return Settings()
    if not isinstance(settings, Settings):
        kind = type(settings).__name__
        raise UsageError(f"The settings are of type {kind}: give stillhunt.config.Settings(...), or leave them away.")
    return settings


def load_secret(home: Path | None = None) -> bytes:
    """Return the provider's secret: keyed hashes of addresses, cards and devices are made with it.

    It is read from STILLHUNT_SECRET, else from the user's configuration folder, where one is made at first use and
    readable by that user alone. Runs that are to be compared need the same secret.

    Raises:
        UsageError: If the secret is too short to guard anything.
        ServiceError: If the secret cannot be read or made.
    """
    given = os.environ.get(SECRET_VARIABLE)
    if given is not None:
        if len(given.encode()) < MIN_SECRET_BYTES:
            msg = f"{SECRET_VARIABLE} is shorter than {MIN_SECRET_BYTES} bytes: give a longer one, or unset it."
            raise UsageError(msg)
        return given.encode()
    base = home or Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    path = base / "stillhunt" / "secret"
    try:
        if not path.exists():
            _make_secret(path)
        secret = path.read_bytes().strip()
    except OSError as error:
        msg = f"The secret at '{path}' cannot be read or made ({reason(error)}): set {SECRET_VARIABLE} instead."
        raise of_system(error, msg, otherwise=ServiceError) from None
    if len(secret) < MIN_SECRET_BYTES:  # cut by hand, or by a disk that was full when it was made
        msg = f"The secret at '{path}' is shorter than {MIN_SECRET_BYTES} bytes: put the whole one back, or remove it."
        raise UsageError(msg)
    return secret


def _make_secret(path: Path) -> None:
    """Make a secret whole or not at all; of several processes that make one at once, all get the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(prefix="secret.", dir=path.parent)  # readable by this user alone
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_hex(32))
        with suppress(FileExistsError):
            os.link(partial, path)  # unlike a rename, it replaces nothing that others may have read already
    finally:
        Path(partial).unlink()
