"""Calls whose prompts begin alike."""

from stillhunt.signals.base import Signal
from stillhunt.signals.expressions import of_calls
from stillhunt.signals.samples import OWN_WORDS, call, calls

HEAD = (
    "Below you find one task taken from a long list of tasks. Think about it slowly, note each step of your thinking "
    "between the marks, weigh at least two other ways of solving it, and only then give the final answer. The task is: "
)
SLOTS = (
    "count the bridges that a walker crosses between the mill and the harbour",
    "explain why a kettle sings before its water boils",
    "sort these seven parcels by weight with the fewest weighings",
    "say which of the two witnesses cannot have seen the lamp",
    "find the year in which both clocks agree again",
    "describe how to fold a map so that every street can be read",
)
SIGNAL = Signal(
    name="template_head",
    family="template",
    layer="content",
    alone=True,
    says="The prompts of these accounts begin with the same words, apart from numbers and quoted text: fixed "
    "instructions in front of a changing task.",
    misses="An operator who draws each prompt's opening from many paraphrases, or has a model rewrite it.",
    false_alarms="A product with one templated prompt, a class with one assignment, a prompt that went viral, and "
    "public benchmarks that many evaluate.",
    sql=of_calls("head_key"),
    fires=calls(*(call(f"head-{n % 3}", n, prompt=HEAD + slot + ".") for n, slot in enumerate(SLOTS))),
    quiet=calls(*(call(f"head-{n}", n, prompt=text) for n, text in enumerate(OWN_WORDS))),
    needs=("head_key",),
)
