"""A watch list of made-up members, and log lines that they write."""

import json

import pytest
from gateway.place import Place, make


@pytest.fixture
def place(tmp_path) -> Place:
    return make(tmp_path)


@pytest.fixture
def line():
    """Makes the log line of one exchange in the native format."""

    def make_line(number: int, who: str = "stranger") -> bytes:
        row = {
            "exchange_id": f"x-{number}",
            "ts": 1_772_409_600_000_000 + number,
            "account_id": who,
            "prompt": "Hello.",
        }
        return json.dumps(row).encode()

    return make_line
