"""What is measured of a run whose truth is known, under one name in every table of results."""

from collections.abc import Callable
from typing import Final

from stillhunt.evaluate.intervals import Proportion
from stillhunt.evaluate.result import Evaluation

Measure = tuple[str, Callable[[Evaluation], Proportion]]
"""A name as tables show it, and how it is read off an evaluation."""

MEASURES: Final[tuple[Measure, ...]] = (
    ("campaigns found", lambda e: e.campaigns.recall),
    ("called campaigns that are true", lambda e: e.campaigns.precision),
    ("accounts, recall", lambda e: e.accounts.recall),
    ("accounts, precision", lambda e: e.accounts.precision),
    ("requests, recall", lambda e: e.requests.recall),
    ("requests, precision", lambda e: e.requests.precision),
    ("innocent accounts called", lambda e: e.false_alarms.accounts),
    ("innocent organisations called", lambda e: e.false_alarms.organisations),
    ("innocent requests held", lambda e: e.false_alarms.requests),
)
