"""The exchanges of a made-up run: those of two campaigns among those of people."""

import math
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ids import with_keys

from stillhunt.runs import write_table
from stillhunt.schema import ACCOUNT_KEYS, FEATURES, PROFILE, Table

HOUR = 3_600_000_000
DAY = 24 * HOUR
START = 1_780_272_000_000_000  # 2026-06-01T00:00:00Z
DAYS = 14
RELEASE = START + 8 * DAY + 14 * HOUR

CODING = (("agentic_coding", 46), ("tool_use", 31), ("data_analysis", 15), ("computer_use", 8))
REASONING = (("math_reasoning", 52), ("rubric_grading", 30), ("policy_rewriting", 18))
PEOPLE = (("chat", 40), ("writing", 30), ("agentic_coding", 20), ("math_reasoning", 10))


def fill(table: Table, rows: list[dict]) -> pa.Table:
    """Return `rows` with the columns of `table`; what a row does not say is null."""
    rows = [with_keys(row) for row in rows]
    columns = {c.name: pa.array([row.get(c.name) for row in rows], c.type) for c in table.columns}
    return pa.table(columns, schema=table.arrow)


class Calls:
    """Exchanges as they are made up, with what is harvested among them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.rows, self.harvested = rng, [], {}

    def campaign(self, name, accounts, capabilities, *, a_day, models):
        self.harvested[name] = []
        names, weights = zip(*capabilities, strict=True)
        for day in range(1 if a_day > 5 else 4, DAYS):
            surge = 1.9 if START + day * DAY > RELEASE - DAY else 1.0
            growth = min(1.0, 0.35 + 0.1 * day)
            for account in accounts:
                for _ in range(round(a_day * growth * surge * self.rng.uniform(0.4, 1.5))):
                    ts = START + day * DAY + round(self.rng.random() * DAY)
                    model = models[-1] if ts > RELEASE + 6 * HOUR else models[0]
                    row = self._add(account, ts, self.rng.choices(names, weights)[0], model)
                    self.harvested[name].append(row)

    def people(self, alone, mixed):
        names, weights = zip(*PEOPLE, strict=True)
        for account in [*alone, *mixed]:
            for day in range(DAYS):
                for _ in range(self.rng.randrange(12 if account in mixed else 5)):
                    hour = 13 + 4 * math.sin(self.rng.uniform(-1.5, 1.5))
                    capability = self.rng.choices(names, weights)[0]
                    self._add(account, START + day * DAY + round(hour * HOUR), capability, "atlas-4")

    def _add(self, account, ts, capability, model):
        row = {
            "exchange_id": f"req_{len(self.rows):06x}",
            "ts": ts,
            "account_id": account,
            "capability": capability,
            "model": model,
            "status": 200,
            "address": len(self.rows) % 997,
            "network": len(self.rows) % 97,
            "header_tuple": 7,
            "prompt_key": len(self.rows),
            "reasoning_out": [len(self.rows)],
        }
        self.rows.append(row)
        return row

    def write(self, folder: Path) -> None:
        (folder / "features").mkdir(exist_ok=True)
        pq.write_table(fill(FEATURES, self.rows), folder / "features" / "2026-06.parquet")
        counts: dict[str, list[int]] = {}
        for row in self.rows:
            counts.setdefault(row["account_id"], []).append(row["ts"])
        profile = [
            {
                "account_id": account,
                "exchanges": len(stamps),
                "active_days": len({s // DAY for s in stamps}),
                "first_ts": min(stamps),
                "last_ts": max(stamps),
                "entity": account,
            }
            for account, stamps in counts.items()
        ]
        write_table(folder, PROFILE, fill(PROFILE, profile))
        write_table(folder, ACCOUNT_KEYS, ACCOUNT_KEYS.empty())
