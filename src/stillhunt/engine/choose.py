"""The engine that the settings ask for."""

from pathlib import Path

from stillhunt.config import Settings
from stillhunt.engine.base import Engine
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.errors import UsageError


def open_engine(settings: Settings, folder: Path) -> Engine:
    """Return the engine of a hunt; what it needs on disk beside its spill files stands in `folder`.

    Raises:
        UsageError: If Spark is asked for and not installed.
        ServiceError: If there is no Java for it, or its cluster does not answer.
    """
    if settings.engine == "duckdb":
        return DuckDBEngine(settings.memory, settings.threads)
    try:
        from stillhunt.engine.spark import SparkEngine  # noqa: PLC0415  installed only where somebody wants it
    except ModuleNotFoundError as error:
        raise UsageError(
            f"The Spark engine needs the package {error.name}: install it with pip install 'stillhunt[spark]'."
        ) from None
    return SparkEngine(folder, settings.memory, settings.threads, settings.master)
