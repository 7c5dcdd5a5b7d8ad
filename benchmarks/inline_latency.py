"""Inline latency: a decision per request, with the watch list at full size.

    python benchmarks/inline_latency.py [--members 25000] [--keys 500000] [--rates 200 1000] [--seconds 10]
                                        [--write docs/results]

The list is made up: as many members and keys as asked, over twenty campaigns, each with a contrast. Requests carry
prompts of 1 to 4 KB from the simulator's grammar, an address, headers, a card and a mail domain; a few hit the list.
Arrivals are an open loop (Poisson): a request that has to wait for the one before has its wait counted. Nothing is met
or missed here.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from machine import machine
from numpy.typing import NDArray

from stillhunt.config import load_secret
from stillhunt.features.keyed import Hasher
from stillhunt.features.single import Featuriser
from stillhunt.live.incoming import AccountFacts, conformed
from stillhunt.live.outcomes import OUTCOMES
from stillhunt.live.rates import WIDTH, campaign_rates, innocent_rates
from stillhunt.live.scorer import Scorer
from stillhunt.live.watchkeys import KINDS, facts_of_one, placed
from stillhunt.live.watchlist import WatchList
from stillhunt.separation.traits import COUNTED, ELICITATION, PRESENT, SKETCH
from stillhunt.simulate.grammar import language
from stillhunt.simulate.ids import mix

CAMPAIGNS = 20
LABELS = ("coding", "chat", "reasoning", "grading", "tool_use", "writing")
SCRIPTS = ("latin", "han")
PERCENTILES = (50, 90, 99, 99.9)
HITS = 0.05
Numbers = NDArray[np.float64]


def full_list(members: int, keys: int, sample: Sequence[dict[str, Any]], rng: np.random.Generator) -> WatchList:
    """Make up a watch list of a size, which some requests of a sample hit."""
    own = _keys_of([row for row in sample if rng.random() < HITS])
    drawn = rng.integers(1, 2**64 - 1, keys - len(own), dtype=np.uint64)
    watched = np.sort(np.concatenate([own, drawn]))
    hasher = Hasher("account", load_secret())
    accounts = np.sort(np.array([hasher(f"member-{n}") for n in range(members)], np.int64).view(np.uint64))
    counts = np.zeros((3, WIDTH), np.int64)
    counts[:, 0], counts[:, 1] = (30_000, 2_000_000, 100_000), (30, 100, 100)
    innocent = np.broadcast_to(innocent_rates(counts), (CAMPAIGNS, 3, 3, WIDTH))
    campaign = np.stack([np.stack([campaign_rates(counts, size) for size in OUTCOMES])] * CAMPAIGNS)
    traits = len(COUNTED) + len(PRESENT) + len(ELICITATION) + len(LABELS) + len(SCRIPTS) + SKETCH + 1
    now = time.time_ns() // 1000
    header = {
        "run": "made-up", "created": now, "expires": now + 14 * 86_400_000_000, "capabilities": list(LABELS),
        "scripts": list(SCRIPTS), "innocent_accounts": 30_000, "innocent_requests": 2_000_000,
        "groups": [{"campaign_id": f"c-{n:012x}", "kind": "distillation", "bits": 25.0, "capabilities": ["reasoning"],
                    "operators": [], "accounts": members // CAMPAIGNS, "share": 0.9, "prior": 0.01}
                   for n in range(CAMPAIGNS)],
    }  # fmt: skip
    arrays = {
        "members_key": accounts, "members_group": rng.integers(0, CAMPAIGNS, members).astype(np.uint16),
        "members_bits": np.full(members, 20.0, np.float32), "members_share": np.full(members, 0.9, np.float32),
        "members_last": np.full(members, now, np.int64),
        "watch_key": watched, "watch_group": rng.integers(0, CAMPAIGNS, keys).astype(np.uint16),
        "watch_kind": rng.choice(KINDS, keys), "watch_tier": rng.integers(1, 4, keys).astype(np.uint8),
        "innocent": innocent, "campaign": campaign, "request_ratio": rng.normal(0, 3, (CAMPAIGNS, OUTCOMES[0])),
        "weights": np.column_stack([rng.normal(0, 0.02, (CAMPAIGNS, traits - 1)), np.full(CAMPAIGNS, -3.0)]),
        "caps": np.full(CAMPAIGNS, 6.0),
    }  # fmt: skip
    return WatchList(header, arrays)


def _keys_of(sample: Sequence[dict[str, Any]]) -> NDArray[np.uint64]:
    featurise, facts = Featuriser(load_secret()), AccountFacts(load_secret())
    both = [facts_of_one({**featurise(conformed(row)), **facts(row)}) for row in sample]
    keys = placed(np.stack([f for f, _ in both]), np.stack([k for _, k in both]))
    found, times = np.unique(keys[keys > 0], return_counts=True)
    return found[times == 1]  # what all share, such as one header tuple, is nobody's mark


def spoken(tongue: str, count: int) -> list[str]:
    """Return so many prompts of people, in one language."""
    items = mix(np.arange(count, dtype=np.uint64), 5)
    texts: list[str] = language(tongue).texts("person", items, np.arange(count) % 4).to_pylist()
    return texts


def requests(count: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Make up requests with prompts of 1 to 4 KB."""
    words = spoken("en", count * 40)
    made = []
    for n in range(count):
        size, text = int(rng.integers(1024, 4096)), " ".join(words[n * 40 : n * 40 + 40])
        made.append(
            {
                "exchange_id": f"r-{n}", "account_id": f"acct-{rng.integers(0, 50_000)}", "prompt": (text * 9)[:size],
                "system": "You answer customers of a garden centre, politely and in two sentences.",
                "ip": f"203.0.{rng.integers(0, 256)}.{rng.integers(1, 255)}", "model": "lumen-4",
                "asn": int(rng.integers(1, 65_000)), "ja4": "t13d1516h2_8daaf6152771_02713d6af862",
                "user_agent": "openai-python/1.40.0", "conversation_id": f"c-{n}", "turns": 1, "max_tokens": 1024,
                "headers": {"x-stainless-lang": "python", "x-request-id": f"{n:032x}", "x-stainless-os": "Linux"},
                "payment_id": f"pay-{rng.integers(0, 50_000)}", "email_domain": f"firm-{n % 500}.example",
            }
        )  # fmt: skip
    return made


