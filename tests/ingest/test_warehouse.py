"""Delta and Iceberg tables as logs: only what counts now is read, and what a list of files cannot tell is refused."""

import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
from logged_calls import CALLS, exchanges

from stillhunt.errors import InputError, UsageError
from stillhunt.ingest import warehouse
from stillhunt.ingest.sources import find
from stillhunt.ingest.warehouse import table_files

deltalake = pytest.importorskip("deltalake", reason="needs the package deltalake: see requirements-spark.lock")
catalog = pytest.importorskip("pyiceberg.catalog", reason="needs the package pyiceberg: see requirements-spark.lock")
pytest.importorskip("sqlalchemy", reason="needs the package sqlalchemy: see requirements-spark.lock")

NOW = CALLS.set_column(2, "account_id", pa.array(["a0", "moved", "a0", "a1", "a0", "a1"])).slice(0, 5)
"""The calls after one was changed and the last one deleted."""


@pytest.fixture
def delta(tmp_path):
    """A partitioned table with an update and a deletion, whose old files are still there."""
    folder = tmp_path / "delta"
    deltalake.write_deltalake(str(folder), CALLS, partition_by=["model"])
    deltalake.DeltaTable(str(folder)).update(predicate="exchange_id = 'x1'", updates={"account_id": "'moved'"})
    deltalake.DeltaTable(str(folder)).delete("exchange_id = 'x5'")
    return folder


@pytest.fixture
def opened(tmp_path):
    """The same as an Iceberg table, open."""
    made = catalog.load_catalog("t", type="sql", uri=f"sqlite:///{tmp_path}/cat.db", warehouse=f"file://{tmp_path}")
    made.create_namespace("logs")
    table = made.create_table("logs.calls", schema=CALLS.schema)
    table.append(CALLS)
    table.overwrite(NOW.slice(1, 1), overwrite_filter="exchange_id = 'x1'")
    table.delete("exchange_id = 'x5'")
    yield table
    made.close()


@pytest.fixture
def iceberg(opened, tmp_path):
    return tmp_path / "logs" / "calls"


@pytest.fixture(params=["delta", "iceberg"])
def table(request):
    return request.getfixturevalue(request.param)


def stale(folder):
    return {str(f) for f in folder.rglob("*.parquet")} - set(table_files(folder))


def test_only_what_counts_now_is_read(table):
    assert stale(table)
    found, rejects = exchanges(table)
    assert found.select(CALLS.column_names).to_pylist() == NOW.to_pylist()
    assert rejects.rejected == 0


def test_files_of_a_table_are_not_to_be_named_by_themselves(table):
    with pytest.raises(UsageError, match="is part of the table at"):
        find([min(stale(table))])
    with pytest.raises(UsageError, match="is part of the table at"):
        find([f"{table}/**/*.parquet"])


def test_a_folder_of_tables_is_refused(table):
    with pytest.raises(UsageError, match=f"has a table of a warehouse within it: name '{table}' itself"):
        find([str(table.parent)])


def test_a_package_that_is_missing_is_told(table, monkeypatch):
    name = "deltalake" if table.name == "delta" else "pyiceberg"
    for module in [m for m in sys.modules if m.partition(".")[0] == name]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, name, None)
    extra = "delta" if table.name == "delta" else "iceberg"
    with pytest.raises(UsageError, match=rf"pip install 'stillhunt\[{extra}\]'"):
        table_files(table)


def test_a_damaged_record_is_told(delta):
    for file in (delta / "_delta_log").iterdir():
        file.write_text("nonsense")
    with pytest.raises(InputError, match="cannot be read"):
        table_files(delta)


def commit(delta, *actions):
    logged = sorted((delta / "_delta_log").glob("*.json"))
    lines = "".join(json.dumps(a) + "\n" for a in actions)
    (delta / "_delta_log" / f"{len(logged):020d}.json").write_text(lines)


def test_deletion_vectors_are_refused(delta):
    add = next(
        action["add"]
        for file in sorted((delta / "_delta_log").glob("*.json"))
        for action in map(json.loads, file.read_text().splitlines())
        if "add" in action
    )
    features = ["deletionVectors"]
    vector = {"storageType": "i", "pathOrInlineDv": "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L",
              "sizeInBytes": 40, "cardinality": 1}  # fmt: skip
    commit(
        delta,
        {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features,
                      "writerFeatures": features}},
        {"add": {**add, "dataChange": True, "deletionVector": vector}},
    )  # fmt: skip
    with pytest.raises(UsageError, match="has deletion vectors"):
        table_files(delta)


def test_a_table_that_might_have_deletion_vectors_and_has_none_is_read(delta):
    before = table_files(delta)
    features = {"readerFeatures": ["deletionVectors"], "writerFeatures": ["deletionVectors"]}
    commit(delta, {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, **features}})
    assert table_files(delta) == before


def test_columns_under_other_names_are_refused(delta):
    log = delta / "_delta_log" / "00000000000000000000.json"
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    for action in actions:
        if "metaData" in action:
            action["metaData"]["configuration"]["delta.columnMapping.mode"] = "name"
    log.write_text("".join(json.dumps(a) + "\n" for a in actions))
    with pytest.raises(UsageError, match="gives its columns other names in its files"):
        table_files(delta)


def test_iceberg_versions_are_told_apart_by_their_numbers(opened, iceberg):
    newest = Path(opened.metadata_location.removeprefix("file://"))
    assert table_files(newest) == table_files(iceberg)
    shutil.copy(newest, newest.with_name(newest.name.partition("-")[0] + "-other.metadata.json"))
    with pytest.raises(UsageError, match="has two newest versions"):
        table_files(iceberg)
    assert table_files(newest)


def test_an_older_version_is_read_as_it_was(iceberg):
    older = next(v for v in (iceberg / "metadata").glob("00001-*.metadata.json"))
    assert exchanges(older)[0].select(CALLS.column_names).to_pylist() == CALLS.to_pylist()


@pytest.mark.parametrize("column", ["prompt", "status"])
def test_a_column_that_was_dropped_does_not_come_back(opened, iceberg, column):
    with opened.update_schema() as change:
        change.delete_column(column)
    with pytest.raises(UsageError, match=f"from before the column '{column}' was renamed or dropped"):
        table_files(iceberg)


def test_a_column_that_was_renamed_is_refused(opened, iceberg):
    with opened.update_schema() as change:
        change.rename_column("model", "asked")
    with pytest.raises(UsageError, match="from before the column 'model' was renamed or dropped"):
        table_files(iceberg)


def test_rows_deleted_in_files_of_their_own_are_refused(iceberg, monkeypatch):
    class Scan:
        def plan_files(self):
            return [SimpleNamespace(delete_files={"d"}, file=None)]

    monkeypatch.setattr("pyiceberg.table.StaticTable.scan", lambda self: Scan())
    with pytest.raises(UsageError, match="has rows deleted in files of their own"):
        table_files(iceberg)


def test_addresses_are_told_to_be_mounted(monkeypatch):
    with pytest.raises(UsageError, match="is an address, and logs are read from paths: mount it"):
        find(["s3://bucket/logs"])
    with pytest.raises(UsageError, match=r"names files by an address \('s3://'\)"):
        warehouse._local(Path("table"), "Delta", "s3://bucket/part.parquet")
