"""What an engine knows of traffic, however it was delivered."""

import json
from typing import Any

import pytest

from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.traffic import Traffic, conflicting, read_traffic

CALL = {
    "exchange_id": "e1",
    "ts": "2026-03-01T10:00:00Z",
    "account_id": "acc",
    "prompt": "What is the tallest tree in the world, and where does it stand?",
    "status": 200,
}
GATEWAY = CALL | {"model": "m-1", "ip": "192.0.2.1", "conversation_id": "talk-1"}
SERVER = CALL | {"model": "m-2", "ip": "198.51.100.9", "reasoning_out": ["sig"], "output_tokens": 9}


def features(folder, logs: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    (folder / "features").mkdir(parents=True)
    for number, log in enumerate(logs):
        (folder / f"{number}.jsonl").write_text(json.dumps(log) + "\n")
    with DuckDBEngine("1GB", 1) as engine:
        traffic = Traffic([folder / "*.jsonl"])
        read_traffic(engine, traffic, folder / "features", b"x" * 32, lambda _: None, processes=1)
        return engine.fetch("SELECT * FROM features").to_pylist(), conflicting(engine)


@pytest.mark.parametrize("more", [{}, {"tools": ["search"]}, {"reasoning_in": ["a", "b"]}, {"latency_ms": 3}])
def test_which_copy_stays_does_not_depend_on_the_order_of_delivery(tmp_path, more):
    one, other = GATEWAY | more, SERVER
    told, conflicts = features(tmp_path / "one", [one, other])
    again, _ = features(tmp_path / "other", [other, one])
    assert told == again
    assert len(told) == 1
    assert conflicts == 0


def test_copies_that_differ_in_a_list_alone_are_put_in_order_too(tmp_path):
    one, other = SERVER, SERVER | {"reasoning_out": ["sig", "another"]}
    assert features(tmp_path / "one", [one, other])[0] == features(tmp_path / "other", [other, one])[0]
