"""The two small files beside the logs: accounts, and when models were released."""

from pathlib import Path

import pyarrow as pa

from stillhunt.errors import InputError
from stillhunt.ingest.conform import NEARLY, nearly
from stillhunt.ingest.format import Format
from stillhunt.ingest.read import read_all
from stillhunt.ingest.rejects import Rejects
from stillhunt.schema import ACCOUNT, RELEASE, Table

NOWHERE = "is in no row"
"""Said of a column that no row bears, which is no row that could not be read."""


def read_accounts(path: str | Path, rejects: Rejects) -> pa.Table:
    """Read accounts from JSON Lines (plain, gzip or zstd) or Parquet with the column names of ACCOUNT.

    Args:
        path: A file, folder or pattern.
        rejects: Collects what cannot be read, and counts; not that of the logs, where counts are of exchanges.

    Returns:
        ACCOUNT, sorted by account. Of several rows about one account the last read counts, as a whole.

        A column that is in no row, where the name of another field is near, is told as a rejected row.

    Raises:
        UsageError: If there is no such file.
        InputError: If it has rows and none could be read.
    """
    return _read_last(path, ACCOUNT, "account_id", rejects)


def read_releases(path: str | Path, rejects: Rejects) -> pa.Table:
    """Read releases of models, each with `model` and `released_at`; otherwise as `read_accounts`."""
    return _read_last(path, RELEASE, "model", rejects)


def _read_last(path: str | Path, table: Table, key: str, rejects: Rejects) -> pa.Table:
    before, met = rejects.rejected, set[str]()
    rows = read_all(str(path), table, _flat(table), rejects, met)
    refused = rejects.rejected - before
    if refused and not rows.num_rows:
        why = rejects.table()["reason"][before].as_py().removesuffix(".")
        raise InputError(f"No row of '{path}' could be read ({refused:,} rejected; the first: {why}): mend the file.")
    for column in table.columns:
        if column.name not in met and nearly(column.name, met - set(table.names)):
            rejects.add(str(path), 1, f"{table.name}s", f"`{column.name}` {NOWHERE}, but {NEARLY}.")
    order = pa.table({key: rows[key], "row": pa.array(range(rows.num_rows), pa.int64())})
    last = order.group_by(key).aggregate([("row", "max")]).sort_by(key)
    return rows.take(last["row_max"])


def _flat(table: Table) -> Format:
    return Format(
        name=f"{table.name}s",
        says=table.meaning,
        recognise=lambda _: True,
        parse=lambda record: [dict(record)],
        sample={},
        expected=[],
        flat=True,
    )
