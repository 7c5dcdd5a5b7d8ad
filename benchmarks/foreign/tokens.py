"""Token counts and times of answers that fit the texts and the recorded lengths."""

import numpy as np

from foreign.world import World

Rng = np.random.Generator


def sizes(
    world: World, prompts: list[str], system: str | None, kind: str, context: np.ndarray | int = 0
) -> dict[str, np.ndarray]:
    """Return `input_tokens`, `output_tokens` and `latency_ms` for requests.

    Args:
        world: Source of chance and of recorded lengths.
        prompts: The prompts.
        system: The system prompt that comes before each of them.
        kind: Which recorded lengths answers have: talk, code or long.
        context: Tokens of the conversation before each prompt.
    """
    n = len(prompts)
    asked = np.array([len(p) for p in prompts]) / 4 + (len(system) / 4 if system else 0) + 8
    answered = world.rng.choice(world.corpus.answers[kind], size=n)
    latency = 300 + answered * world.rng.lognormal(2.7, 0.3, size=n)
    return {
        "input_tokens": (asked + context).astype(np.int64),
        "output_tokens": answered.astype(np.int64),
        "latency_ms": np.round(latency, 1),
    }


def conversation_sizes(world: World, turns: list[str], system: str | None, kind: str = "talk") -> dict[str, np.ndarray]:
    """Return the same for the turns of one conversation, where each request carries all that was said before."""
    flat = sizes(world, turns, system, kind)
    said = np.array([len(t) for t in turns]) / 4 + flat["output_tokens"]
    before = np.concatenate([[0], np.cumsum(said)[:-1]])
    flat["input_tokens"] = (flat["input_tokens"] + before).astype(np.int64)
    return flat
