"""What of a file was read before. Content tells, never the name: files are rotated, rewritten and appended to."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from stillhunt.ingest.sources import CODECS, PARQUET, STDIN, Input

_READ = 2**20


@dataclass(frozen=True)
class Place:
    """Where reading of a file goes on."""

    bytes: int = 0
    """Bytes before it, all of them read by an earlier run."""
    lines: int = 0
    """Lines in them."""
    format: str | None = None
    """What they were read as."""
    digest: Any = field(default_factory=hashlib.sha256)
    """State of the hash after them."""
    whole: bool = False
    """Whether nothing comes after them."""
    met: frozenset[str] = frozenset()
    """Hashes of all that is known of the file: its whole, and what it begins with."""


def place(file: str, known: Sequence[Input]) -> Place:
    """Return where reading of `file` goes on after the files `known`.

    A file of plain lines that begins with the whole of a known one has grown: only what follows is still to be read,
    if the known part ends with a line. Anything else is read from its beginning. Standard input cannot be looked at
    before it is read, so it is always read.
    """
    if file == STDIN or not known:
        return Place()
    size = Path(file).stat().st_size
    shorter: dict[int, dict[str, str | None]] = {}
    for one in known:
        if 0 < one.bytes < size:
            shorter.setdefault(one.bytes, {})[one.sha256] = one.format
    whole = {i.sha256 for i in known if i.bytes == size}
    with Path(file).open("rb") as raw:
        return _place(raw, shorter, size, whole)


def _place(raw: BinaryIO, shorter: dict[int, dict[str, str | None]], size: int, whole: set[str]) -> Place:
    """Hash the file up to each size of `shorter`, which has hash and format of the files of that size, or its end."""
    head = raw.read(len(PARQUET))
    raw.seek(0)
    grows = not head.startswith((PARQUET, *(magic for magic, _ in CODECS)))
    found, digest, at, lines, met = Place(), hashlib.sha256(), 0, 0, frozenset[str]()
    marks = sorted(shorter) if grows else []
    for mark in [*marks, *([size] if whole else [])]:
        block = b""
        while at < mark and (block := raw.read(min(_READ, mark - at))):
            digest.update(block)
            at, lines = at + len(block), lines + block.count(b"\n")
        sha256 = digest.hexdigest()
        if mark == size and sha256 in whole:
            return Place(size, lines, whole=True, met=met | {sha256})
        if mark < size and block.endswith(b"\n") and sha256 in shorter[mark]:
            met |= {sha256}
            found = Place(mark, lines, shorter[mark][sha256], digest.copy(), met=met)
    return found