def closed(scorer: Scorer, sample: Sequence[dict[str, Any]], clock: Callable[[], float] = time.perf_counter) -> Numbers:
    """Return the seconds of each decision, one after the other, by a clock."""
    taken = np.empty(len(sample))
    for n, row in enumerate(sample):
        start = clock()
        scorer.score(row)
        taken[n] = clock() - start
    return taken


def open_loop(scorer: Scorer, sample: Sequence[dict[str, Any]], rate: float, seconds: float, seed: int) -> Numbers:
    """Return the seconds from each arrival to its decision, at so many arrivals per second."""
    gaps = np.random.default_rng(seed).exponential(1 / rate, int(rate * seconds))
    arrivals = time.perf_counter() + 0.05 + np.cumsum(gaps)
    taken = np.empty(len(arrivals))
    for n, due in enumerate(arrivals.tolist()):
        while (now := time.perf_counter()) < due:
            if due - now > 0.001:
                time.sleep((due - now) / 2)
        scorer.score(sample[n % len(sample)])
        taken[n] = time.perf_counter() - due
    return taken


def _line(what: str, seconds: Numbers) -> str:
    return f"| {what} | {len(seconds):,} | " + " | ".join(
        f"{1000 * value:.3f}" for value in np.percentile(seconds, PERCENTILES)
    ) + " |"  # fmt: skip


def _load() -> str:
    """Who else was there: times on a busy machine hold the others' too."""
    return f"load average {os.getloadavg()[0]:.1f} when done, this program's own among it"


def long_prompts() -> dict[str, str]:
    """Return prompts of about 200,000 tokens."""
    english = " ".join(spoken("en", 20_000))
    chinese = "".join(spoken("zh", 20_000))
    return {
        "English, 800,000 characters": (english * 3)[:800_000],
        "Chinese, 200,000 characters": (chinese * 9)[:200_000],
    }


def main() -> int:
    """Measure, and print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=25_000)
    parser.add_argument("--keys", type=int, default=500_000)
    parser.add_argument("--rates", type=float, nargs="+", default=[200.0, 1000.0, 2000.0])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    rng = np.random.default_rng(1)
    sample = requests(4000, rng)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "watch.list"
        full_list(arguments.members, arguments.keys, sample, rng).write(path, load_secret())
        size = path.stat().st_size
        times = []
        for _ in range(5):
            start = time.perf_counter()
            scorer = Scorer.load(path)
            times.append(time.perf_counter() - start)
        closed(scorer, sample[:500])
        hits = sum(scorer.score(row).campaign_id is not None for row in sample)
        one, cpu = closed(scorer, sample * 5), closed(scorer, sample * 5, time.thread_time)
        rows = [_line("one after the other", one), _line("the same, processor time", cpu)]
        rows += [_line(f"open loop, {rate:,.0f} per second", open_loop(scorer, sample, rate, arguments.seconds, 3))
                 for rate in arguments.rates]  # fmt: skip
        for what, text in long_prompts().items():
            rows.append(_line(f"a prompt of {what}", closed(scorer, [{**sample[0], "prompt": text}] * 200)))
    told = machine()
    per_key = size / (arguments.members + arguments.keys)
    head = (
        f"A watch list of {arguments.members:,} members and {arguments.keys:,} keys over {CAMPAIGNS} campaigns: "
        f"{size:,} bytes ({per_key:.1f} a key or member), loaded and checked in {1000 * np.median(times):.0f} ms "
        f"(median of 5). Prompts of 1 to 4 KB; {hits:,} of {len(sample):,} requests pointed to a campaign. One "
        "process, one core, every step in Python but the text kernel and the look-up."
    )
    taken = f"Taken on: {told['system']}, {told['cores']} cores; {_load()}."
    lines = [
        "# Inline latency\n",
        f"{head}\n",
        f"One after the other, {1 / cpu.mean():,.0f} decisions take one second of processor time.\n",
        "| milliseconds | decisions | p50 | p90 | p99 | p99.9 |",
        "|---|---:|---:|---:|---:|---:|",
        *rows,
        "",
        taken,
    ]
    text = "\n".join(lines) + "\n"
    if arguments.write:
        (arguments.write / "inline-latency.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
