"""From a plan to files: calls are put in order of time, spoken chunk by chunk, and written day by day."""

import gzip
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillhunt.schema import ACCOUNT, EXCHANGE
from stillhunt.simulate.arrow import Piece, scattered, take
from stillhunt.simulate.clock import DAY, START
from stillhunt.simulate.ids import Hashes, chance, join, mix, names, pick
from stillhunt.simulate.infrastructure import COUNTRIES, dotted
from stillhunt.simulate.plan import Cast, Plan, World
from stillhunt.simulate.processes import in_processes
from stillhunt.simulate.text import TextSource, Voice, join_texts, repeated, write_segments

CHUNK = 200_000
"""Calls spoken at a time; with the plan itself this bounds memory."""
MANY = 1_000_000
"""Calls from which days are written by several processes."""

_COUNTRIES = pa.array(COUNTRIES, pa.string())
_UNIQUE = ("exchange_id", "ts", "conversation_id", "opening", "prompt", "response", "latency_ms")
"""Columns that hardly repeat, for which a dictionary only costs time."""

Progress = Callable[[int, int], None]
"""Called with calls written and calls planned."""


def account_names(ids: Hashes) -> pa.StringArray:
    """Return account ids as a provider would show them."""
    return names("acct_", mix(ids, 201), 12)


def accounts_table(cast: Cast, ids: Hashes) -> pa.Table:
    """Return native accounts rows."""
    countries = take(_COUNTRIES, cast.country)
    suspended = cast.suspended if cast.suspended is not None else np.zeros(len(cast), dtype=np.int64)
    columns = {
        "account_id": account_names(ids),
        "org_id": names("org_", cast.known_org, 10),
        "created_at": pa.array(cast.created, pa.int64()),
        "email_domain": pa.array(cast.mail, pa.string()),
        "payment_id": names("pay_", cast.payment, 14),
        "plan": pa.array(cast.plan, pa.string()),
        "pathway": pa.array(cast.pathway, pa.string()),
        "verified": pa.array(cast.verified),
        "country": countries,
        "suspended_at": pa.array(suspended, pa.int64(), mask=suspended == 0),
    }
    return pa.table(columns).select(list(ACCOUNT.names)).cast(ACCOUNT.arrow)


