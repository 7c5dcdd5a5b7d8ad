"""Spark for tests: whether it is there, and settings with which small queries are quick."""

import importlib.util

from stillhunt.engine.java import check_java
from stillhunt.errors import ServiceError

# One query after another on a few rows: what Spark compiles for each, and compiles again when hot, is most of the time.
QUICK = {
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.executor.memory": "768m",
}


def missing() -> str | None:
    """Why Spark cannot be started, if it cannot."""
    if importlib.util.find_spec("pyspark") is None:
        return "needs the package pyspark: pip install --require-hashes -r requirements-spark.lock"
    try:
        check_java()
    except ServiceError as error:
        return str(error)
    return None


def write_settings(folder) -> str:
    """Write QUICK as Spark's own configuration and return the folder that SPARK_CONF_DIR names."""
    folder.mkdir()
    (folder / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in QUICK.items()))
    return str(folder)
