"""Logs featurised by an engine's workers: the same reading and the same text kernel, one file a task.

A worker opens the file itself and writes its features itself, as one process does; what travels through the engine are
names of files and what became of them. So text is read once, by the machine that needs it, and never goes through the
engine's own formats. Every file is written under a name of its own and put in place whole: a task that runs twice,
because a worker was lost or slow, leaves what it would have left once.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillhunt.engine.base import Batches, Spreading
from stillhunt.features.featurise import featurise
from stillhunt.ingest.read import read
from stillhunt.ingest.rejects import Rejects
from stillhunt.ingest.sources import Input
from stillhunt.schema import FEATURES, REJECTED

_WORK = pa.schema([("number", pa.int64()), ("file", pa.string())])
_TOLD = pa.schema([("number", pa.int64()), ("accepted", pa.int64()), ("inputs", pa.string())])


@dataclass(frozen=True)
class How:
    """How all files are read."""

    secret: bytes
    format: str | None
    known: Sequence[Input]
    """What was read before, and is not read again."""
    before: int
    """Feature files that are there already; new ones are numbered after them."""


@dataclass(frozen=True)
class Spread:
    """What became of all files, in their order."""

    features: list[Path]
    inputs: list[Input]
    accepted: int
    refused: pa.Table


def read_spread(engine: Spreading, files: Sequence[str], folder: Path, how: How) -> Spread:
    """Read log files into feature files, wherever the engine has workers.

    Args:
        engine: Has the workers. Each must see the files, and `folder`, under the same paths as this process.
        files: What to read; not standard input.
        folder: Gets a feature file for each.
        how: How to read.
    """
    absolute = [str(Path(file).absolute()) for file in files]
    work = pa.table([pa.array(range(len(files)), pa.int64()), pa.array(absolute, pa.string())], schema=_WORK)
    told = engine.spread(work, _Reader(folder.absolute(), how), _TOLD).sort_by("number").to_pylist()
    inputs = [Input(**{**entry, "path": files[t["number"]]}) for t in told for entry in json.loads(t["inputs"])]
    refused = [REJECTED.empty()]
    for number, file in enumerate(files):
        place = _refused(folder, how, number)
        if place.exists():
            rows = pq.read_table(place, schema=REJECTED.arrow)
            refused.append(rows.set_column(0, rows.schema.field(0), pa.array([file] * len(rows), pa.string())))
            place.unlink()
    features = [_features(folder, how, number) for number in range(len(files))]
    return Spread(features, inputs, sum(t["accepted"] for t in told), pa.concat_tables(refused))


@dataclass(frozen=True)
class _Reader:
    """What a worker does with the rows of `_WORK`; it travels to the worker with all it needs, the secret too."""

    folder: Path
    how: How

    def __call__(self, batches: Batches) -> Batches:
        for batch in batches:
            told = [self._read(row["number"], row["file"]) for row in batch.to_pylist()]
            yield pa.RecordBatch.from_pylist(told, schema=_TOLD)

    def _read(self, number: int, file: str) -> dict[str, object]:
        how, rejects, inputs = self.how, Rejects(), list[Input]()
        batches = read([file], rejects=rejects, format=how.format, inputs=inputs, known=how.known)
        target = _features(self.folder, how, number)
        partial = target.with_suffix(f".partial-{os.getpid()}")
        with pq.ParquetWriter(partial, FEATURES.arrow, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(featurise(batch, how.secret))
        partial.replace(target)
        if rejects.rejected:
            pq.write_table(rejects.table(), partial)
            partial.replace(_refused(self.folder, how, number))
        return {"number": number, "accepted": rejects.accepted, "inputs": json.dumps([asdict(i) for i in inputs])}


def _features(folder: Path, how: How, number: int) -> Path:
    return folder / f"{how.before + number:05d}.parquet"


def _refused(folder: Path, how: How, number: int) -> Path:
    return _features(folder, how, number).with_suffix(".rejected")
