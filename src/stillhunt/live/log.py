"""The decision log: JSON Lines that are only ever added to, each signed together with the one before.

Whoever changes, removes or reorders a line without the provider's secret breaks the chain from there on; whoever cuts
off the end is found out by the file `<log>.head`, which holds the signature of the last line. The log keeps the
provider's own account and exchange ids, for an analyst must act on them; it holds no text, address or card.
"""

import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any, Final

from stillhunt.errors import InputError, UsageError
from stillhunt.live.verdict import Verdict

BEGIN: Final = "0" * 64
"""What stands for the signature before the first line."""


@dataclass(frozen=True)
class Verified:
    """What a check found: all is as it was written."""

    lines: int
    first_ts: int | None
    last_ts: int | None
    head: str


class DecisionLog:
    """Adds decisions to a log; one process writes one log."""

    def __init__(self, path: str | Path, secret: bytes) -> None:
        """Go on at the end of a log, or begin one.

        Raises:
            UsageError: The file cannot be written.
            InputError: What stands there was changed.
        """
        self._path, self._key = Path(path), _key(secret)
        self._last = verify(path, secret).head if self._path.exists() else BEGIN
        try:
            self._file = self._path.open("a", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"The decision log '{path}' cannot be written ({error.strerror}): give another.") from None

    def add(self, exchange: Mapping[str, Any], verdict: Verdict, moment: int) -> None:
        """Add one decision, with the ids of the request and of its account."""
        told = {
            "ts": moment,
            "exchange_id": exchange.get("exchange_id"),
            "account_id": exchange.get("account_id"),
            **verdict.to_dict(),
        }
        body = json.dumps(told, sort_keys=True, ensure_ascii=False, default=str)
        self._last = _sign(self._key, self._last, body)
        self._file.write(f'{{"signature": "{self._last}", "decision": {body}}}\n')

    def flush(self) -> None:
        """Hand what was added to the disk, and then its head, so that a crash between the two loses no line."""
        self._file.flush()
        os.fsync(self._file.fileno())
        partial = self._path.with_name(self._path.name + ".head.partial")
        partial.write_text(self._last + "\n", encoding="ascii")
        os.replace(partial, _head(self._path))  # noqa: PTH105  atomic on every platform, unlike rename

    def close(self) -> None:
        """Hand everything to the disk and stop."""
        try:
            self.flush()
        finally:
            self._file.close()


def verify(path: str | Path, secret: bytes) -> Verified:
    """Check a log from its first line to its last.

    Lines after the head are those of a writer that had no time to say so; they are checked like the others.

    Raises:
        UsageError: There is no such log.
        InputError: A line was changed, removed, added or put elsewhere; the error says which.
    """
    file, key, last, number = Path(path), _key(secret), BEGIN, 0
    first_ts = last_ts = None
    # A head that is no text was not written here either, so that no line is the one that it names.
    head = _head(file).read_text(encoding="ascii", errors="replace").strip() if _head(file).exists() else BEGIN
    met = head == BEGIN
    try:
        text = file.read_text(encoding="utf-8", errors="replace")  # what is no UTF-8 was not signed either
    except OSError as error:
        raise UsageError(f"The decision log '{path}' cannot be read ({error.strerror}): give another.") from None
    for number, line in enumerate(text.splitlines(), start=1):
        signature, body = line[15:79], line[94:-1]
        if not hmac.compare_digest(_sign(key, last, body).encode(), signature.encode()):
            raise InputError(
                f"The decision log '{path}' was changed at line {number}, or the secret is another: trust nothing from "
                "there on, and log to a new file."
            )
        last, met = signature, met or signature == head
        last_ts = json.loads(body)["ts"]
        first_ts = last_ts if first_ts is None else first_ts
    if not met:
        raise InputError(
            f"The decision log '{path}' lacks lines at its end: find out who could cut it, and log to a new file."
        )
    return Verified(number, first_ts, last_ts, last)


def _key(secret: bytes) -> bytes:
    return blake2b(secret[:64], digest_size=32, person=b"decision log").digest()


def _sign(key: bytes, before: str, body: str) -> str:
    return hmac.digest(key, f"{before}\n{body}".encode(), sha256).hex()


def _head(path: Path) -> Path:
    return path.with_name(path.name + ".head")
