"""Sample traffic as the tables that signals read.

`features` and `accounts` stand in for the text kernel: whole strings are hashed, column by column.
"""

import hashlib
import re
from collections.abc import Sequence

import pyarrow as pa

from stillhunt.schema import ACCOUNT_KEYS, FEATURES, RELEASE
from stillhunt.signals.base import Record, Sample

PUBLIC_MAIL = {"gmail.com"}
RUN = 12


def key(text: object) -> int | None:
    if text is None:
        return None
    return int.from_bytes(hashlib.blake2b(str(text).encode(), digest_size=8).digest(), "little", signed=True)


def keys(parts: Sequence[object] | None) -> list[int] | None:
    return None if parts is None else [key(part) for part in parts]


def _skeleton(text: str | None) -> str | None:
    return None if text is None else re.sub(r"\d+", "0", text)


def _feature(record: Record) -> dict[str, object]:
    get = record.get
    prompt, tools = get("prompt"), get("tools")
    words = prompt.split() if prompt is not None else []
    long = len(words) > RUN
    eighths = [" ".join(words[n::8]) for n in range(8)]
    named = {column.name: get(column.name) for column in FEATURES.columns if column.name in record}
    headed = get("headers") is not None or get("user_agent") is not None
    return named | {
        "conversation": key(get("conversation_id")),
        "opening": key(get("opening")),
        "address": key(get("ip")),
        "network": key(get("ip") and get("ip").rpartition(".")[0]),
        "tls": key(get("ja4")),
        "client": get("user_agent") and re.sub(r"\..*", "", get("user_agent")),
        "header_tuple": key((get("user_agent"), sorted((get("headers") or {}).items()))) if headed else None,
        "device": key(get("device_id")),
        "tools_key": key(sorted(tools)) if tools else None,
        "tools_count": None if tools is None else len(tools),
        "system_key": key(_skeleton(get("system"))),
        "prompt_key": key(prompt),
        "body_key": key((get("system"), get("opening"), prompt)) if prompt is not None else None,
        "head_key": key(_skeleton(" ".join(words[:RUN]))) if long else None,
        "tail_key": key(_skeleton(" ".join(words[-RUN:]))) if long else None,
        "anchors": keys([" ".join(words[n : n + 8]) for n in range(5, len(words) - 8)]),
        "bands": keys(enumerate(eighths)),
        "words": len(words) if prompt is not None else None,
        "capability": "coding" if prompt is not None and "Python" in prompt else None,
        "reasoning_in": keys(get("reasoning_in")),
        "reasoning_out": keys(get("reasoning_out")),
    }


def _account(row: Record) -> dict[str, object]:
    domain = row.get("email_domain")
    private = domain if domain not in PUBLIC_MAIL else None
    named = {column.name: row.get(column.name) for column in ACCOUNT_KEYS.columns if column.name in row}
    return named | {
        "mail_domain": key(private),
        "mail_pattern": key(_skeleton(private)),
        "payment": key(row.get("payment_id")),
    }


def tables(sample: Sample) -> dict[str, pa.Table]:
    """The tables `features`, `account_keys` and `releases` of a sample."""
    return {
        "features": pa.Table.from_pylist([_feature(r) for r in sample.records], schema=FEATURES.arrow),
        "account_keys": pa.Table.from_pylist([_account(r) for r in sample.accounts], schema=ACCOUNT_KEYS.arrow),
        "releases": pa.Table.from_pylist([dict(r) for r in sample.releases], schema=RELEASE.arrow),
    }
