"""A world so small that what an evaluation says of it can be counted by hand."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ids import with_keys

from stillhunt.evaluate.intervals import Proportion

DAY = 86_400_000_000


@dataclass
class World:
    """Accounts with so many requests a day: 'a0' makes 'a0-0', 'a0-1', ..., one a day from day 0.

    Campaign 'one' has ten accounts a0..a9 of operator 'north' with ten harvesting requests each; 'two' has
    four accounts b0..b3 of operator 'south' with five each, of ten that they make. The innocent: twenty
    people, five of whom share an organisation, and a company of six seats that runs evaluations.
    """

    requests: dict[str, int] = field(
        default_factory=lambda: (
            {f"a{i}": 10 for i in range(10)}
            | {f"b{i}": 10 for i in range(4)}
            | {f"p{i}": 10 for i in range(20)}
            | {f"e{i}": 10 for i in range(6)}
        )
    )

    @property
    def guilty(self) -> dict[str, str]:
        one = {f"a{i}-{n}": "one" for i in range(10) for n in range(10)}
        return one | {f"b{i}-{n}": "two" for i in range(4) for n in range(5)}

    def calls(self, until: int = 10) -> list[tuple[str, int, str]]:
        return [(f"{a}-{n}", n * DAY, a) for a, count in self.requests.items() for n in range(min(count, until))]


WORLD = World()


def of(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{i}" for i in range(count)]


def entity(account: str) -> str:
    if account in of("p", 5):
        return "org-people"
    return "org-evals" if account.startswith("e") else account


def fill(table, rows):
    rows = [with_keys(row) for row in rows]
    columns = {c.name: [row.get(c.name) for row in rows] for c in table.columns}
    return pa.table(columns, schema=table.arrow)


def write_truth(folder: Path) -> Path:
    folder.mkdir()
    kinds = {"a": "harvester", "b": "mixed", "p": "person", "e": "nightly_evals"}
    operators = {"a": "north", "b": "south"}
    rows = [
        {"account_id": a, "kind": kinds[a[0]], "operator": operators.get(a[0])} for a in WORLD.requests if a != "p19"
    ]
    (folder / "accounts.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    guilty = WORLD.guilty
    pq.write_table(
        pa.table({"exchange_id": list(guilty), "campaign": list(guilty.values())}),
        folder / "exchanges.parquet",
    )
    return folder


def own(campaign: str) -> list[str]:
    return [e for e, c in WORLD.guilty.items() if c == campaign]


PERFECT = {"c1": (of("a", 10), own("one")), "c2": (of("b", 4), own("two"))}


def counts(p: Proportion) -> tuple[int, int]:
    return p.hits, p.of
