"""The real prompts and traces, sorted by who would send them."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

LONGEST = 24_000  # characters; a handful of pasted books would outweigh a thousand people
SHORT = 25  # people do share "continue" and "thank you"; longer texts in two mouths are an accident of collection


class Talk(NamedTuple):
    """One conversation: what the user says, turn by turn, under a system prompt."""

    turns: list[str]
    system: str | None = None


class Item(NamedTuple):
    """One entry of a work list, with what a teacher answered where that is known."""

    text: str
    output: str
    source: str


class Corpus:
    """A corpus folder, read as far as it is used."""

    def __init__(self, folder: Path) -> None:
        """Remember where the files are."""
        self.folder = folder

    def rows(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of one file whose text is neither empty nor a book."""
        with gzip.open(self.folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                if "text" not in row or 0 < len(row["text"].strip()) <= LONGEST:
                    yield row

    @cached_property
    def people(self) -> list[list[Talk]]:
        """Real people who talk in turns: one entry a person, each a list of conversations."""
        turns: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        systems: dict[str, str | None] = {}
        for row in self.rows("benign_sharegpt_user_turns"):
            talk = (row.get("meta") or {}).get("conv") or row["id"].rsplit("-", 1)[0]
            turns[row["user"]][talk].append(row["text"])
        for row in self.rows("benign_users_misc"):
            if row["user"] and row["label"] == "benign_user" and row["source"] != "awesome_chatgpt_prompts":
                talk = row["user"] if row["source"] == "realhumaneval_chat" else row["id"]
                turns[row["user"]][talk].append(row["text"])
                systems[talk] = row.get("system")
        owner: dict[str, str] = {}
        people = []
        for user, talks in turns.items():
            own = [
                Talk([t for t in said if len(t) <= SHORT or owner.setdefault(t, user) == user], systems.get(talk))
                for talk, said in talks.items()
            ]
            if any(talk.turns for talk in own):
                people.append([talk for talk in own if talk.turns])
        return people

    @cached_property
    def questions(self) -> list[str]:
        """Single questions of people without a name, each once."""
        said = {t for person in self.people for talk in person for t in talk.turns}
        texts = [row["text"] for row in self.rows("benign_issuebench_users")]
        texts += [r["text"] for r in self.rows("benign_users_misc") if not r["user"] and r["label"] == "benign_user"]
        return [t for t in dict.fromkeys(texts) if t not in said]

    @cached_property
    def viral(self) -> list[str]:
        """Prompts that really went round: personas and jailbreaks that strangers copy."""
        rows = self.rows("benign_users_misc")
        return [r["text"] for r in rows if r["source"] in {"awesome_chatgpt_prompts", "inthewild_jailbreak"}]

    @cached_property
    def apps(self) -> list[str]:
        """System prompts of real applications."""
        rows = self.rows("benign_app_templates")
        return [r["text"] for r in rows if r["source"].startswith("promptset") and len(r["text"]) > 80]

    @cached_property
    def harnesses(self) -> list[str]:
        """Public system prompts that strangers share: a prompt library and open agents."""
        library = [r["text"] for r in self.rows("benign_app_templates") if r["source"] == "fabric_patterns"]
        agents = [
            r["text"] for r in self.rows("distill_templates") if r["source"] in {"webvoyager", "osworld_agent", "llava"}
        ]
        return library + [text for text in agents if len(text) > 1000]

    @cached_property
    def support(self) -> list[str]:
        """What customers ask support bots."""
        return [r["text"] for r in self.rows("benign_app_templates") if r["capability"] == "support_intent"]

    @cached_property
    def batches(self) -> list[list[str]]:
        """Real pipelines of one template over many documents."""
        return self._by_user("benign_batch_pipeline_t0")

    @cached_property
    def judges(self) -> list[list[str]]:
        """Real graders: one question about many texts."""
        return self._by_user("benign_llm_judge_pipeline")

    @cached_property
    def suites(self) -> dict[str, list[str]]:
        """Public evaluation suites, as their harness puts the questions."""
        found: dict[str, list[str]] = defaultdict(list)
        for row in self.rows("benign_eval_harness"):
            found[row["source"]].append(row["text"])
        return dict(found)

    @cached_property
    def templates(self) -> dict[str, str]:
        """Driver prompts of real collection pipelines, by `source/id`."""
        return {f"{r['source']}/{r['id']}": r["text"] for r in self.rows("distill_templates")}

    @cached_property
    def pools(self) -> dict[str, list[Item]]:
        """Work lists for harvesting, by capability; Chinese instructions apart from English ones."""
        files = ("general_instruct", "coding", "reasoning", "tool_use", "agentic_traj", "rubric_grading")
        pools: dict[str, dict[str, Item]] = defaultdict(dict)
        for file in (*(f"distill_{f}" for f in files), "distill_computer_use_vision", "political_sensitive"):
            for row in self.rows(file):
                name = file.removeprefix("distill_")
                if name == "general_instruct" and ("chinese" in row["source"] or row["source"].endswith("_zh")):
                    name = "general_zh"
                pools[name][row["text"]] = Item(row["text"], row.get("output") or "", row["source"])
        return {name: list(items.values()) for name, items in pools.items()}

    @cached_property
    def thinking(self) -> np.ndarray:
        """Seconds between a programmer's messages, as recorded."""
        clock: dict[str, list[float]] = defaultdict(list)
        for row in self.rows("benign_users_misc"):
            if row["source"] == "realhumaneval_chat" and row["timestamp"] is not None:
                clock[row["user"]].append(float(row["timestamp"]))
        gaps = np.concatenate([np.diff(np.sort(times)) for times in clock.values()])
        return gaps[(gaps > 2) & (gaps < 3600)]

    @cached_property
    def answers(self) -> dict[str, np.ndarray]:
        """Lengths of answers in tokens: of conversation, of code, of long prefill work."""
        azure = self.table("trace_azure_llm_2023")
        service, length = np.array(azure["service"].to_pylist()), azure["output_tokens"].to_numpy()
        long = self.table("trace_vidur_arxiv_lengths")["num_decode_tokens"].to_numpy()
        return {"talk": length[service == "conv"], "code": length[service != "conv"], "long": long}

    @cached_property
    def tenants(self) -> list[np.ndarray]:
        """Rates of real tenants: a row of (second, requests a second, burstiness) for each ten minutes."""
        table = self.table("trace_servegen_client_windows")
        model = np.unique(np.array(table["model"].to_pylist()), return_inverse=True)[1]
        client = model * 100_000 + table["client"].to_numpy()
        order = np.argsort(client, kind="stable")
        values = np.stack([table[c].to_numpy().astype(float) for c in ("t", "rate", "cv")], axis=1)[order]
        parts = np.split(values, np.flatnonzero(np.diff(client[order])) + 1)
        return [part for part in parts if len(part) > 40]

    def table(self, name: str) -> Any:
        """Return one Parquet file of the corpus."""
        return pq.read_table(self.folder / f"{name}.parquet")

    def _by_user(self, name: str) -> list[list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for row in self.rows(name):
            found[row["user"]].append(row["text"])
        return list(found.values())


@cache
def open_corpus(folder: Path) -> Corpus:
    """Return the corpus of a folder; a process that makes several worlds reads it once."""
    return Corpus(folder)
