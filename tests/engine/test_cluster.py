"""The whole hunt on a standalone cluster: a master and two workers, each a process of its own, on the loopback."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.alike import assert_same_rows, quality
from stillhunt.runs import RESULTS, Run

pytestmark = pytest.mark.spark

WAIT = 120
"""Seconds for the cluster to come up; it takes a few."""


def start(what, *options, log, env):
    from pyspark.find_spark_home import _find_spark_home  # noqa: PLC0415  only where PySpark is

    program = Path(_find_spark_home()) / "bin" / "spark-class"
    command = [str(program), f"org.apache.spark.deploy.{what}", "--host", "127.0.0.1", *options]
    with log.open("wb") as out:
        return subprocess.Popen(command, stdout=out, stderr=out, env=env)


def wait_for(log, pattern, times=1):
    end = time.monotonic() + WAIT
    while len(re.findall(pattern, log.read_text(errors="replace"))) < times:
        assert time.monotonic() < end, log.read_text(errors="replace")
        time.sleep(0.2)


@pytest.fixture
def cluster(tmp_path, spark_settings):
    """The address of a master with two workers of one core and 1 GiB each."""
    env = {**os.environ, "SPARK_DAEMON_MEMORY": "256m", "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_CONF_DIR": spark_settings}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"spark://127.0.0.1:{port}"
    log = tmp_path / "master.log"
    processes = [start("master.Master", "--port", str(port), "--webui-port", "0", log=log, env=env)]
    try:
        wait_for(log, "I have been elected leader")
        for n in range(2):
            options = ("-c", "1", "-m", "1g", "--webui-port", "0", "-d", str(tmp_path / f"worker-{n}"), address)
            processes.append(start("worker.Worker", *options, log=tmp_path / f"worker-{n}.log", env=env))
        wait_for(log, "Registering worker", times=2)
        yield address, env, tmp_path
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(30)


def test_a_cluster_of_two_workers_gives_the_same_answer(world, hunted, cluster):
    address, env, folder = cluster
    side = ["--accounts", str(world.accounts_file), "--releases", str(world.releases_file)]
    where = ["--engine", "spark", "--master", address, "--memory", "1GB", "--out", str(folder / "run")]
    command = [sys.executable, "-m", "stillhunt", "hunt", str(world.logs), *side, *where, "--json"]
    done = subprocess.run(command, env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    run, alone = Run.open(folder / "run"), hunted["duckdb"][0]
    for table in RESULTS:
        assert_same_rows(run.table(table), alone.table(table))
    assert quality(run, world.truth) == quality(alone, world.truth)
    for n in range(2):
        assert (folder / f"worker-{n}.log").read_text(errors="replace").count("Asked to launch executor") == 1
        assert any((folder / f"worker-{n}").glob("app-*/*/stderr"))
    assert not list(folder.joinpath("run").glob(".spark-*"))
