"""Calls whose prompts are nearly the same text."""

from stillhunt.signals.base import Signal
from stillhunt.signals.samples import OWN_WORDS, call, calls

LEAST_WORDS = 12  # ten shingles: below, one band is shared by chance ("please continue", "thank you very much")

ITEM = (
    "A ferry leaves the island with {} sheep, twelve goats and a dog, and calls at three piers. At each pier a "
    "third of the sheep go ashore and two goats come on board, but the dog never leaves the deck because the skipper "
    "is fond of it. How many animals are on board when the ferry reaches the town, and when were there the most?"
)

# Pairs only: over a quarter of all prompts that are no more alike than 0.45 share a band of four MinHash rows. Of the
# template family, because two fillings of one long template are near-duplicates by that very fact.
SIGNAL = Signal(
    name="near_duplicate",
    family="template",
    layer="content",
    alone=False,
    says="These accounts send prompts that are nearly the same text: the same items with a word changed.",
    misses="An operator whose accounts never share an item, or whose items are paraphrased.",
    false_alarms="Coursework, public benchmarks, viral prompts, and forms that people fill in.",
    sql="SELECT account_key, UNNEST(bands) AS key, exchange_key, ts FROM features "
    f"WHERE bands IS NOT NULL AND words >= {LEAST_WORDS}",
    fires=calls(*(call(f"near-{n}", n, prompt=ITEM.format(word)) for n, word in enumerate(("nine", "thirty", "six")))),
    quiet=calls(*(call(f"near-{n}", n, prompt=text) for n, text in enumerate(OWN_WORDS))),
    needs=("bands",),
)
