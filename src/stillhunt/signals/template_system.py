"""Calls with one system prompt, numbers and quoted text aside."""

from stillhunt.signals.base import Signal
from stillhunt.signals.expressions import of_calls
from stillhunt.signals.samples import call, calls

TOPICS = ("soil moisture", "ferry delays", "loan defaults", "bird counts", "school meals", "river gauges")
TUTORS = (
    "You help one gardener plan the beds of a small allotment in a cold valley.",
    "You answer letters for a museum of tramways and never promise refunds.",
    "You check Dutch homework and explain each mistake kindly to a child of ten.",
)
FIXED = (
    "You are a patient assayer of figures. Weigh the evidence for item 12 step by step, write down every thought "
    "before the verdict, and close with a table of what would have changed your mind."
)

SIGNAL = Signal(
    name="template_system",
    family="template",
    layer="content",
    alone=True,
    says="These accounts send the same system prompt, apart from numbers and quoted text.",
    misses="An operator who rewrites the system prompt for each account, or who sends none.",
    false_alarms="Users of one open-source agent or product, whose system prompt thousands of strangers share.",
    sql=of_calls("system_key"),
    fires=calls(
        *(
            call(f"sys-{n % 3}", n, system=FIXED.replace("12", str(n + 40)), prompt=f"What do you make of {topic}?")
            for n, topic in enumerate(TOPICS)
        )
    ),
    quiet=calls(
        *(call(f"sys-{n}", n, system=text, prompt=f"What do you make of {TOPICS[n]}?") for n, text in enumerate(TUTORS))
    ),
    needs=("system_key",),
)
