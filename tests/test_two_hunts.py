"""Two hunts that are given one folder: the second is refused, and the first ends as if it had been alone."""

import json
import os
import signal
import subprocess
import sys

import pytest

from stillhunt.config import Settings
from stillhunt.errors import InputError, UsageError
from stillhunt.pipeline import hunt
from stillhunt.runs import Run

CALL = {"account_id": "a", "prompt": "Name a river in Bavaria."}
COMMAND = "from stillhunt.cli import main; main()"
WAITING = """
import sys, time
from stillhunt.pipeline import hunt
def tell(step, share):
    if step == "evidence":
        print("here", flush=True)
        time.sleep(600)
hunt([sys.argv[1]], out=sys.argv[2], progress=tell)
"""


@pytest.fixture
def logs(tmp_path):
    """Two days of a few calls."""
    folder = tmp_path / "logs"
    folder.mkdir()
    for day in range(2):
        rows = [CALL | {"exchange_id": f"e-{day}-{n}", "ts": 1_772_409_600_000_000 + n} for n in range(5)]
        (folder / f"{day}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_a_second_hunt_is_refused_while_the_first_goes_on(logs, tmp_path):
    out, ended = tmp_path / "run", []

    def begin_another(step, share):
        if (step, share) == ("evidence", 0.0):
            command = [sys.executable, "-c", COMMAND, "hunt", str(logs), "--out", str(out)]
            ended.append(subprocess.run(command, capture_output=True, text=True, check=False))

    run = hunt([logs / "0.jsonl"], out=out, settings=Settings(threads=1), progress=begin_another)
    assert ended[0].returncode == 2
    assert f"Another hunt writes to '{out}' just now: give another folder to --out, or wait" in ended[0].stderr
    assert run.info["counts"]["exchanges"] == 5
    assert len(run.info["inputs"]) == len(run.features) == 1
    assert not (out / "run.lock").exists()


def test_in_one_process_as_well(logs, tmp_path):
    refused = []

    def begin_another(step, share):
        if (step, share) == ("read", 0.0):
            with pytest.raises(UsageError, match="Another hunt writes") as told:
                hunt([logs], out=tmp_path / "run")
            refused.append(told)

    hunt([logs], out=tmp_path / "run", progress=begin_another)
    assert len(refused) == 1


def test_a_hunt_that_was_killed_holds_its_folder_no_longer(logs, tmp_path):
    out = tmp_path / "run"
    command = [sys.executable, "-c", WAITING, str(logs), str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "here\n"
        with pytest.raises(UsageError, match="Another hunt writes"):
            hunt([logs], out=out)
        os.kill(first.pid, signal.SIGKILL)
    assert hunt([logs], out=out).info["counts"]["exchanges"] == 10
    assert Run.open(out).features


def test_a_hunt_that_failed_holds_its_folder_no_longer(logs, tmp_path):
    nothing = tmp_path / "nothing.jsonl"
    nothing.write_text("no call\n")
    with pytest.raises(InputError):
        hunt([nothing], out=tmp_path / "run")
    assert hunt([logs], out=tmp_path / "run").info["counts"]["exchanges"] == 10
    with pytest.raises(UsageError, match="holds a finished run"):
        hunt([logs], out=tmp_path / "run")
    assert not (tmp_path / "run" / "run.lock").exists()
