"""The running example of docs/concepts.md, as logs, and what the real code makes of it.

512 accounts: five of a careless operator, eight of a verified school, and 499 strangers.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.evidence.measures import measure_groups
from stillhunt.groups.find import find_groups
from stillhunt.groups.holds import build_holds
from stillhunt.profiles import build_profiles
from stillhunt.signals import header_tuple, payment, template_head
from stillhunt.traffic import Traffic, read_traffic

SIGNALS = (payment.SIGNAL, header_tuple.SIGNAL, template_head.SIGNAL)
CARDS = {"ash": "card-7", "birch": "card-7", "cedar": "card-7", "dogwood": "card-9", "elm": "card-9"}
PUPILS = tuple(f"pupil-{n}" for n in range(1, 9))
STRANGERS = tuple(f"stranger-{n}" for n in range(1, 500))
SAME_CLIENT = 27
"""Strangers who happen to use the client that the five use."""

TEMPLATE = (
    "You are a patient examiner of school mathematics. Solve the exercise below, write out every step of your "
    "reasoning, and end with the final result. Exercise {}: {}"
)
LESSON = "Dear tutor, today our class reads about the history of canals and has one question for you: {}"
THINGS = (
    "anchor", "basket", "candle", "dune", "engine", "ferry", "glacier", "harbour", "island", "jetty", "kiln",
    "lantern", "meadow", "needle", "orchard", "pulley",
)  # fmt: skip
START = 1_772_409_600_000_000  # Monday, 2 March 2026, 00:00 UTC
MINUTE = 60_000_000
SECRET = b"the secret of the example"


def own_words(number: int) -> str:
    """A prompt of twenty words that shares its beginning with no other number below 4,096."""
    first, second, third = THINGS[number // 256], THINGS[number // 16 % 16], THINGS[number % 16]
    return f"Between {first} and {second} stands a {third}: " + " ".join(
        f"{THINGS[(number * step + step) % 16]}" for step in range(1, 14)
    )


def calls() -> Iterator[dict[str, Any]]:
    """The log, one call a minute, in the native format."""
    drafts: list[tuple[str, str, str]] = []
    for n in range(12):
        drafts += [(who, "relay-kit/3.1", TEMPLATE.format(n, own_words(n * 5 + k))) for k, who in enumerate(CARDS)]
    drafts += [("elm", "relay-kit/3.1", own_words(100 + n)) for n in range(18)]
    drafts += [(who, "hazel-app/1.0", LESSON.format(own_words(200 + n))) for who in PUPILS for n in range(10)]
    for n, who in enumerate(STRANGERS):
        client = "relay-kit/3.1" if n < SAME_CLIENT else f"client-{n}/1.0"
        drafts += [(who, client, own_words(1_000 + 3 * n + k)) for k in range(3)]
    for n, (who, client, prompt) in enumerate(drafts):
        yield {
            "exchange_id": f"x-{n}", "ts": START + n * MINUTE, "account_id": who, "user_agent": client,
            "prompt": prompt, "turns": 1,
        }  # fmt: skip


def accounts() -> Iterator[dict[str, Any]]:
    """The accounts file."""
    for who, card in CARDS.items():
        yield {"account_id": who, "payment_id": card}
    for who in PUPILS:
        yield {"account_id": who, "payment_id": "card-of-the-school", "org_id": "hazel-school", "verified": True}
    for who in STRANGERS:
        yield {"account_id": who, "payment_id": f"card-of-{who}"}


def write(folder: Path) -> Traffic:
    """Write the logs and the accounts file into `folder`, as README.md names them."""
    logs, known = folder / "logs", folder / "accounts.jsonl"
    logs.mkdir()
    for path, rows in ((logs / "calls.jsonl", calls()), (known, accounts())):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return Traffic([logs], known)


def group(engine: DuckDBEngine, folder: Path) -> None:
    """Take the example from logs to measured groups with SIGNALS, in the order of the pipeline."""
    features = folder / "features"
    features.mkdir()
    read_traffic(engine, write(folder), features, SECRET, lambda _: None)
    build_profiles(engine)
    build_holds(engine, SIGNALS)
    find_groups(engine, SIGNALS)
    measure_groups(engine)
