"""Lots: files that are read together, and the feature file that comes of them, named by its content.

A lot is done when its notes stand beside its features. A run that was killed leaves the lots that were done, and the
next one with the same folder goes on after them.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillhunt.ingest.resume import place
from stillhunt.ingest.sources import STDIN, Input
from stillhunt.schema import REJECTED

LOT_BYTES = 32 * 2**20
"""Files are put together until they hold so much: a feature file for each of ten thousand small logs would cost more
than they do."""
NOTES, REFUSED, PARTIAL = ".json", ".rejected", ".partial"


@dataclass(frozen=True)
class Work:
    """What all lots of a run have in common: how to read, and what was read before."""

    secret: bytes
    format: str | None
    known: Sequence[Input]


@dataclass(frozen=True)
class Done:
    """What became of a lot."""

    key: str
    inputs: Sequence[Input]
    accepted: int
    rejected: int

    def note(self, folder: Path) -> None:
        """Write down that the lot is done."""
        notes = {"accepted": self.accepted, "rejected": self.rejected, "inputs": [asdict(i) for i in self.inputs]}
        partial = folder / f"{self.key}-{os.getpid()}{PARTIAL}"
        partial.write_text(json.dumps(notes), encoding="utf-8")
        partial.replace(folder / f"{self.key}{NOTES}")

    @classmethod
    def noted(cls, file: Path) -> "Done":
        """Read what `note` wrote."""
        notes = json.loads(file.read_bytes())
        return cls(file.stem, [Input(**i) for i in notes["inputs"]], notes["accepted"], notes["rejected"])

    def features(self, folder: Path) -> list[Path]:
        """Return its feature file, if any line was accepted."""
        file = folder / f"{self.key}.parquet"
        return [file] if file.exists() else []

    def refused(self, folder: Path) -> pa.Table:
        """Return its rows of REJECTED."""
        file = folder / f"{self.key}{REFUSED}"
        return pq.read_table(file, schema=REJECTED.arrow) if file.exists() else REJECTED.empty()


def lot_key(inputs: Sequence[Input], lines: int) -> str:
    """Return a name for what was read: the content of its files, and how many lines of them were new."""
    said = " ".join([*(i.sha256 for i in inputs), str(lines)])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def split(files: Sequence[str]) -> list[list[str]]:
    """Put files together into lots, in order."""
    lots: list[list[str]] = []
    size = LOT_BYTES
    for file in files:
        if size >= LOT_BYTES or file == STDIN:
            lots.append([])
            size = 0
        lots[-1].append(file)
        size += LOT_BYTES if file == STDIN else Path(file).stat().st_size
    return lots


def go_on(folder: Path, run: str, files: Sequence[str]) -> list[Done]:
    """Return the lots that an unfinished run left in `folder`, and take away what is of no use.

    Args:
        folder: Where features are kept.
        run: Says what a run makes of its logs; lots of another are of no use.
        files: What this run is to read; a lot with content that is in none of them is not of this run.
    """
    mark = folder / f"run{PARTIAL}"
    done = []
    if mark.exists() and mark.read_text(encoding="utf-8") == run:
        done = [Done.noted(file) for file in sorted(folder.glob(f"*{NOTES}"))]
        given = _content(files, [i for lot in done for i in lot.inputs])
        if any(i.sha256 not in given for lot in done for i in lot.inputs):
            done = []
    kept = {mark, *(folder / f"{lot.key}{end}" for lot in done for end in (".parquet", NOTES, REFUSED))}
    for file in _leavings(folder):
        if file not in kept:
            file.unlink()
    mark.write_text(run, encoding="utf-8")
    return done


def begin_anew(folder: Path) -> None:
    """Take away whatever an unfinished run left: a run's features are all feature files in its folder."""
    for file in _leavings(folder):
        file.unlink()


def finished(folder: Path) -> None:
    """Take away what only an unfinished run needs."""
    for file in _leavings(folder):
        if file.suffix != ".parquet":
            file.unlink()


def _leavings(folder: Path) -> Iterator[Path]:
    for end in (".parquet", NOTES, REFUSED, PARTIAL):
        yield from sorted(folder.glob(f"*{end}"))


def _content(files: Sequence[str], known: Sequence[Input]) -> set[str]:
    """Return the hashes of what is known of the files: their whole, and what they begin with."""
    return set().union(*(place(file, known).met for file in files)) if known else set()
