"""Apache Spark: the same SQL on one machine's cores or on a cluster, for what outgrows a single process.

Every table that is made is written out as Parquet and read back. That cuts the lineage, so that a table is computed
once and stays what it was, whatever order its rows come in and whichever worker is lost later.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from stillhunt.engine.base import Batches
from stillhunt.engine.java import check_java
from stillhunt.engine.translate import to_spark
from stillhunt.errors import ServiceError

LOCAL: Final = "local"
_ALWAYS: Final = {
    "spark.app.name": "stillhunt",
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.ansi.enabled": "true",  # what does not fit is an error, as in DuckDB, and never a silent null
    "spark.sql.session.timeZone": "UTC",
    "spark.driver.maxResultSize": "0",  # what is fetched is counted before it is
}
_ONE_MACHINE: Final = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
"""A hunt on one machine opens no port to others."""


@contextmanager
def _causes_named() -> Iterator[None]:
    """Tell what went wrong outside in one sentence; an AnalysisException is a mistake of our own and passes."""
    try:
        yield
    except (PySparkException, Py4JError) as error:
        if type(error).__name__ in {"AnalysisException", "ParseException"}:
            raise
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise ServiceError(f"Spark cannot go on ({reason}): see the logs of its driver and workers.") from error


class SparkEngine:
    """Set work on Spark; whatever stands in its own `spark-defaults.conf` counts too.

    Args:
        work: Folder for the tables of the hunt; on a cluster every machine must see it under this path.
        memory: What the driver may hold, for example `3GB`; on one machine the workers live in the driver.
        threads: Worker threads on one machine; None takes all cores. A cluster has its own.
        master: Where the cluster is, such as `spark://host:7077`; None stays on this machine.
    """

    def __init__(
        self,
        work: Path,
        memory: str = "3GB",
        threads: int | None = None,
        master: str | None = None,
    ) -> None:
        """Start a session with a folder of its own in `work`."""
        check_java()
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
        settings: dict[str, Any] = {**_ALWAYS, "spark.driver.memory": _for_java(memory)}
        if master is None or master.startswith(LOCAL):
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
            settings |= _ONE_MACHINE
        settings["spark.master"] = master or f"{LOCAL}[{threads or '*'}]"
        self._work = Path(tempfile.mkdtemp(prefix=".spark-", dir=work)).absolute()
        self._made = 0
        self._files: dict[str, Path] = {}
        with _causes_named():
            self._spark = SparkSession.builder.config(map=settings).getOrCreate()

    def register(self, name: str, table: pa.Table) -> None:
        """Hand an Arrow table to Spark under `name`."""
        with _causes_named():  # a table of no chunk is not even empty to Spark
            self._keep(name, self._spark.createDataFrame(table if table.num_rows else table.schema.empty_table()))

    def load(self, name: str, files: Sequence[Path]) -> None:
        """Make Parquet files known under `name` as a view."""
        with _causes_named():
            self._spark.read.parquet(*(str(f.absolute()) for f in files)).createOrReplaceTempView(name)
        self._forget(name)

    def create(self, name: str, sql: str) -> None:
        """Materialise `sql` as table `name`; `sql` may read the table that it replaces."""
        with _causes_named():
            self._keep(name, self._spark.sql(to_spark(sql)))

    def fetch(self, sql: str) -> pa.Table:
        """Run `sql` and return its rows."""
        with _causes_named():
            return self._spark.sql(to_spark(sql)).toArrow()

    def write(self, sql: str, path: Path) -> None:
        """Run `sql` into one Parquet file."""
        folder = path.with_name(f".{path.name}.parts")
        with _causes_named():
            self._spark.sql(to_spark(sql)).coalesce(1).write.mode("overwrite").parquet(
                str(folder.absolute()), compression="zstd"
            )
        next(folder.glob("part-*.parquet")).replace(path)
        shutil.rmtree(folder)

    def make_room(self) -> None:
        """Do nothing: what Spark holds is not in this process."""

    def spread(self, work: pa.Table, function: Callable[[Batches], Batches], told: pa.Schema) -> pa.Table:
        """Run `function` over the rows of `work` wherever there are workers, and return what it tells of them."""
        with _causes_named():
            rows = self._spark.createDataFrame(work).repartition(max(1, work.num_rows))
            return rows.mapInArrow(function, from_arrow_schema(told)).toArrow().cast(told)

    def _keep(self, name: str, rows: DataFrame) -> None:
        """Write rows out, and let `name` mean what was written from then on."""
        self._made += 1
        folder = self._work / f"{self._made:05d}-{name}"
        rows.write.parquet(str(folder))
        self._spark.read.schema(rows.schema).parquet(str(folder)).createOrReplaceTempView(name)
        self._forget(name)
        self._files[name] = folder

    def _forget(self, name: str) -> None:
        """Remove what `name` meant before; nothing reads it any more."""
        before = self._files.pop(name, None)
        if before is not None:
            shutil.rmtree(before, ignore_errors=True)

    def __enter__(self) -> Self:
        """Return the engine itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the session and remove its folder."""
        self._spark.stop()
        shutil.rmtree(self._work, ignore_errors=True)


def _for_java(memory: str) -> str:
    """Return an amount such as `3GB` or `512MiB` in mebibytes, as Java's options take it."""
    number = memory.rstrip("BiKMGT ")
    unit = memory[len(number) :].strip()
    power = "KMGT".index(unit[0]) + 1
    size = float(number) * (1024 if "i" in unit else 1000) ** power
    return f"{max(512, round(size / 2**20))}m"
