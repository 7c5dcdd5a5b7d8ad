"""Partitioned folders: what a path such as `model=large-2/day=2026-03-02/part-0.parquet` says of every row in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import unquote

import pyarrow as pa

from stillhunt.ingest.conform import Part, from_values
from stillhunt.ingest.fields import parse_json
from stillhunt.schema import STRING, Column, Table

NULL = "__HIVE_DEFAULT_PARTITION__"
Values: TypeAlias = Mapping[str, Any]
"""What the path says, by column; text stays text, and null is unknown."""


def path_values(file: str, table: Table, names: list[str]) -> Values:
    """Return what the folders of a path say of the columns of `table`, but of those that stand in the file (`names`).

    Warehouses write a column that they partition by into the path and leave it out of the files, or keep it in both.
    """
    columns = {column.name: column for column in table.columns}
    found: dict[str, Any] = {}
    for folder in Path(file).parts[:-1]:
        name, is_one, value = folder.partition("=")
        if is_one and name in columns and name not in names:
            found[name] = None if value == NULL else _typed(columns[name], unquote(value))
    return found


def constant_columns(table: Table, values: Values, rows: int) -> dict[str, Part]:
    """Make a column of each value, the same in every row."""
    return {
        column.name: (pa.nulls(rows, column.type), {})
        if values[column.name] is None
        else from_values(column, [values[column.name]] * rows)
        for column in table.columns
        if column.name in values
    }


def _typed(column: Column, text: str) -> Any:
    """A number or a flag, where the column holds one; what it is no value of, the column itself will refuse."""
    if column.type == STRING:
        return text
    try:
        return parse_json(text.encode())
    except ValueError:
        return text
