"""A run that is killed, and started again with the same folder, goes on and ends with the same answer."""

import os
import signal
import subprocess
import sys

import pytest

from stillhunt.runs import RESULTS, Run
from stillhunt.simulate.simulator import simulate

PROGRAM = """
import os, signal, sys
from stillhunt.config import Settings
from stillhunt.pipeline import hunt
from stillhunt.reading import deal, lots

logs, accounts, out, processes, kill_after, kill_at = sys.argv[1:]
lots.LOT_BYTES = 1  # a lot a file
deal.WORTH_IT = 0 if processes == "2" else 2**60
left = int(kill_after)
die = lambda: os.kill(os.getpid(), signal.SIGKILL)

def counted(make):
    def done(*given):
        global left
        made = make(*given)
        left -= 1
        if left == 0:
            die()
        return made
    return done

lots.Done.note = counted(lots.Done.note)  # in this process
deal._Deal._hear = counted(deal._Deal._hear)  # in another that reads for this one
hunt([logs], accounts=accounts, out=out, settings=Settings(threads=int(processes)),
     progress=lambda step, share: die() if (step, share) == (kill_at, 0.0) else None)
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Three days in which two campaigns go on."""
    return simulate(tmp_path_factory.mktemp("world") / "mixed", accounts=200, days=3, seed=21, scenario="mixed")


@pytest.fixture(scope="module")
def run(world, tmp_path_factory):
    """Run the program; by default to its end."""

    def start(out, processes=1, kill_after=0, kill_at="never"):
        given = map(str, (world.logs, world.accounts_file, out, processes, kill_after, kill_at))
        ended = subprocess.run([sys.executable, "-c", PROGRAM, *given], env=os.environ, check=False)
        assert ended.returncode == (-signal.SIGKILL if kill_after or kill_at != "never" else 0)
        return Run.open(out) if ended.returncode == 0 else out

    return start


@pytest.fixture(scope="module")
def whole(run, tmp_path_factory):
    """The run that nobody killed."""
    return run(tmp_path_factory.mktemp("whole") / "run")


@pytest.mark.parametrize(
    ("processes", "kill_after", "kill_at", "kept"),
    [(1, 1, "never", 1), (2, 2, "never", 2), (1, 0, "groups", 3), (1, 0, "report", 3)],
    ids=["after one lot", "after two lots of two processes", "while groups are found", "before the report"],
)
def test_the_answer_is_the_same(run, whole, tmp_path, processes, kill_after, kill_at, kept):  # noqa: PLR0913, PLR0917
    out = run(tmp_path / "run", processes, kill_after, kill_at)
    stood = {file: file.stat().st_ino for file in (out / "features").glob("*.parquet")}
    assert len(stood) >= kept
    with pytest.raises(Exception, match="No complete run"):
        Run.open(out)
    again = run(out, processes)
    assert kept <= sum(file.exists() and file.stat().st_ino == number for file, number in stood.items())
    assert again.info["counts"] == whole.info["counts"]
    assert again.info["inputs"] == whole.info["inputs"]
    for table in RESULTS:
        assert again.table(table) == whole.table(table), table.name
    assert {file.suffix for file in (out / "features").iterdir()} == {".parquet"}
    assert (out / "report.html").exists()
