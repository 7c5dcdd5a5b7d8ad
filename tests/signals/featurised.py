"""Sample traffic as the tables that signals read, made by the text kernel as in a run."""

import pyarrow as pa

from stillhunt.features.accounts import account_keys
from stillhunt.features.featurise import featurise
from stillhunt.schema import ACCOUNT, EXCHANGE, RELEASE
from stillhunt.signals.base import Record, Sample

SECRET = b"of the contract test"


def _exchange(record: Record) -> Record:
    """A native record with its headers as Arrow wants a map."""
    headers = record.get("headers")
    return {**record, "headers": None if headers is None else list(headers.items())}


def tables(sample: Sample) -> dict[str, pa.Table]:
    """The tables `features`, `account_keys` and `releases` of a sample."""
    exchanges = pa.RecordBatch.from_pylist([_exchange(r) for r in sample.records], schema=EXCHANGE.arrow)
    accounts = pa.Table.from_pylist([dict(row) for row in sample.accounts], schema=ACCOUNT.arrow)
    return {
        "features": pa.Table.from_batches([featurise(exchanges, SECRET)]),
        "account_keys": account_keys(accounts, SECRET),
        "releases": pa.Table.from_pylist([dict(row) for row in sample.releases], schema=RELEASE.arrow),
    }
