"""Choosing an engine, and what is said when it cannot be had."""

import sys

import pyarrow as pa
import pytest

from stillhunt.config import Settings
from stillhunt.engine import java
from stillhunt.engine.choose import open_engine
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.errors import ServiceError, UsageError
from stillhunt.groups.ties import check_ties


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"engine": "sparc"}, "Setting 'engine' is 'sparc', and there is none of that name. Did you mean 'spark'?"),
        ({"master": "spark://host:7077"}, "Setting 'master' says where Spark runs: give --engine spark with it."),
        ({"max_ties": 0}, "Setting 'max_ties' is 0: give 1 or more."),
    ],
)
def test_wrong_settings_are_told(given, said):
    with pytest.raises(UsageError) as told:
        Settings(**given)
    assert str(told.value) == said


def test_spark_that_is_not_installed_is_told(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "stillhunt.engine.spark", raising=False)
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    monkeypatch.setitem(sys.modules, "py4j.protocol", None)
    with pytest.raises(UsageError, match=r"needs the package \S+: install it with pip install 'stillhunt\[spark\]'"):
        open_engine(Settings(engine="spark"), tmp_path)


def java_that_says(tmp_path, text):
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho '{text}' >&2\n")
    program.chmod(0o755)
    return str(tmp_path)


@pytest.mark.parametrize("version", ['openjdk version "17.0.15" 2025-04-15', 'java version "21" 2023-09-19'])
def test_java_of_17_or_newer_will_do(tmp_path, monkeypatch, version):
    monkeypatch.setenv("JAVA_HOME", java_that_says(tmp_path, version))
    java.check_java()


@pytest.mark.parametrize(
    ("text", "said"), [('java version "1.8.0_392"', "is Java 8: "), ("nonsense", "is no Java that tells its version: ")]
)
def test_an_older_java_is_told(tmp_path, monkeypatch, text, said):
    monkeypatch.setenv("JAVA_HOME", java_that_says(tmp_path, text))
    with pytest.raises(ServiceError, match=said):
        java.check_java()


def test_no_java_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ServiceError, match=r"JAVA_HOME is '.*', and there is none: install one \(Debian: apt-get"):
        java.check_java()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServiceError, match="there is none on the PATH: install one"):
        java.check_java()


def test_ties_are_counted_before_they_are_fetched():
    with DuckDBEngine(threads=1) as engine:
        engine.register("ties", pa.table({"a": [1, 2, 3]}))
        check_ties(engine, "SELECT * FROM ties", "accounts and keys", 3)
        with pytest.raises(UsageError) as told:
            check_ties(engine, "SELECT * FROM ties", "accounts and keys", 2)
    assert str(told.value).startswith("There are 3 ties between accounts and keys, more than the 2 that one process")
    assert "hunt fewer days at a time, or raise --max-ties" in str(told.value)
