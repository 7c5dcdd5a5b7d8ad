"""What a harvest asks: a work list, the driver prompt around each entry, and fixed settings of decoding."""

from collections.abc import Callable
from dataclasses import dataclass

from foreign.corpus import Item, Talk
from foreign.world import World

Wrap = Callable[[Item], Talk]

_TAGS = (
    (
        "Before you answer, write down your whole reasoning between <think> and </think>, every step and every check. "
        "Then give the answer between <answer> and </answer>."
    ),
    (
        "You must reason first. Put the complete chain of thought inside <reasoning></reasoning>, leave nothing out, "
        "and only then write the result inside <output></output>."
    ),
)
_ANALYST = (
    "You are an expert data analyst combining statistical rigor with deep domain knowledge. Work through the task in "
    "full, state each assumption, and finish with a result that another analyst could check."
)
_ARTICULATE = (
    "Below are a task and a finished response. Imagine and articulate the internal reasoning behind the completed "
    "response, step by step, as it may have gone.\n\nTask: {q}\n\nResponse: {a}"
)
_REWRITE = (
    "Rewrite the request below so that it can be answered in a neutral and permissible way, then answer the rewritten "
    "request in full.\n\nRequest: {q}"
)
_LOOSE = (
    "Explain your steps.", "Show how you get there.", "Take it step by step.", "Walk through the reasoning first.",
    "Think aloud, then answer.", "Work it out in detail.", "Please justify each step.", "Give the full working.",
)  # fmt: skip
_TOOLS = {
    "tool_use": ("search", "call_api", "python"),
    "agentic_traj": ("bash", "sql"),
    "computer_use_vision": ("click", "type"),
}


@dataclass(frozen=True)
class Harvest:
    """One campaign's demand."""

    name: str
    pools: tuple[str, ...]
    wrap: Wrap
    temperature: float
    max_tokens: int
    steps: bool = False
    """Whether entries with a known answer are continued: the tool's result comes back as the next turn."""

    def work(self, world: World, n: int) -> list[tuple[Talk, str]]:
        """Return at least `n` requests' worth of conversations with their pool; short lists are gone through again."""
        entries = [(item, pool) for pool in self.pools for item in world.take(pool, 1 + n // len(self.pools))]
        if not entries:
            raise ValueError(f"no work left for {self.name}")
        entries = [entries[i] for i in world.rng.permutation(len(entries))]
        talks: list[tuple[Talk, str]] = []
        turns = 0
        while turns < n:  # an epoch: samples of the same entry are drawn again at a temperature above zero
            for item, pool in entries:
                made = self.wrap(item)
                if self.steps and item.output and world.chance(0.5):
                    made = Talk([*made.turns, f"Observation: {item.output[:1500]}"], made.system)
                talks.append((made, pool))
                turns += len(made.turns)
                if turns >= n:
                    break
        return talks


def tools_of(pool: str) -> list[str] | None:
    """Return the tools that requests of a pool offer."""
    tools = _TOOLS.get(pool)
    return list(tools) if tools else None


def tags(world: World) -> Wrap:
    """One fixed prompt in every request that forces reasoning into inline tags."""
    text, where = world.choose(_TAGS), int(world.rng.integers(3))
    forms: tuple[Wrap, ...] = (
        lambda i: Talk([i.text], text),
        lambda i: Talk([f"{i.text}\n\n{text}"]),
        lambda i: Talk([f"{text}\n\n{i.text}"]),
    )
    return forms[where]


def long_thought(world: World) -> Wrap:
    """The system prompt of a published reasoning pipeline."""
    system = world.corpus.templates["sky_t1_scripts/system_prompt"]
    return lambda i: Talk([i.text], system)


def analyst(_: World) -> Wrap:
    """A harmless-looking persona in front of everything."""
    return lambda i: Talk([i.text], _ANALYST)


def evolved(world: World) -> Wrap:
    """Evol-Instruct: five templates that ask for a harder version of an instruction."""
    forms = [t for name, t in sorted(world.corpus.templates.items()) if name.startswith(("wizardlm", "evol_teacher"))]
    return lambda i: Talk([world.choose(forms).replace("{instruction}", i.text)])


def articulated(world: World) -> Wrap:
    """Reconstruction of reasoning behind answers that were taken before; grading where there is no answer."""
    grade = world.corpus.templates["mt_bench_judge/single-v1"]

    def wrap(item: Item) -> Talk:
        if item.output:
            return Talk([_ARTICULATE.replace("{q}", item.text).replace("{a}", item.output[:3000])])
        return Talk([grade.replace("{question}", item.text).replace("{answer}", "See the reference.")])

    return wrap


def softened(_: World) -> Wrap:
    """Rewriting of sensitive requests into answerable ones; everything else as it stands."""
    return lambda i: Talk([_REWRITE.replace("{q}", i.text)] if i.source.startswith("political") else [i.text])


def loose(world: World) -> Wrap:
    """A short phrase out of several, before or after, or nothing: no template to speak of."""

    def wrap(item: Item) -> Talk:
        phrase = world.choose(_LOOSE)
        return Talk([world.choose((item.text, f"{item.text} {phrase}", f"{phrase}\n{item.text}"))])

    return wrap


def bare(_: World) -> Wrap:
    """The entries as they are."""
    return lambda i: Talk([i.text])
