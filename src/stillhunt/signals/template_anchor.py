"""Calls whose prompts hold the same run of words somewhere."""

from stillhunt.signals.base import Signal
from stillhunt.signals.samples import OWN_WORDS, call, calls

MIDDLE = (
    " Now act as the examiner of this answer and mark it against the rubric line by line, from nought to five, quoting "
    "the words that earned each mark, and say what a perfect answer would have added to it before you sum the marks. "
)
BEFORE = (
    "Plants turn light into sugar.",
    "The moon makes the tides.",
    "Rust needs water and air.",
    "Yeast eats sugar and leaves gas.",
)
AFTER = (
    "The pupil had ten minutes.",
    "The pupil wrote in ink.",
    "There was no second try.",
    "The class is in its last year.",
)

SIGNAL = Signal(
    name="template_anchor",
    family="template",
    layer="content",
    alone=True,
    says="The prompts of these accounts hold the same run of eight words or more somewhere in the middle, between "
    "text that differs.",
    misses="An operator whose fixed text is rewritten for each request, or shorter than eight words.",
    false_alarms="Quotations, licence texts, code that many paste, and the boilerplate of popular tools.",
    sql="SELECT account_key, UNNEST(anchors) AS key, exchange_key, ts FROM features WHERE anchors IS NOT NULL",
    fires=calls(
        *(
            call(f"anchor-{n % 2}", n, prompt=before + MIDDLE + after)
            for n, (before, after) in enumerate(zip(BEFORE, AFTER, strict=True))
        )
    ),
    quiet=calls(*(call(f"anchor-{n}", n, prompt=text) for n, text in enumerate(OWN_WORDS))),
    needs=("anchors",),
)
