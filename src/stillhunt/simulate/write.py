"""From a plan to files: calls are put in order of time, spoken chunk by chunk, and written day by day."""

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillhunt.schema import ACCOUNT, EXCHANGE
from stillhunt.simulate.clock import DAY, START
from stillhunt.simulate.ids import Hashes, chance, join, mix, names, pick
from stillhunt.simulate.infrastructure import COUNTRIES, dotted
from stillhunt.simulate.plan import Cast, Plan, World
from stillhunt.simulate.text import TextSource, Voice, join_texts, write_segments

CHUNK = 65_536
"""Calls spoken at a time; with the plan itself this bounds memory."""

Progress = Callable[[int, int], None]
"""Called with calls written and calls planned."""


def account_names(ids: Hashes) -> pa.StringArray:
    """Return account ids as a provider would show them."""
    return names("acct_", mix(ids, 201), 12)


def accounts_table(cast: Cast, ids: Hashes) -> pa.Table:
    """Return native accounts rows."""
    countries = pa.array(COUNTRIES).take(pa.array(cast.country, mask=cast.country < 0))
    suspended = cast.suspended if cast.suspended is not None else np.zeros(len(cast), dtype=np.int64)
    columns = {
        "account_id": account_names(ids),
        "org_id": names("org_", cast.org, 10),
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
        self._clients = world.clients.arrow()
        self._accounts = account_names(ids)
        self._orgs = names("org_", org, 10)

    def records(self, plan: Plan) -> pa.Table:
        """Return the EXCHANGE rows of some calls."""
        rows, who = len(plan), pa.array(plan["account"])
        texts = self._texts(plan)
        call = plan["call"]
        network = plan["network"].astype(np.int64)
        located = pa.array(network, mask=network < 0)
        clients = self._clients.take(pa.array(plan["client"], mask=plan["client"] < 0)).combine_chunks()
        failed = plan["status"] != 200
        tokens = self._tokens(plan, texts, call, failed)
        columns: dict[str, pa.Array | pa.ChunkedArray] = {
            "exchange_id": names("req_", call),
            "ts": pa.array(plan["ts"]),
            "account_id": self._accounts.take(who),
            "org_id": self._orgs.take(who),
            "model": pa.array(self._world.models).take(pa.array(plan["model"])),
            "api_key_id": names("key_", join(plan["key"] + 1, self._ids[plan["account"]]), 10),
            "conversation_id": names("conv_", plan["conversation"]),
            "turns": pa.array(plan["turn"].astype(np.int32) + 1),
            "images": pa.array(plan["images"].astype(np.int32)),
            "temperature": pa.array(plan["temperature"].astype(np.float64).round(2), from_pandas=True),
            "status": pa.array(plan["status"].astype(np.int32)),
            "ip": dotted(plan["address"]),
            "asn": pa.array(self._world.networks.asn, pa.int64()).take(located),
            "country": pa.array(COUNTRIES).take(pa.array(self._world.networks.country)).take(located),
            "ja4": clients["ja4"],
            "user_agent": clients["user_agent"],
            "headers": clients["headers"],
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
        self, plan: Plan, texts: dict[str, pa.Array], call: Hashes, failed: np.ndarray[tuple[int], np.dtype[np.bool_]]
    ) -> dict[str, pa.Array]:
        """Token counts, latency and the like: input from the text, output log-normal around the voice's median."""
        rows = len(plan)
        chars = sum(
            pc.fill_null(pc.utf8_length(texts[name]), 0).to_numpy(zero_copy_only=False)
            for name in ("system", "opening", "prompt")
        )
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
            "stop_reason": pc.if_else(pa.array(failed), pa.scalar(None, pa.string()), pa.scalar("end_turn")),
            "stream": pa.array(chance(mix(plan["author"], 9)) < 0.6),
            "operation": pa.array(["chat"]).take(pa.array(np.zeros(rows, dtype=np.int64))),
        }

    def _texts(self, plan: Plan) -> dict[str, pa.Array]:
        """Speak voice by voice, then put the rows back in order."""
        order = np.argsort(plan["voice"], kind="stable")
        bounds = np.searchsorted(plan["voice"][order], np.arange(len(self._voices) + 1))
        spoken: list[dict[str, pa.Array]] = []
        for voice, low, high in zip(self._voices, bounds[:-1], bounds[1:], strict=True):
            if low < high:
                spoken.append(self._say(voice, plan.take(order[low:high])))
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        where = pa.array(back)
        return {name: pa.concat_arrays([said[name] for said in spoken]).take(where) for name in spoken[0]}

    def _say(self, voice: Voice, plan: Plan) -> dict[str, pa.Array]:
        """Speak the calls of one voice."""
        rows, items, authors = len(plan), plan["item"], plan["author"]
        choices = {"fixed": np.zeros(rows, dtype=np.uint64), "account": authors, "request": join(items, authors)}[voice.wording]
        nothing = pa.nulls(rows, pa.string())
        system: pa.Array = nothing
        if voice.system_pool:
            distinct, back = np.unique(authors, return_inverse=True)
            system = self._source.texts(voice.system_pool, distinct, distinct).take(pa.array(back))
        elif voice.system:
            system = join_texts(write_segments(voice.system, choices), rows)
        later = plan["turn"] > 0
        prompt = self._wrapped(voice, voice.pool, items, authors, choices)
        if voice.follow and later.any():
            where = np.flatnonzero(later)
            follows = self._source.texts(voice.follow, items[where], authors[where])
            prompt = _replaced(prompt, where, follows)
        opening = nothing
        if later.any():
            where = np.flatnonzero(later & (plan["opening"] > 0))
            said = self._wrapped(voice, voice.pool, plan["opening"][where], authors[where], choices[where])
            opening = _replaced(nothing, where, said)
        answer = self._source.texts(voice.answer, join(items, authors), authors)
        if voice.tag:
            answer = join_texts([pa.scalar(f"<{voice.tag}>"), answer, pa.scalar(f"</{voice.tag}>")], rows)
        answer = pc.if_else(pa.array(plan["status"] == 200), answer, pa.scalar(None, pa.string()))
        offered = pa.array([list(voice.tools)], pa.list_(pa.string())) if voice.tools else pa.array([None], pa.list_(pa.string()))
        tools = offered.take(pa.array(np.zeros(rows, dtype=np.int64)))
        return {"system": system, "opening": opening, "prompt": prompt, "response": answer, "tools": tools}

    def _wrapped(self, voice: Voice, pool: str, items: Hashes, authors: Hashes, choices: Hashes) -> pa.StringArray:
        """Return items within the voice's template."""
        text = self._source.texts(pool, items, authors)
        if not (voice.before or voice.after or voice.second):
            return text
        pieces: list[pa.Array | pa.Scalar] = [*write_segments(voice.before, mix(choices, 1)), text]
        if voice.second:
            pieces += write_segments(voice.between, mix(choices, 2))
            pieces.append(self._source.texts(voice.second, mix(items, 3), authors))
        pieces += write_segments(voice.after, mix(choices, 4))
        return join_texts(pieces, len(items))


