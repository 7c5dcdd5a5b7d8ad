"""Writes a world: logs by day, the accounts file, releases, and the truth."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from foreign.clocks import DAY
from foreign.records import Recorded
from foreign.world import World

_TYPES = {
    "ts": pa.int64(), "turns": pa.int32(), "images": pa.int32(), "status": pa.int32(), "asn": pa.int64(),
    "temperature": pa.float64(), "max_tokens": pa.int64(), "input_tokens": pa.int64(), "output_tokens": pa.int64(),
    "latency_ms": pa.float64(), "stream": pa.bool_(), "tools": pa.list_(pa.string()),
    "reasoning_in": pa.list_(pa.string()), "reasoning_out": pa.list_(pa.string()),
    "headers": pa.map_(pa.string(), pa.string()),
}  # fmt: skip
_KNOWN_TO_TRUTH = {"kind", "operator", "model", "device"}


def write(world: World, out: Path, seen: Recorded) -> dict[str, Any]:
    """Write everything into an empty folder, and return what it holds in numbers."""
    for folder in ("logs", "truth"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    table, campaign = _table(world)
    ids = table["exchange_id"]
    guilty = np.flatnonzero(np.array([c is not None for c in campaign]))
    named = pa.array([campaign[i] for i in guilty.tolist()], pa.string())
    truth = pa.table({"exchange_id": ids.take(pa.array(guilty)), "campaign": named})
    pq.write_table(truth, out / "truth" / "exchanges.parquet")
    wanted = [c for c in table.column_names if c not in seen.logs and (seen.only is None or c in seen.only)]
    days = (table["ts"].to_numpy() - world.start) // DAY
    for day in np.unique(days).tolist():
        part = table.select(wanted).filter(pa.array(days == day))
        pq.write_table(part, out / "logs" / f"day-{day + 1:02}.parquet", compression="zstd")
    used = set(world.ledger.columns["account_id"])
    accounts = [a for a in world.accounts if a.account_id in used]
    rows = [{k: v for k, v in asdict(a).items() if k not in _KNOWN_TO_TRUTH | seen.accounts} for a in accounts]
    pq.write_table(pa.Table.from_pylist(rows), out / "accounts.parquet")
    _lines(out / "truth" / "accounts.jsonl", [_verdict(a.account_id, a.kind, a.operator, a.org_id) for a in accounts])
    _lines(out / "releases.jsonl", [{"model": "large-3", "released_at": world.release}])
    innocent = [a for a in accounts if a.operator is None]
    return {
        "exchanges": len(ids),
        "harvesting exchanges": len(guilty),
        "innocent accounts": len(innocent),
        "accounts of operators": len(accounts) - len(innocent),
        "campaigns": len(set(truth["campaign"].to_pylist())),
        "not recorded": sorted(seen.logs | seen.accounts) if seen.only is None else f"all but {sorted(seen.only)}",
    }


def _table(world: World) -> tuple[pa.Table, list[str | None]]:
    """Return all requests in order of time, and the campaign of each."""
    columns = world.ledger.columns
    ts = np.array(columns["ts"], np.int64)
    order = np.argsort(ts, kind="stable")
    order = order[(ts[order] >= world.start) & (ts[order] < world.end)]
    index = pa.array(order)
    numbers = world.rng.permutation(len(order))
    arrays = {"exchange_id": pa.array([f"req_{world.start // DAY}{n:08x}" for n in numbers.tolist()])}
    for name, values in columns.items():
        if name == "headers":
            arrays[name] = _headers(values).take(index)
        elif name != "campaign":
            arrays[name] = pa.array(values, type=_TYPES.get(name, pa.string())).take(index)
    return pa.table(arrays), [columns["campaign"][i] for i in order.tolist()]


def _headers(values: list[tuple[tuple[str, str], ...] | None]) -> pa.Array:
    """Return header maps, each distinct one made once."""
    known = list(dict.fromkeys(values))
    place = {headers: i for i, headers in enumerate(known)}
    distinct = pa.array([list(h) if h is not None else None for h in known], type=_TYPES["headers"])
    return distinct.take(pa.array([place[h] for h in values]))


def _verdict(account: str, kind: str, operator: str | None, org: str | None) -> dict[str, str]:
    return {
        "account_id": account,
        "kind": kind,
        **({"operator": operator} if operator else {}),
        **({"org": org} if org else {}),
    }


def _lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
