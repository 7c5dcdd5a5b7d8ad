"""A small finished run, as every reader of the documents would make it."""

import json

import pytest

from stillhunt.config import SECRET_VARIABLE
from stillhunt.pipeline import hunt


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("documented")
    records = (
        {"exchange_id": f"x-{n}", "ts": 1_772_409_600_000_000 + n * 60_000_000, "account_id": f"a-{n % 6}",
         "prompt": f"Which bridge over river number {n} is the oldest, and who paid for it?"}
        for n in range(24)
    )  # fmt: skip
    logs = folder / "calls.jsonl"
    logs.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SECRET_VARIABLE, "a secret of the tests alone")
        return hunt([logs], out=folder / "run")
