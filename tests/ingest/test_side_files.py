"""The files beside the logs: accounts and model releases."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from stillhunt.ingest.accounts import read_accounts, read_releases
from stillhunt.ingest.rejects import Rejects
from stillhunt.schema import ACCOUNT, RELEASE


def test_of_accounts_told_twice_the_last_counts_and_bad_rows_are_rejected(tmp_path: Path) -> None:
    file = tmp_path / "accounts.jsonl.gz"
    file.write_bytes(gzip.compress(b"\n".join(orjson.dumps(row) for row in [
        {"account_id": "b", "plan": "free", "created_at": "2026-01-02T00:00:00Z"},
        {"account_id": 7, "verified": True, "email_domain": ""},
        {"account_id": "b", "plan": "team"},
        {"account_id": None},
        {"account_id": "c", "created_at": "soon"},
    ])))  # fmt: skip
    rejects = Rejects()
    accounts = read_accounts(file, rejects)
    assert accounts.schema.equals(ACCOUNT.arrow)
    known = [{name: value for name, value in row.items() if value is not None} for row in accounts.to_pylist()]
    assert known == [{"account_id": "7", "verified": True}, {"account_id": "b", "plan": "team"}]
    assert rejects.table().select(["line", "format", "reason"]).to_pylist() == [
        {"line": 4, "format": "accounts", "reason": "`account_id` is missing."},
        {
            "line": 5,
            "format": "accounts",
            "reason": "`created_at` must be RFC 3339 text or a number of seconds, "
            "milliseconds, microseconds or nanoseconds.",
        },
    ]


def test_releases_are_read_from_parquet(tmp_path: Path) -> None:
    when = datetime(2026, 2, 1, tzinfo=UTC)
    pq.write_table(pa.table({"model": ["m", "m"], "released_at": [None, when]}), tmp_path / "r.parquet")
    rejects = Rejects()
    releases = read_releases(tmp_path / "r.parquet", rejects)
    assert releases.schema.equals(RELEASE.arrow)
    assert releases.to_pylist() == [{"model": "m", "released_at": int(when.timestamp() * 1e6)}]
    assert rejects.rejected == 1
