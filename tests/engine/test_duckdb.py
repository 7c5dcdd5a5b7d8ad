"""What the embedded engine says when it cannot go on."""

import os
import signal
import threading

import pyarrow as pa
import pytest

from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.errors import ServiceError


def test_a_table_may_be_made_of_the_one_that_it_replaces():
    with DuckDBEngine(threads=1) as engine:
        engine.register("t", pa.table({"n": [1, 2]}))
        engine.create("t", "SELECT n + 1 AS n FROM t ORDER BY n")
        assert engine.fetch("SELECT * FROM t").to_pydict() == {"n": [2, 3]}


def test_too_little_memory_is_told_in_one_sentence():
    with DuckDBEngine("4MB", threads=1) as engine, pytest.raises(ServiceError) as told:
        engine.create("t", "SELECT list(range) AS all_of_them FROM range(5000000)")
    assert str(told.value).startswith("The engine cannot go on (Out of Memory Error: ")
    assert str(told.value).endswith("): free memory or disk, or mend the file that it names.")
    assert "\n" not in str(told.value)


def test_a_missing_file_is_told_in_one_sentence(tmp_path):
    with DuckDBEngine(threads=1) as engine, pytest.raises(ServiceError, match=r"missing\.parquet"):
        engine.load("t", [tmp_path / "missing.parquet"])


def test_who_stops_the_program_stops_the_engine():
    long = "SELECT sum(a.range * b.range) AS s FROM range(200000) a, range(200000) b"
    stop = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with DuckDBEngine(threads=1) as engine:
            stop.start()
            with pytest.raises(KeyboardInterrupt):
                engine.fetch(long)
    finally:
        stop.join()
        signal.signal(signal.SIGINT, before)


def test_what_was_held_is_there_after_room_was_made():
    with DuckDBEngine("256MB") as engine:
        engine.create("numbers", "SELECT range AS n FROM range(1000000)")
        engine.make_room()
        assert engine.fetch("SELECT sum(n) AS s FROM numbers")["s"][0].as_py() == 499_999_500_000
        assert engine.fetch("SELECT current_setting('memory_limit') AS m")["m"][0].as_py() == "244.1 MiB"
