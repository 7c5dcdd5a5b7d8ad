"""Real prompts from a folder of corpora, instead of the grammar.

No public source has users, times and API texts together, so identity is assigned: one conversation's author, or a few
texts of an unknown author, become one person, and nobody else ever says them. Harvest prompts and driver templates are
those of real collectors; benchmark pools stand on both sides.
"""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillhunt.errors import UsageError
from stillhunt.simulate.arrow import either, glue, scattered, take
from stillhunt.simulate.grammar import Grammar
from stillhunt.simulate.ids import Hashes, Ints, join, mix, pick
from stillhunt.simulate.styles import STYLES, Style
from stillhunt.simulate.text import Segments

Rows = NDArray[np.intp]

LONGEST = 6_000
"""Prompts are cut here: a few real ones have hundreds of thousands of characters."""

_PEOPLE = ("benign_sharegpt_user_turns", "benign_users_misc", "benign_issuebench_users")
_POOLS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "math": (("distill_reasoning", ()), ("distill_general_instruct", ())),
    "code": (("distill_coding", ()), ("benign_eval_harness", ("humaneval_harness", "mbppplus_harness")),
             ("distill_general_instruct", ("alpaca52k_subset",))),
    "tooltask": (("distill_tool_use", ()), ("distill_agentic_traj", ())),
    "screen": (("distill_computer_use_vision", ()),),
    "general": (("distill_general_instruct", ()),),
    "invent": (("distill_general_instruct", ()),),
    "sensitive": (("political_sensitive", ()),),
    "mcq": (("benign_eval_harness", ()),),
    "document": (("benign_batch_pipeline_t0", ()),),
    "support": (("benign_app_templates", ("banking77", "clinc150_oos_test", "clinc150_oos_train")),),
    "judged": (("benign_llm_judge_pipeline", ()),),
}  # fmt: skip
"""Pool: files, and the sources of them that are taken (none named: all), in the order in which a work list goes on."""
_PRIVATE = ("support", "document", "judged")
"""Pools of which each organisation has a part of its own: strangers do not process the same documents."""
_OWNERS = 16
_PERSONAL = ("person", "follow", "developer")
_SPACE = pa.scalar(" ")
_SENTENCE = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s+|\n+")


def read_rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of one corpus file.

    Raises:
        UsageError: If the file is not there.
    """
    path = folder / f"{name}.jsonl.gz"
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except FileNotFoundError:
        raise UsageError(
            f"The corpus lacks '{path}': give --corpus a folder that holds it, or leave --corpus away."
        ) from None


class Corpus:
    """The text source of real prompts; what the corpus has no text for comes from the grammar."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Read people and pools.

        Raises:
            UsageError: If a file is missing.
        """
        self._grammar = Grammar()
        self._pools = {pool: _pool(folder, parts) for pool, parts in _POOLS.items()}
        self._pools["reply"] = _replies(folder, self._pools["general"][0])
        self._people = _People(_persons(folder), seed)
        self._systems = _unique(
            row["text"] for row in read_rows(folder, "benign_app_templates")
            if row["source"] in ("fabric_patterns", "promptset_cls", "promptset_fn") and row["n_chars"] > 40
        )  # fmt: skip
        self._developers = np.zeros(0, dtype=np.uint64)

    def enlist(self, pool: str, authors: Hashes) -> None:
        """Give each of these authors a person of the corpus (or a system prompt) of their own, in this order."""
        if pool == "system":
            self._developers = _append(self._developers, authors)
        elif pool in _PERSONAL:
            self._people.enlist(authors)

    def texts(self, pool: str, items: Hashes, authors: Hashes) -> pa.StringArray:
        """Return one text for each item."""
        if pool in _PERSONAL:
            who = self._people.find(authors)
            return _split(who >= 0, lambda rows: self._said(who[rows], items[rows], authors[rows]),
                           lambda rows: self._grammar.texts(pool, items[rows], authors[rows]))  # fmt: skip
        if pool == "system":
            rank = _rank(self._developers, authors)
            known = (rank >= 0) & (rank < len(self._systems))
            return _split(known, lambda rows: take(self._systems, rank[rows]),
                           lambda rows: self._grammar.texts(pool, items[rows], authors[rows]))  # fmt: skip
        if pool not in self._pools:
            return self._grammar.texts(pool, items, authors)
        if pool in _PRIVATE:
            return self._own_part(pool, items)
        texts, first = self._pools[pool]
        return take(texts, _numbers(items, first, len(texts)))

    def _own_part(self, pool: str, items: Hashes) -> pa.StringArray:
        """Return texts of an organisation's own part of a pool; when it is used up, invented text goes on."""
        texts, _ = self._pools[pool]
        size = len(texts) // _OWNERS
        number = (items & np.uint64(0xFFFFFFFF)).astype(np.int64) - 1
        owner = pick(mix(items >> np.uint64(32), 3), _OWNERS)
        return _split(number < size, lambda rows: take(texts, number[rows] * _OWNERS + owner[rows]),
                      lambda rows: self._grammar.texts(pool, items[rows], items[rows]))  # fmt: skip

    def _said(self, who: Ints, items: Hashes, authors: Hashes) -> pa.StringArray:
        """Return what persons say; who has too little to put together anew adds a remark, as nobody repeats all day."""
        said, repeated = self._people.texts(who, items)
        rows = np.flatnonzero(repeated & (pick(mix(items, 6), 8) > 0))
        if not len(rows):
            return said
        remarks = self._grammar.texts("remark", items[rows], authors[rows])
        return glue([said, scattered([(rows, remarks)], len(items))], _SPACE, skip_nulls=True)


