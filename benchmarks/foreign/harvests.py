"""What a harvest asks: a work list, the driver prompt around each entry, and fixed settings of decoding."""

from collections.abc import Callable
from dataclasses import dataclass

from foreign.corpus import Item, Talk
from foreign.world import World

Wrap = Callable[[Item], Talk]

# Parts of driver prompts: each campaign puts its own together, so that two share one only if they share an author.
_FIRST = (
    "Before you answer, write down your whole reasoning",
    "You must reason first and put the complete chain of thought",
    "Think in the open: every step, check and correction goes",
    "Do not answer at once. Lay out how you get there, without gaps,",
    "Start with a detailed analysis of the problem, written",
)
_THEN = (
    "Then give the answer between <{b}> and </{b}>.",
    "Only then write the result inside <{b}></{b}>, and nothing after it.",
    "Close with the final result in <{b}>...</{b}>.",
    "Repeat no reasoning in <{b}></{b}>, which holds the answer alone.",
)
_THOUGHT, _RESULT = ("think", "reasoning", "cot", "analysis", "trace"), ("answer", "output", "final", "solution")
_EXPERT = ("data analyst", "software architect", "research assistant", "systems engineer", "quantitative consultant")
_VIRTUE = ("statistical rigor", "careful judgement", "clear structure", "deep domain knowledge", "practical experience")
_MANNER = (
    "Work through the task in full, state each assumption, and finish with a result that a colleague could check.",
    "Be complete rather than brief, and justify every choice that you make on the way.",
    "Split the task into parts, treat them one after the other, and sum up at the end.",
    "Explain what you do and why before you do it, and verify the outcome.",
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
    once: bool = False
    """Whether each entry is asked once, as at temperature 0; the harvest ends when its list does."""

    def work(self, world: World, n: int) -> list[tuple[Talk, str]]:
        """Return conversations with their pool, worth `n` requests; short lists come again unless `once`."""
        entries = [(item, pool) for pool in self.pools for item in world.take(pool, 1 + n // len(self.pools))]
        if self.once:  # where one list ends, the others go on
            for pool in self.pools:
                entries += [(item, pool) for item in world.take(pool, max(0, n - len(entries)))]
        if not entries:  # others have it all: some of it is asked for twice, as public sets are
            entries = [(item, pool) for pool in self.pools for item in world.see(pool, 1 + n // len(self.pools))]
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
            if self.once:
                break
        return talks


def tools_of(pool: str) -> list[str] | None:
    """Return the tools that requests of a pool offer."""
    tools = _TOOLS.get(pool)
    return list(tools) if tools else None


def tags(world: World) -> Wrap:
    """One fixed prompt in every request that forces reasoning into inline tags."""
    thought = world.choose(_THOUGHT)
    ending = world.choose(_THEN).replace("{b}", world.choose(_RESULT))
    text, where = f"{world.choose(_FIRST)} between <{thought}> and </{thought}>. {ending}", int(world.rng.integers(3))
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


def analyst(world: World) -> Wrap:
    """A harmless-looking persona in front of everything."""
    virtues = [_VIRTUE[i] for i in world.rng.permutation(len(_VIRTUE))[:2]]
    text = (
        f"You are an expert {world.choose(_EXPERT)} combining {virtues[0]} with {virtues[1]}. {world.choose(_MANNER)}"
    )
    return lambda i: Talk([i.text], text)


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


def graded(world: World) -> Wrap:
    """The model as a grader of answers taken before; sensitive requests are rewritten so that they can be answered."""
    grade = world.corpus.templates["mt_bench_judge/single-v1"]

    def wrap(item: Item) -> Talk:
        if item.source.startswith("political"):
            return Talk([_REWRITE.replace("{q}", item.text)])
        if not item.output or "[Response]" in item.text:  # comes as a grading request already
            return Talk([item.text])
        return Talk([grade.replace("{question}", item.text).replace("{answer}", item.output[:3000])])

    return wrap


def loose(world: World) -> Wrap:
    """A short phrase out of several, before or after, or nothing: no template to speak of."""

    def wrap(item: Item) -> Talk:
        phrase = world.choose(_LOOSE)
        return Talk([world.choose((item.text, f"{item.text} {phrase}", f"{phrase}\n{item.text}"))])

    return wrap


def bare(_: World) -> Wrap:
    """The entries as they are."""
    return lambda i: Talk([i.text])
