"""The window test of arXiv:2606.05725, on each account and on each true group.

Benign reference and thresholds come from the provider's benign traffic of an earlier time. Own threshold, as published:
the 95th percentile of MMD² between benign windows of the same size. The group version is told which accounts belong to
one operator, one organisation or one look-alike: it has this from the truth, so it is an upper bound.
"""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np

from rivals.answers import Answer, Answers, Floats, Ints, Rival, from_scores
from rivals.embedding import embed
from rivals.mmd import Reference, Vectors
from rivals.world import World

PER_ACCOUNT = 64
"""Prompts of an account that are read, drawn at random."""
LEAST = 8
"""Fewer prompts than this are no window."""
WINDOW = 1_500
"""Prompts of a group that are read: the published size."""
REFERENCE = 1_500
NULLS = 100
SIZES = (8, 16, 32, 64, 128, 256, 512, 1_024, WINDOW)
HISTORY = 2 * REFERENCE + 1_500
"""Prompts of earlier traffic needed: a reference, and apart from it what benign windows are drawn from."""

Score = Callable[[Vectors], float]


@lru_cache(maxsize=1)
def prepared(world: World) -> tuple[Score, list[Vectors]]:
    """Return the scorer and the windows of all accounts: the group version reuses what the account version embedded."""
    return scorer(world), windows(world)


def scorer(world: World) -> Score:
    """Return a function that scores a window: above 0 it passes the published threshold for its size."""
    rng = np.random.default_rng(world.seed)
    history = embed(world.history)
    reference, rest = Reference.of(history[:REFERENCE], rng), history[REFERENCE:]
    toward, gram = reference.toward(rest), reference.kernel(rest, rest)
    seeds = rng.integers(2**32, size=len(SIZES))

    @cache
    def null(size: int) -> tuple[float, float]:
        chance = np.random.default_rng(seeds[SIZES.index(size)])
        return _null(gram, toward, reference.within, size, chance)

    def score(window: Vectors) -> float:
        size = max(s for s in SIZES if s <= len(window) and 2 * s <= len(rest))
        threshold, spread = null(size)
        return (reference.mmd2(window[:size]) - threshold) / spread

    return score


def _null(gram: Vectors, toward: Vectors, within: float, size: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return the 95th percentile of MMD² between benign windows and the reference, and its spread."""
    values = []
    for _ in range(NULLS):
        rows = rng.choice(len(gram), size, replace=False)
        block = gram[np.ix_(rows, rows)]
        inner = (block.sum(dtype=np.float64) - np.trace(block)) / (size * (size - 1))
        values.append(inner + within - 2 * toward[rows].mean())
    return float(np.percentile(values, 95)), float(np.std(values))


def windows(world: World) -> list[Vectors]:
    """Return vectors of up to PER_ACCOUNT random prompts of each account."""
    rows = world.engine.fetch(
        f"""SELECT a, prompt FROM (
                SELECT n.a, c.prompt, row_number() OVER (PARTITION BY n.a ORDER BY md5(c.exchange_id)) AS place
                FROM calls c JOIN numbered n ON n.account_id = c.account_id WHERE c.prompt IS NOT NULL) q
            WHERE place <= {PER_ACCOUNT} ORDER BY a, place"""
    )
    vectors, account = embed(rows["prompt"].to_pylist()), rows["a"].to_numpy()
    bounds = np.searchsorted(account, np.arange(len(world.guilty) + 1))
    return [vectors[low:high] for low, high in pairwise(bounds)]


def by_account(world: World) -> Answers:
    """Test each account by itself; one with too few prompts is unknown."""
    score, accounts = prepared(world)
    scores: Floats = np.array([score(window) if len(window) >= LEAST else np.nan for window in accounts])
    return from_scores(scores, 0.0)


def by_group(world: World) -> Answers:
    """Test each true operator, each innocent organisation and each kind of look-alike."""
    score, accounts = prepared(world)
    rng = np.random.default_rng(world.seed)
    groups = [*world.operators.values(), *world.owners.values()]
    scores = [_pooled(score, [accounts[a] for a in group], rng) for group in groups]

    def at(threshold: float) -> Answer:
        return Answer(f"score at least {threshold:.4g}", tuple(_above(groups, scores, threshold)))

    return Answers(at(0.0), tuple(at(level) for level in sorted(set(scores)) if np.isfinite(level)))


def _pooled(score: Score, parts: Sequence[Vectors], rng: np.random.Generator) -> float:
    pool = np.concatenate(parts)
    return score(pool[rng.permutation(len(pool))[:WINDOW]]) if len(pool) >= LEAST else -np.inf


def _above(groups: Sequence[Ints], scores: Sequence[float], threshold: float) -> list[Ints]:
    return [group for group, score in zip(groups, scores, strict=True) if score >= threshold]


RIVALS = (
    Rival("window test, account", "arXiv:2606.05725 on up to 64 prompts of one account; published threshold", "text",
          False, by_account),
    Rival("window test, true group", "the same on 1,500 prompts of each true group: it is told who belongs together",
          "text", True, by_group),
)  # fmt: skip