def _numbers(items: Hashes, first: int, size: int) -> Ints:
    """Return the place in the pool of each item of a work list.

    The list's key (upper half) says where in the first file a list begins; its number (lower half) goes on from there.
    """
    number = (items & np.uint64(0xFFFFFFFF)).astype(np.int64) % size
    begin = pick(mix(items >> np.uint64(32), 3), first)
    return np.where(number < first, (number + begin) % first, number)


def _split(
    where: NDArray[np.bool_], yes: Callable[[Rows], pa.StringArray], no: Callable[[Rows], pa.StringArray]
) -> pa.StringArray:
    """Return `yes` of the rows that are true and `no` of the others, in order."""
    parts = [
        (rows, say(rows)) for rows, say in ((np.flatnonzero(where), yes), (np.flatnonzero(~where), no)) if len(rows)
    ]
    return scattered(parts, len(where))


def _append(known: Hashes, more: Hashes) -> Hashes:
    return np.concatenate([known, more[~np.isin(more, known)]])


def _rank(known: Hashes, wanted: Hashes) -> Ints:
    """Return the place of each wanted id in `known`, or -1."""
    if not len(known):
        return np.full(len(wanted), -1)
    order = np.argsort(known, kind="stable")
    at = np.minimum(np.searchsorted(known[order], wanted), len(known) - 1)
    return np.where(known[order][at] == wanted, order[at], -1)


def _unique(texts: Iterator[str]) -> pa.StringArray:
    return pa.array(list(dict.fromkeys(text[:LONGEST] for text in texts)), pa.string())


