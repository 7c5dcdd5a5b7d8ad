"""Stillhunt's own record: EXCHANGE columns by their names, with `messages` allowed in place of the texts."""

from collections.abc import Mapping
from typing import Any

from stillhunt.ingest.chat import read_request
from stillhunt.ingest.format import Bad, Format, Parsed, Record

DERIVED = ("system", "opening", "prompt", "turns", "images", "reasoning_in")
"""What `messages` tell where the record itself does not."""


def _parse(record: Record) -> Parsed:
    messages = record.get("messages")
    if messages is None:
        return [record if isinstance(record, dict) else dict(record)]
    if not isinstance(messages, list) or not all(isinstance(message, Mapping) for message in messages):
        return [Bad("`messages` must be a list of objects.")]
    told: Mapping[str, Any] = read_request(messages)
    missing = {name: told[name] for name in DERIVED if name in told and record.get(name) is None}
    return [{**record, **missing}]


def recognised_by(names: Record) -> bool:
    """Tell whether something with these names is native; any two required ones are enough."""
    return len({"exchange_id", "ts", "account_id"} & set(names)) > 1


NATIVE = Format(
    name="native",
    says="Stillhunt's own record: one object a line, or Parquet, with the column names of EXCHANGE.",
    recognise=recognised_by,
    parse=_parse,
    sample={
        "exchange_id": "x-1",
        "ts": "2026-03-02T10:15:00.25+01:00",
        "account_id": "a-1",
        "org_id": "o-1",
        "model": "large-2",
        "messages": [
            {"role": "system", "content": "You are brief."},
            {"role": "user", "content": "Name a river in Bavaria."},
            {"role": "assistant", "content": "The Isar."},
            {"role": "user", "content": "And a longer one?"},
        ],
        "response": "The Danube.",
        "tools": ["atlas"],
        "temperature": 0,
        "status": 200,
        "input_tokens": 34,
        "ip": "203.0.113.5",
        "headers": {"X-Stainless-Lang": "python"},
        "anything_else": {"is": "ignored"},
    },
    expected=[
        {
            "exchange_id": "x-1",
            "ts": 1_772_442_900_250_000,
            "account_id": "a-1",
            "org_id": "o-1",
            "model": "large-2",
            "system": "You are brief.",
            "opening": "Name a river in Bavaria.",
            "prompt": "And a longer one?",
            "response": "The Danube.",
            "turns": 2,
            "tools": ["atlas"],
            "images": 0,
            "temperature": 0.0,
            "status": 200,
            "input_tokens": 34,
            "ip": "203.0.113.5",
            "headers": [("x-stainless-lang", "python")],
            "reasoning_in": [],
        }
    ],
    flat=True,
)
"""The format."""
