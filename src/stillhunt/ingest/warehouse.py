"""Tables of a warehouse as logs: which files a Delta or an Iceberg table consists of now.

Such a table is a folder of Parquet files and a record of which of them count: after an update or a deletion files stand
there that hold what is no longer so. The record is read by the table formats' own packages; what it says that a list of
files cannot (rows deleted inside a file, columns that bear another name there) is refused.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillhunt.errors import InputError, UsageError
from stillhunt.schema import EXCHANGE

_FILE = "file://"


def is_table(path: Path) -> bool:
    """Tell whether a path names a table: its folder, or the metadata file of one version of an Iceberg table."""
    return _is_delta(path) or bool(_iceberg_versions(path)) or _is_iceberg_version(path)


def table_files(path: Path) -> list[str]:
    """Return the files that the current version of the table at `path` consists of, in order.

    Raises:
        UsageError: If the package that reads such tables is not installed, or the table cannot be read as a list of
            Parquet files.
        InputError: If its record cannot be read.
    """
    name, extra, files = ("Delta", "delta", _delta) if _is_delta(path) else ("Iceberg", "iceberg", _iceberg)
    try:
        return sorted(_files_of(path, name, files))
    except ModuleNotFoundError as error:
        raise UsageError(
            f"The {name} table at '{path}' needs the package {error.name}: install it with "
            f"pip install 'stillhunt[{extra}]'."
        ) from None


def check_outside_tables(file: str) -> None:
    """See that a file named by itself is no part of a table, in which it may hold what is no longer so.

    Raises:
        UsageError: If it is one.
    """
    table = _table_around(Path(file).absolute().parent)
    if table is not None:
        raise UsageError(
            f"The file '{file}' is part of the table at '{table}', and it may be one that no longer counts: name the "
            "table."
        )


@cache
def _table_around(folder: Path) -> Path | None:
    return next((above for above in (folder, *folder.parents) if is_table(above)), None)


def _is_delta(path: Path) -> bool:
    return (path / "_delta_log").is_dir()


def _is_iceberg_version(path: Path) -> bool:
    return path.parent.name == "metadata" and path.name.endswith(".metadata.json") and path.is_file()


def _iceberg_versions(path: Path) -> list[Path]:
    return sorted((path / "metadata").glob("*.metadata.json"), key=_number) if (path / "metadata").is_dir() else []


def _number(version: Path) -> tuple[int, str]:
    """Order of a metadata file: they are called `v3.metadata.json` or `00003-….metadata.json`."""
    digits = version.name.removeprefix("v").partition(".")[0].partition("-")[0]
    return (int(digits) if digits.isdecimal() else -1, version.name)


def _files_of(path: Path, name: str, files: Callable[[Path], Iterator[str]]) -> Iterator[str]:
    try:
        for file in files(path):
            yield _local(path, name, file)
    except (UsageError, ModuleNotFoundError):
        raise
    except Exception as error:  # noqa: BLE001  packages in other languages raise what they like
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"The {name} table at '{path}' cannot be read ({reason}): mend it, or name another.") from None


def _local(path: Path, name: str, file: str) -> str:
    local = file.removeprefix(_FILE)
    if "://" in local:
        raise UsageError(
            f"The {name} table at '{path}' names files by an address ('{local.partition('://')[0]}://'): hunt a copy "
            "whose files are named by paths; see docs/running-at-scale.md."
        )
    return local


def _refuse(path: Path, name: str, what: str, instead: str) -> UsageError:
    return UsageError(f"The {name} table at '{path}' {what}, which a list of its files cannot tell: {instead}.")


def _delta(path: Path) -> Iterator[str]:
    from deltalake import DeltaTable  # noqa: PLC0415  installed only where somebody has such tables

    table = DeltaTable(str(path))
    settings = table.metadata().configuration
    if settings.get("delta.columnMapping.mode", "none") != "none":
        raise _refuse(
            path, "Delta", "gives its columns other names in its files", "write it anew without column mapping"
        )
    files: Any = pa.table(table.get_add_actions(flatten=False)).to_pylist()
    if "deletionVectors" in (table.protocol().reader_features or ()) and _some_rows_deleted(table):
        raise _refuse(path, "Delta", "has deletion vectors", "purge it first (REORG TABLE … APPLY (PURGE))")
    for file in files:
        hidden = set(file.get("partition") or ()) - {part.partition("=")[0] for part in Path(file["path"]).parts}
        if hidden & set(EXCHANGE.names):
            raise _refuse(path, "Delta", "keeps partitions that its paths do not show", "write it anew with such paths")
    yield from table.file_uris()


def _some_rows_deleted(table: Any) -> bool:
    """Whether some file has rows that no longer count; a vector that cannot be read is one that deletes."""
    try:
        return bool(pa.table(table.deletion_vectors()).num_rows)
    except Exception:  # noqa: BLE001  an older package that does not know them, or a vector that is damaged
        return True


def _iceberg(path: Path) -> Iterator[str]:
    from pyiceberg.table import StaticTable  # noqa: PLC0415  installed only where somebody has such tables

    versions = [path] if path.is_file() else _iceberg_versions(path)
    newest = [version for version in versions if _number(version)[0] == _number(versions[-1])[0]]
    if len(newest) > 1:
        raise UsageError(
            f"The Iceberg table at '{path}' has two newest versions ({newest[0].name} and {newest[1].name}), and only "
            "its catalogue knows which of them counts: name that metadata file."
        )
    table = StaticTable.from_metadata(str(newest[0]))
    names = {field.field_id: field.name for field in table.schema().fields}
    for task in table.scan().plan_files():
        if task.delete_files:
            raise _refuse(path, "Iceberg", "has rows deleted in files of their own", "rewrite its data files first")
        if task.file.file_format != "PARQUET":
            raise _refuse(path, "Iceberg", f"has files in {task.file.file_format}", "rewrite them as Parquet")
        _check_names(path, task.file.file_path.removeprefix(_FILE), names)
        yield task.file.file_path


def _check_names(path: Path, file: str, names: dict[int, str]) -> None:
    """See that the columns of a file are called what the table calls them now; what it dropped may not come back."""
    for field in pq.read_schema(file):
        number = (field.metadata or {}).get(b"PARQUET:field_id")
        now = names.get(int(number)) if number is not None else field.name
        if now != field.name and (now is not None or field.name in {*names.values(), *EXCHANGE.names}):
            raise _refuse(
                path, "Iceberg", f"has files from before the column '{field.name}' was renamed or dropped",
                "rewrite its data files first",
            )  # fmt: skip