def _pool(folder: Path, parts: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[pa.StringArray, int]:
    """Return the texts of a pool, and how many of them come from its first file."""
    files = [
        _unique(row["text"] for row in read_rows(folder, name) if not sources or row["source"] in sources)
        for name, sources in parts
    ]
    return pa.concat_arrays(files), len(files[0])


def _replies(folder: Path, asked: pa.StringArray) -> tuple[pa.StringArray, int]:
    """Return a teacher's answer to each text of the general pool, in the same order."""
    answers = {row["text"][:LONGEST]: row.get("output") or "" for row in read_rows(folder, "distill_general_instruct")}
    replies = [answers[text][:LONGEST] for text in asked.to_pylist()]
    return pa.array(replies, pa.string()), len(replies)


def _persons(folder: Path) -> list[list[str]]:
    """Return the texts of each person; a text of eight words or more has one owner only."""
    owned: dict[str, list[str]] = defaultdict(list)
    said: set[str] = set()
    nameless: dict[str, int] = defaultdict(int)
    for name in _PEOPLE:
        for row in read_rows(folder, name):
            text = row["text"].strip()[:LONGEST]
            folded = " ".join(text.lower().split())
            if row["label"] != "benign_user" or not text or folded in said:
                continue
            if folded.count(" ") >= 7:
                said.add(folded)
            owner = row["user"]
            if not owner:  # texts of unknown authors: two make a person
                owner = f"{row['source']}/{nameless[row['source']] // 2}"
                nameless[row["source"]] += 1
            owned[owner].append(text)
    return list(owned.values())


class _People:
    """Persons of the corpus, each with texts and sentences of their own."""

    def __init__(self, persons: list[list[str]], seed: int) -> None:
        order = np.random.default_rng([seed, 81]).permutation(len(persons))
        persons = [persons[n] for n in order]
        sentences = [_sentences(texts) for texts in persons]
        self._texts = pa.array([text for texts in persons for text in texts], pa.string())
        self._sentences = pa.array([piece for pieces in sentences for piece in pieces], pa.string())
        self._text_count = np.array([len(texts) for texts in persons])
        self._sentence_count = np.array([len(pieces) for pieces in sentences])
        self._first_text = np.cumsum(self._text_count) - self._text_count
        self._first_sentence = np.cumsum(self._sentence_count) - self._sentence_count
        self._authors = np.zeros(0, dtype=np.uint64)

    def enlist(self, authors: Hashes) -> None:
        """Give authors the next persons."""
        self._authors = _append(self._authors, authors)

    def find(self, authors: Hashes) -> Ints:
        """Return the person of each author, -1 when there are no more."""
        rank = _rank(self._authors, authors)
        return np.where(rank < len(self._text_count), rank, -1)

    def texts(self, who: Ints, items: Hashes) -> tuple[pa.StringArray, NDArray[np.bool_]]:
        """Return what persons say (texts in turn, later their own sentences anew), and what repeats."""
        number = items.astype(np.int64) - 1
        fresh = number < self._text_count[who]
        own = take(self._texts, self._first_text[who] + number % self._text_count[who])
        salts = join(items, who)
        picked = [
            take(self._sentences, self._first_sentence[who] + pick(mix(salts, n), self._sentence_count[who]))
            for n in range(3)
        ]
        third = either(pick(mix(salts, 9), 2) == 1, picked[2], pa.scalar(None, pa.string()))
        again = glue([picked[0], picked[1], third], _SPACE, skip_nulls=True)
        few = self._sentence_count[who] < 4  # too little to put together: said again as it was
        return either(fresh | few, own, again), few & ~fresh


def _sentences(texts: list[str]) -> list[str]:
    """Return up to 60 sentences of a person."""
    pieces = [piece.strip()[:400] for text in texts for piece in _SENTENCE.split(text) if piece.strip()]
    return list(dict.fromkeys(pieces))[:60] or texts[:1]


def corpus_styles(folder: Path) -> Mapping[str, Style]:
    """Return the styles with the driver prompts of real pipelines, where one is known.

    A real prompt has one wording. Styles without one keep the project's own template around real items.
    """
    known: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in read_rows(folder, "distill_templates"):
        known[row["source"], row["id"].split("/")[-1]].append(row["text"])
    deepen = [
        texts[0] for (source, name), texts in known.items() if source == "wizardlm_evol_instruct" and "depth" in name
    ]
    begun, ended = _around(deepen, "{instruction}")
    harder = [texts[0] for (source, _), texts in known.items() if source == "evol_teacher_code"]
    grading = _grading_template(folder)
    tidy = known["sky_t1", "CONVERT_PROMPT"][0]
    return {
        **STYLES,
        "reasoning_prefix": replace(
            STYLES["reasoning_prefix"],
            before=((known["sky_t1_scripts", "system_prompt"][0] + "\n",),),
            tag="begin_of_thought",
        ),
        "expert_system": replace(STYLES["expert_system"], before=_around(harder, "{instruction}")[0]),
        "instructions": replace(STYLES["instructions"], before=begun, after=ended),
        "trace_cleaning": replace(STYLES["trace_cleaning"], before=_around([tidy], "{content}")[0]),
"rubric_grading": replace(
            STYLES["rubric_grading"], before=((grading[0],),), between=((grading[1],),), after=((grading[2],),)
        ),
        "computer_use": replace(STYLES["computer_use"], system=((known["webvoyager", "SYSTEM_PROMPT_TEXT_ONLY"][0],),)),
    }  # fmt: skip


def _grading_template(folder: Path) -> tuple[str, str, str]:
    """Return what stands before the query, before the response and after it in a real grading prompt."""
    whole = next(row["text"] for row in read_rows(folder, "distill_rubric_grading") if row["source"] == "autoj_single")
    begin, _, rest = whole.partition("[Query]: ")
    end = rest.rindex("***\n[END DATA]") if "***\n[END DATA]" in rest else len(rest)
    return begin + "[Query]: ", "\n***\n[Response]: ", "\n" + rest[end:]


def _around(templates: list[str], slot: str) -> tuple[Segments, Segments]:
    """Cut templates at their slot: what stands before it and after it, one wording each."""
    cut = [template.partition(slot) for template in templates]
    return (tuple(before for before, _, _ in cut),), (tuple(after for _, _, after in cut),)