def _replaced(texts: pa.Array, where: np.ndarray[tuple[int], np.dtype[np.intp]], others: pa.Array) -> pa.Array:
    """Return `texts` with those at `where` exchanged for `others`."""
    rows = np.arange(len(texts))
    rows[where] = len(texts) + np.arange(len(where))
    return pa.concat_arrays([texts, others]).take(pa.array(rows))


def _lists(values: pa.StringArray) -> pa.ListArray:
    """Return lists of one value, null where the value is null."""
    offsets = pa.array(np.arange(len(values) + 1, dtype=np.int32))
    lists = pa.ListArray.from_arrays(offsets, values)
    return pc.if_else(pc.is_valid(values), lists, pa.scalar(None, pa.list_(pa.string())))


def _day_slices(plan: Plan) -> Iterator[tuple[int, int, int]]:
    """Yield day, first row and last row of chunks of a plan in order of time."""
    days = (plan["ts"] - START) // DAY
    for day in np.unique(days):
        low, high = np.searchsorted(days, [day, day + 1])
        for at in range(int(low), int(high), CHUNK):
            yield int(day), at, min(at + CHUNK, int(high))


def write_logs(
    folder: Path, plan: Plan, speaker: Speaker, progress: Progress | None, form: Literal["parquet", "jsonl"]
) -> None:
    """Write the calls of `plan` (in order of time) as one file a day."""
    folder.mkdir(parents=True, exist_ok=True)
    writer: pq.ParquetWriter | gzip.GzipFile | None = None
    open_day = -1
    try:
        for day, low, high in _day_slices(plan):
            if day != open_day:
                if writer is not None:
                    writer.close()
                writer, open_day = _open(folder / f"day-{day:03d}", form), day
            rows = speaker.records(plan.take(slice(low, high)))
            if isinstance(writer, pq.ParquetWriter):
                writer.write_table(rows)
            elif writer is not None:
                writer.write(_json_lines(rows))
            if progress:
                progress(high, len(plan))
    finally:
        if writer is not None:
            writer.close()


def _open(path: Path, form: str) -> pq.ParquetWriter | gzip.GzipFile:
    if form == "parquet":
        return pq.ParquetWriter(path.with_suffix(".parquet"), EXCHANGE.arrow, compression="zstd")
    # No name and no time in the header: the same seed must give the same bytes.
    return gzip.GzipFile("", "wb", 3, path.with_suffix(".jsonl.gz").open("wb"), mtime=0)


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
    """Write who is what, which calls harvest, and the campaigns."""
    folder.mkdir(parents=True, exist_ok=True)
    accounts = account_names(ids).to_pylist()
    at = 0
    with (folder / "accounts.jsonl").open("w", encoding="utf-8") as out:
        for cast in casts:
            orgs = names("org_", cast.org, 10).to_pylist()
            for number in range(len(cast)):
                kind = cast.kinds[number] if cast.kinds is not None else cast.kind
                row = {"account_id": accounts[at], "kind": kind, "operator": cast.operator,
                       "entity": orgs[number] or cast.operator or accounts[at]}  # fmt: skip
                out.write(json.dumps(row) + "\n")
                at += 1
    rows = np.flatnonzero(plan["campaign"] >= 0)
    labels = pa.array([str(campaign["campaign"]) for campaign in campaigns], pa.string())
    harvest = pa.table(
        {
            "exchange_id": names("req_", plan["call"][rows]),
            "campaign": labels.take(pa.array(plan["campaign"][rows])),
        }
    )
    pq.write_table(harvest, folder / "exchanges.parquet", compression="zstd")
    with (folder / "campaigns.jsonl").open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(campaign) + "\n" for campaign in campaigns)
