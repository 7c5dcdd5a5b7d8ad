"""Six calls as a table, and how logs are read as exchanges."""

import pyarrow as pa

from stillhunt.ingest.read import read
from stillhunt.ingest.rejects import Rejects
from stillhunt.schema import EXCHANGE

CALLS = pa.table(
    {
        "exchange_id": [f"x{n}" for n in range(6)],
        "ts": pa.array([1_767_225_600_000_000 + n for n in range(6)]),
        "account_id": [f"a{n % 2}" for n in range(6)],
        "model": ["large 2/b", "small", "large 2/b", "small", None, "small"],
        "status": pa.array([200, 200, 429, 200, 200, 429], pa.int32()),
        "prompt": [f"Item {n}." for n in range(6)],
    }
)


def exchanges(*sources):
    rejects = Rejects()
    table = pa.Table.from_batches(read([str(s) for s in sources], rejects=rejects), EXCHANGE.arrow)
    return table.sort_by("exchange_id"), rejects