class Speaker:
    """Speaks the calls of a plan as native log records."""

    def __init__(self, world: World, source: TextSource, voices: Sequence[Voice], ids: Hashes, org: Hashes) -> None:
        """Keep what the calls refer to."""
        self._world, self._source, self._voices, self._ids, self._org = world, source, voices, ids, org
        self._clients = world.clients.columns()
        self._accounts = account_names(ids)
        self._orgs = names("org_", org, 10)

    def records(self, plan: Plan) -> pa.Table:
        """Return the EXCHANGE rows of some calls."""
        rows, who = len(plan), plan["account"]
        texts = self._texts(plan)
        call = plan["call"]
        network = plan["network"].astype(np.int64)
        nowhere = network < 0
        unseen = plan["client"] < 0
        failed = plan["status"] != 200
        tokens = self._tokens(plan, texts, call, failed)
        columns: dict[str, Any] = {
            "exchange_id": names("req_", call),
            "ts": pa.array(plan["ts"]),
            "account_id": take(self._accounts, who),
            "org_id": take(self._orgs, who),
            "model": take(pa.array(self._world.models, pa.string()), plan["model"]),
            "api_key_id": names("key_", join(plan["key"] + 1, self._ids[plan["account"]]), 10),
            "conversation_id": names("conv_", plan["conversation"]),
            "turns": pa.array(plan["turn"].astype(np.int32) + 1),
            "images": pa.array(plan["images"].astype(np.int32)),
            "temperature": pa.array(plan["temperature"].astype(np.float64).round(2), from_pandas=True),
            "status": pa.array(plan["status"].astype(np.int32)),
            "ip": dotted(plan["address"]),
            "asn": take(pa.array(self._world.networks.asn, pa.int64()), network, nowhere),
            "country": take(take(_COUNTRIES, self._world.networks.country), network, nowhere),
            "ja4": take(self._clients["ja4"], plan["client"], unseen),
            "user_agent": take(self._clients["user_agent"], plan["client"], unseen),
            "headers": take(self._clients["headers"], plan["client"], unseen),
            "device_id": names("dev_", plan["device"]),
            "reasoning_in": _lists(names("sig_", plan["reasoning_in"])),
            "reasoning_out": _lists(names("sig_", np.where(failed, np.uint64(0), plan["reasoning_out"]))),
            **texts,
            **tokens,
        }
        for field in EXCHANGE.arrow:
            columns.setdefault(field.name, pa.nulls(rows, field.type))
        return pa.table({name: columns[name] for name in EXCHANGE.names}).cast(EXCHANGE.arrow)

    def _tokens(
        self,
        plan: Plan,
        texts: dict[str, Any],
        call: Hashes,
        failed: NDArray[np.bool_],
    ) -> dict[str, Any]:
        """Token counts, latency and the like: input from the text, output log-normal around the voice's median."""
        rows = len(plan)
        chars = sum(pc.fill_null(pc.utf8_length(texts[name]), 0).to_numpy() for name in ("system", "opening", "prompt"))
        median = np.array([voice.output_tokens for voice in self._voices])[plan["voice"]]
        scatter = self._world.lengths[pick(mix(call, 5), len(self._world.lengths))]
        output = np.where(failed, 0, np.clip(median * scatter, 1, 16_000)).astype(np.int64)
        thinks = plan["reasoning_out"] > 0
        reasoning = np.where(thinks & ~failed, output * 2, 0).astype(np.int64)
        before = np.where(plan["turn"] > 0, plan["turn"].astype(np.int64) * 330, 0)
        return {
            "input_tokens": pa.array((np.asarray(chars) // 4 + 3 + before).astype(np.int64)),
            "output_tokens": pa.array(output),
            "reasoning_tokens": pa.array(reasoning),
            "cached_tokens": pa.array(before),
            "latency_ms": pa.array(np.where(failed, 12.0, 350.0 + 11.0 * (output + reasoning)).round(1)),
            "stop_reason": take(pa.array(["end_turn"], pa.string()), np.zeros(rows, dtype=np.int64), failed),
            "stream": pa.array(chance(mix(plan["author"], 9)) < 0.6),
            "operation": repeated("chat", rows),
        }

    def _texts(self, plan: Plan) -> dict[str, Any]:
        """Fill the slots pool by pool, put templates around them voice by voice, and return rows in order."""
        items, later = plan["item"], plan["turn"] > 0
        voice = plan["voice"].astype(np.int64)
        follows = later & np.array([bool(v.follow) for v in self._voices])[voice]
        first, after = np.flatnonzero(~follows), np.flatnonzero(follows)
        heard = np.flatnonzero(later & (plan["opening"] > 0))
        slots = self._drawn([v.pool for v in self._voices], plan.take(first), items[first])
        prompt = scattered(
            [(first, self._wrapped(plan.take(first), items[first], slots)),
             (after, self._drawn([v.follow for v in self._voices], plan.take(after), items[after]))], len(plan),
        )  # fmt: skip
        openings = self._drawn([v.pool for v in self._voices], plan.take(heard), plan["opening"][heard])
        opening = scattered([(heard, self._wrapped(plan.take(heard), plan["opening"][heard], openings))], len(plan))
        answered = np.flatnonzero(plan["status"] == 200)
        said = plan.take(answered)
        answers = self._drawn([v.answer for v in self._voices], said, join(said["item"], said["author"]))
        response = scattered([(answered, self._tagged(said, answers))], len(plan))
        tools = take(pa.array([list(v.tools) or None for v in self._voices], pa.list_(pa.string())), voice)
        return {
            "system": self._systems(plan),
            "opening": opening,
            "prompt": prompt,
            "response": response,
            "tools": tools,
        }

    def _drawn(self, pools: Sequence[str], plan: Plan, items: Hashes) -> pa.StringArray:
        """Return the text of each item from the pool of its voice: each pool is asked once."""
        number = {pool: n for n, pool in enumerate(dict.fromkeys(pools))}
        of_row = np.array([number[pool] for pool in pools])[plan["voice"]]
        parts = []
        for pool, n in number.items():
            rows = np.flatnonzero(of_row == n)
            if len(rows):
                parts.append((rows, self._source.texts(pool, items[rows], plan["author"][rows])))
        return scattered(parts, len(plan))

    def _by_voice(self, plan: Plan) -> Iterator[tuple[Voice, NDArray[np.intp]]]:
        """Yield each voice that speaks, with its rows."""
        order = np.argsort(plan["voice"], kind="stable")
        bounds = np.searchsorted(plan["voice"][order], np.arange(len(self._voices) + 1))
        for voice, low, high in zip(self._voices, bounds[:-1], bounds[1:], strict=True):
            if low < high:
                yield voice, order[low:high]

    def _wrapped(self, plan: Plan, items: Hashes, slots: pa.StringArray) -> pa.StringArray:
        """Put each voice's template around its slots."""
        parts = []
        for voice, rows in self._by_voice(plan):
            text = take(slots, rows)
            if voice.before or voice.after or voice.second:
                choices = _choices(voice, items[rows], plan["author"][rows])
                pieces: list[Piece] = [*write_segments(voice.before, mix(choices, 1)), text]
                if voice.second:
                    pieces += write_segments(voice.between, mix(choices, 2))
                    pieces.append(self._source.texts(voice.second, items[rows], plan["author"][rows]))
                pieces += write_segments(voice.after, mix(choices, 4))
                text = join_texts(pieces, len(rows))
            parts.append((rows, text))
        return scattered(parts, len(plan))

    def _systems(self, plan: Plan) -> pa.StringArray:
        """Return system prompts: a template's, an author's own, or none."""
        parts = []
        for voice, rows in self._by_voice(plan):
            authors = plan["author"][rows]
            if voice.system_pool:
                distinct, back = np.unique(authors, return_inverse=True)
                own = self._source.texts(voice.system_pool, distinct, distinct)
                parts.append((rows, take(own, back)))
            elif voice.system:
                choices = _choices(voice, plan["item"][rows], authors)
                parts.append((rows, join_texts(write_segments(voice.system, choices), len(rows))))
        return scattered(parts, len(plan))

    def _tagged(self, plan: Plan, answers: pa.StringArray) -> pa.StringArray:
        """Put answers in tags where a template forced them there."""
        parts = []
        for voice, rows in self._by_voice(plan):
            text = take(answers, rows)
            if voice.tag:
                text = join_texts([pa.scalar(f"<{voice.tag}>"), text, pa.scalar(f"</{voice.tag}>")], len(rows))
            parts.append((rows, text))
        return scattered(parts, len(plan))


def _choices(voice: Voice, items: Hashes, authors: Hashes) -> Hashes:
    """Return what decides the wording of a template: nothing, the account, or the request."""
    if voice.wording == "fixed":
        return np.zeros(len(items), dtype=np.uint64)
    return authors if voice.wording == "account" else join(items, authors)


def _lists(values: pa.StringArray) -> pa.ListArray:
    """Return lists of one value, null where the value is null."""
    offsets = pa.array(np.arange(len(values) + 1, dtype=np.int32))
    known = pc.is_valid(values).to_numpy(zero_copy_only=False)
    return take(pa.ListArray.from_arrays(offsets, values), np.arange(len(values)), ~known)


def write_logs(
    folder: Path, plan: Plan, speaker: Speaker, progress: Progress | None, form: Literal["parquet", "jsonl"]
) -> None:
    """Write the calls of `plan` (in order of time) as one file a day, several at a time where there are many calls."""
    folder.mkdir(parents=True, exist_ok=True)
    days = (plan["ts"] - START) // DAY
    numbers = np.unique(days)
    bounds = np.append(np.searchsorted(days, numbers), len(days))

    def write_day(place: int) -> int:
        low, high = int(bounds[place]), int(bounds[place + 1])
        with _open(folder / f"day-{numbers[place]:03d}", form) as writer:
            for start in range(low, high, CHUNK):
                _write(writer, speaker.records(plan.take(slice(start, min(start + CHUNK, high)))))
        return high - low

    written = 0
    for rows in in_processes(write_day, len(numbers), 1 if len(plan) < MANY else os.cpu_count() or 1):
        written += rows
        if progress:
            progress(written, len(plan))


def _write(writer: pq.ParquetWriter | gzip.GzipFile, rows: pa.Table) -> None:
    if isinstance(writer, pq.ParquetWriter):
        writer.write_table(rows)
    else:
        writer.write(_json_lines(rows))


def _open(path: Path, form: str) -> pq.ParquetWriter | gzip.GzipFile:
    if form == "parquet":
        return pq.ParquetWriter(
            path.with_suffix(".parquet"), EXCHANGE.arrow, compression="zstd", compression_level=1,
            use_dictionary=[name for name in EXCHANGE.names if name not in _UNIQUE],
        )  # fmt: skip
    # No time in the header: the same seed must give the same bytes.
    return gzip.GzipFile(path.with_suffix(".jsonl.gz"), "wb", 3, mtime=0)


def _json_lines(rows: pa.Table) -> bytes:
    """Return JSON Lines, absent where null."""
    lines = []
    for row in rows.to_pylist():
        known = {name: value for name, value in row.items() if value is not None}
        if "headers" in known:
            known["headers"] = dict(known["headers"])
        lines.append(json.dumps(known, ensure_ascii=False))
    return ("\n".join(lines) + "\n").encode()


def write_truth(
    folder: Path, plan: Plan, ids: Hashes, casts: Sequence[Cast], campaigns: Sequence[dict[str, object]]
) -> None:
    """Write who is what, which calls harvest, the campaigns, and who was banned and went on elsewhere."""
    folder.mkdir(parents=True, exist_ok=True)
    known, banned, at = [], [], 0
    for cast in casts:
        accounts = account_names(ids[at : at + len(cast)]).to_pylist()
        known += _kinds(cast, accounts)
        banned += _bans(cast, accounts)
        at += len(cast)
    for name, lines in (("accounts", known), ("bans", banned), ("campaigns", campaigns)):
        with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(line) + "\n" for line in lines)
    rows = np.flatnonzero(plan["campaign"] >= 0)
    labels = pa.array([str(campaign["campaign"]) for campaign in campaigns], pa.string())
    harvest = pa.table(
        {
            "exchange_id": names("req_", plan["call"][rows]),
            "campaign": take(labels, plan["campaign"][rows]),
        }
    )
    pq.write_table(harvest, folder / "exchanges.parquet", compression="zstd")


def _kinds(cast: Cast, accounts: Sequence[str]) -> list[dict[str, object]]:
    """Return who is what."""
    kinds = cast.kinds if cast.kinds is not None else [cast.kind] * len(cast)
    orgs = names("org_", cast.org, 10).to_pylist()
    return [
        {"account_id": account, "kind": kind, "operator": cast.operator, "org": org}
        for account, kind, org in zip(accounts, kinds, orgs, strict=True)
    ]


def _bans(cast: Cast, accounts: Sequence[str]) -> list[dict[str, object]]:
    """Return which accounts were banned, who goes on in their place, and from when."""
    if cast.suspended is None or cast.successor is None or cast.resumed is None:
        return []
    return [
        {
            "account_id": accounts[row],
            "operator": cast.operator,
            "banned_at": int(cast.suspended[row]),
            "successor": accounts[cast.successor[row]] if cast.successor[row] >= 0 else None,
            "resumed_at": int(cast.resumed[row]) or None,
        }
        for row in np.flatnonzero(cast.suspended).tolist()
    ]
