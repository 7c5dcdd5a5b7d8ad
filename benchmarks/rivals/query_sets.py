"""Real query sets: what collectors sent or drew from, and what people and honest machines send.

A set is one attacker or one benign population of the published setting. Reading needs the corpus folder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rivals.embedding import embed
from rivals.mmd import Vectors
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.evidence.measures import ELICITATION
from stillhunt.features.capability import CAPABILITY
from stillhunt.features.featurise import featurise
from stillhunt.schema import EXCHANGE
from stillhunt.simulate.corpus import corpus_styles, read_rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CAPABILITIES = {label.name: number for number, label in enumerate(CAPABILITY)}
MOST = 7_500
"""Queries of a set that are used, drawn at random."""
LONGEST = 6_000

BENIGN: dict[str, tuple[str, tuple[str, ...]]] = {
    "shared chats": ("benign_sharegpt_user_turns", ("sharegpt_v3_part",)),
    "people, HH online": ("benign_issuebench_users", ("issuebench_hhonline",)),
    "people, PRISM": ("benign_issuebench_users", ("issuebench_prism",)),
    "exam suite": ("benign_eval_harness", ("mmlu_harness",)),
    "batch job": ("benign_batch_pipeline_t0", ("t0_p3",)),
    "bank's bot": ("benign_app_templates", ("banking77",)),
    "honest judge": ("benign_llm_judge_pipeline", ("issuebench_judge_relevance",)),
}
"""Benign set: file and its sources."""

ATTACKERS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "Alpaca": ("distill_general_instruct", ("alpaca52k_subset",), ""),
    "Alpaca, Chinese": ("distill_general_instruct", ("alpaca_chinese",), ""),
    "role play": ("distill_general_instruct", ("gpteacher_roleplay",), ""),
    "code tasks": ("distill_coding", ("codealpaca_2k",), ""),
    "code tasks, driver": ("distill_coding", ("codealpaca_2k",), "expert_system"),
    "mathematics": ("distill_reasoning", ("math_train_pool",), ""),
    "mathematics, driver": ("distill_reasoning", ("math_train_pool",), "reasoning_prefix"),
    "tool calls": ("distill_tool_use", ("gpteacher_toolformer",), ""),
    "model tools": ("distill_tool_use", ("taskbench_huggingface",), ""),
    "daily tools": ("distill_tool_use", ("taskbench_dailylifeapis",), ""),
    "API choice": (
        "distill_tool_use", ("apibench_torchhub_train", "apibench_torchhub_eval", "apibench_tensorflow_eval"), "",
    ),
    "agent tasks": ("distill_agentic_traj", ("agentbench_os", "agentbench_db"), ""),
    "rubric grading": ("distill_rubric_grading", (), ""),
    "competition maths": ("distill_reasoning", ("aime_1983_2023_pool", "liveaops_pool"), ""),
}  # fmt: skip
"""Attacker: file, its sources (none: all) and the style whose real driver prompt stands before each query."""

PAIRS = (
    ("Alpaca", "people, HH online"), ("Alpaca, Chinese", "shared chats"), ("role play", "people, PRISM"),
    ("code tasks", "shared chats"), ("code tasks, driver", "shared chats"), ("mathematics", "exam suite"),
    ("mathematics, driver", "shared chats"), ("tool calls", "batch job"), ("model tools", "shared chats"),
    ("daily tools", "bank's bot"), ("API choice", "people, HH online"), ("agent tasks", "shared chats"),
    ("rubric grading", "honest judge"), ("competition maths", "exam suite"),
)  # fmt: skip
"""Attackers beside benign traffic of the same kind where there is some, as in the published setting."""


@dataclass(frozen=True, eq=False)
class QuerySet:
    """Queries of one source in random order, without their text.

    Attributes:
        vectors: Embedding of each query.
        sketch: Stillhunt's own semantic sketch of each, unit length.
        elicitation: Its highest elicitation probability.
        capability: Its capability, numbered; -1 is unknown.
        single: Whether it is no follow-up turn.
        item: Equal numbers are the same text; negative numbers occur once.
    """

    vectors: Vectors
    sketch: Vectors
    elicitation: Floats
    capability: Ints
    single: Floats
    item: Ints

    def __len__(self) -> int:
        """Number of queries."""
        return len(self.item)

    def take(self, rows: Ints | slice) -> "QuerySet":
        """Return some of the queries."""
        return QuerySet(*(column[rows] for column in self.columns()))

    @classmethod
    def joined(cls, sets: Sequence["QuerySet"]) -> "QuerySet":
        """Put sets one after the other."""
        return cls(*(np.concatenate(columns) for columns in zip(*(s.columns() for s in sets), strict=True)))

    def columns(self) -> tuple[NDArray[np.generic], ...]:
        """All columns in the order in which they are declared."""
        return self.vectors, self.sketch, self.elicitation, self.capability, self.single, self.item


def read_set(folder: Path, file: str, sources: tuple[str, ...], style: str = "") -> QuerySet:
    """Read one set of at most MOST queries, the same ones each time."""
    before = "".join(part[0] for part in corpus_styles(folder)[style].before) if style else ""
    seen: dict[str, int] = {}
    texts, systems, turns = [], [], []
    for row in read_rows(folder, file):
        if (sources and row["source"] not in sources) or not row["text"].strip():
            continue
        seen[row["user"] or ""] = turn = seen.get(row["user"] or "", 0) + 1
        texts.append(before + row["text"][:LONGEST])
        systems.append(row.get("system"))
        turns.append(turn if row["user"] and row["label"] == "benign_user" else 1)
    chosen = np.random.default_rng(0).permutation(len(texts))[:MOST]
    return described([texts[i] for i in chosen], [systems[i] for i in chosen], [turns[i] for i in chosen])


def described(texts: list[str], systems: list[str | None], turns: list[int]) -> QuerySet:
    """Say of each query what both tests need."""
    exchanges = pa.RecordBatch.from_pylist(
        [
            {"exchange_id": str(i), "ts": i, "account_id": "a", "prompt": text, "system": system, "turns": turn}
            for i, (text, system, turn) in enumerate(zip(texts, systems, turns, strict=True))
        ],
        schema=EXCHANGE.arrow,
    )
    with DuckDBEngine(threads=1) as engine:
        engine.register("features", pa.Table.from_batches([featurise(exchanges, b"benchmark")]))
        rows = engine.fetch(
            f"""SELECT {ELICITATION} AS elicitation, capability, coalesce(turns, 1) <= 1 AS single, prompt_key, semantic
                FROM features ORDER BY ts"""
        )
    sketch = np.array([list(np.frombuffer(s or bytes(64), np.int8)) for s in rows["semantic"].to_pylist()], np.float32)
    length = np.linalg.norm(sketch, axis=1, keepdims=True)
    keys = rows["prompt_key"].to_pylist()
    return QuerySet(
        embed(texts),
        np.divide(sketch, length, out=np.zeros_like(sketch), where=length > 0),
        np.nan_to_num(rows["elicitation"].to_numpy().astype(float)),
        np.array([CAPABILITIES.get(name, -1) for name in rows["capability"].to_pylist()]),
        rows["single"].to_numpy(zero_copy_only=False).astype(float),
        np.array([-1 - i if key is None else key & 0x7FFFFFFFFFFFFFFF for i, key in enumerate(keys)], dtype=np.int64),
    )
