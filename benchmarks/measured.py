"""Hunts measured from outside: each in a process of its own, so that its memory and its seconds are its own.

    python benchmarks/measured.py LOGS OUT [--accounts FILE] [--releases FILE] [--after RUN] [--memory 2GB]

prints what the hunt took as JSON; `measured` runs it so and watches the memory of all its processes.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

TEXTS = ("system", "opening", "prompt", "response")
LOOK_SECONDS = 0.25
"""Between two looks at the memory of a hunt."""


@dataclass(frozen=True)
class Seconds:
    """Seconds on the clock, and of all processors together."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Step(Seconds):
    """What a step took, and the most memory that was held while it ran, in GiB."""

    memory: float


@dataclass(frozen=True)
class Hunt:
    """What a hunt took."""

    total: Seconds
    steps: dict[str, Step]
    memory: float
    """The most that all its processes held at one time, in GiB, as seen at every look (proportional set size)."""
    counts: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        steps = {name: vars(seconds) for name, seconds in self.steps.items()}
        return {**vars(self), "total": vars(self.total), "steps": steps}


def measured(logs: Path, out: Path, *, world: Path, after: Path | None = None, memory: str) -> Hunt:
    """Hunt in a process of its own and tell what it took; `world` is where the simulator wrote."""
    given = [str(logs), str(out), "--accounts", str(world / "accounts.parquet"), "--memory", memory]
    given += ["--releases", str(world / "releases.jsonl"), *(["--after", str(after)] if after else [])]
    start = time.perf_counter()
    with subprocess.Popen([sys.executable, __file__, *given], stdout=subprocess.PIPE, text=True) as process:
        looks = []
        while process.poll() is None:
            looks.append((time.time(), sum(map(_held, _family(process.pid))) / 2**20))
            time.sleep(LOOK_SECONDS)
        wall = time.perf_counter() - start
        said = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise SystemExit(f"The hunt over {logs} failed with code {process.returncode}.")
    told = json.loads(said.splitlines()[-1])
    steps = {
        name: Step(round(end - begin, 2), cpu, round(max((m for at, m in looks if begin <= at <= end), default=0.0), 2))
        for name, (begin, end, cpu) in told["steps"].items()
    }
    return Hunt(Seconds(round(wall, 2), told["cpu"]), steps, round(max(m for _, m in looks), 2), told["counts"])


def floor(logs: Sequence[Path], threads: int) -> Seconds:
    """Scan all text of the logs once with DuckDB and split it into words."""
    listed = ", ".join(f"'{file}'" for file in logs)
    words = " + ".join(f"coalesce(sum(len(string_split({name}, ' '))), 0)" for name in TEXTS)
    with duckdb.connect(config={"threads": threads}) as engine:
        start, cpu = time.perf_counter(), time.process_time()
        engine.execute(f"SELECT {words} FROM read_parquet([{listed}])").fetchall()
        return Seconds(round(time.perf_counter() - start, 2), round(time.process_time() - cpu, 2))


def characters(logs: Sequence[Path]) -> float:
    """Mean length of all text of an exchange."""
    listed = ", ".join(f"'{file}'" for file in logs)
    length = " + ".join(f"coalesce(sum(length({name})), 0)" for name in TEXTS)
    with duckdb.connect() as engine:
        row = engine.execute(f"SELECT ({length}) / count(*) FROM read_parquet([{listed}])").fetchone()
    return float(row[0]) if row else 0.0


def _family(root: int) -> list[int]:
    """Return a process and all that descend from it."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    family = [root]
    for process in family:
        family += [child for child, parent in parents.items() if parent == process]
    return family


def _held(process: int) -> float:
    """Return the kilobytes that a process holds, what it shares with others counted in part."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    return next((float(line.split()[1]) for line in lines if line.startswith("Pss:")), 0.0)


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def main() -> None:
    """Hunt, and print what it took."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("logs")
    options.add_argument("out")
    for name in ("accounts", "releases", "after"):
        options.add_argument(f"--{name}")
    options.add_argument("--memory", default="3GB")
    given = options.parse_args()
    os.environ.setdefault("STILLHUNT_SECRET", "a secret for measurements only")
    from stillhunt.config import Settings  # noqa: PLC0415  its import is a part of what is measured
    from stillhunt.pipeline import hunt  # noqa: PLC0415

    started: dict[str, tuple[float, float]] = {}
    steps: dict[str, tuple[float, float, float]] = {}

    def tell(step: str, share: float) -> None:
        if share == 0.0:
            started.setdefault(step, (time.time(), _cpu()))
        elif share == 1.0:
            begin, cpu = started[step]
            steps[step] = (begin, time.time(), round(_cpu() - cpu, 2))

    run = hunt(
        [given.logs], out=given.out, accounts=given.accounts, releases=given.releases, after=given.after,
        settings=Settings(memory=given.memory), progress=tell,
    )  # fmt: skip
    print(json.dumps({"steps": steps, "cpu": round(_cpu(), 2), "counts": run.info["counts"]}))


if __name__ == "__main__":
    main()
