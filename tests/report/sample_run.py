"""A finished run made up by hand: two campaigns of two operators among people, and groups found innocent.

Every number comes from a seeded `random.Random`, whose stream is the same on every Python.
"""

import hashlib
import math
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillhunt.runs import Run, finish, write_table
from stillhunt.schema import (
    ACCOUNT_KEYS,
    CAMPAIGNS,
    EVIDENCE,
    FEATURES,
    GROUPS,
    HARVESTED,
    MEMBERS,
    OPERATORS,
    PROFILE,
    REJECTED,
    Table,
)
from stillhunt.schema_actors import ATTRIBUTION, CROSS
from stillhunt.schema_time import EVENTS, FORMER, LINEAGE

HOUR = 3_600_000_000
DAY = 24 * HOUR
START = 1_780_272_000_000_000  # 2026-06-01T00:00:00Z
DAYS = 14
RELEASE = START + 8 * DAY + 14 * HOUR

CODING = (("agentic_coding", 46), ("tool_use", 31), ("data_analysis", 15), ("computer_use", 8))
REASONING = (("math_reasoning", 52), ("rubric_grading", 30), ("policy_rewriting", 18))
PEOPLE = (("chat", 40), ("writing", 30), ("agentic_coding", 20), ("math_reasoning", 10))

EVIDENCE_OF = {
    "coding": (
        ("content", "template_share", 0.94, 0.31, 14.2,
         "94 % of the requests fill one template with a changing task.",
         "The template turns out to be that of a public tool."),
        ("content", "slot_diversity", 0.97, 0.62, 9.6,
         "97 % of the slots are new: nobody asks the same thing twice.",
         "The slots come from one customer's own documents."),
        ("rhythm", "flat_day", 0.06, 0.41, 7.1,
         "Requests come as often at night as by day.",
         "The accounts are shown to be scheduled jobs of one declared customer."),
        ("infrastructure", "shared_payment", 38.0, 3.0, 6.3,
         "38 accounts under different names pay with 4 instruments.",
         "The payer is a reseller that names its customers."),
        ("relay", "rotation_order", 0.22, 0.88, 4.4,
         "New sessions visit the accounts in almost the same order each time.",
         "A failover gateway of one known customer explains the order."),
        ("people", "follow_ups", None, 0.35, 0.0,
         "follow ups is unknown: the logs do not carry what it needs",
         "Follow-up turns are seen."),
        ("innocence", "some_verified", None, None, -2.0,
         "Somebody checked who stands behind three of the accounts.",
         "The papers shown turn out to be forged."),
        ("innocence", "old_accounts", None, None, -1.0,
         "Five accounts are older than a year.",
         "The accounts turn out to be bought."),
    ),
    "reasoning": (
        ("content", "reasoning_elicited", 0.71, 0.12, 10.4,
         "71 % of the requests ask for the reasoning to be written out.",
         "A course assignment that asks for worked solutions explains them."),
        ("rhythm", "release_reaction", 0.48, 0.2, 3.9,
         "48 % of the traffic moved to the new model within a day of its release.",
         "The accounts are found to test every new model openly."),
        ("relay", "retry_on_another_account", 61.0, 2.0, 8.8,
         "61 times a request that hit a limit came again from another account within seconds.",
         "One customer is shown to own all the accounts."),
        ("infrastructure", "shared_network", 0.4, 0.5, -0.5,
         "The accounts come from as many networks as strangers do.",
         "The networks are found to be exits of one proxy service."),
    ),
}  # fmt: skip

SUSPECTS = [
    {"campaign_id": campaign, "actor": actor, "rank": rank, "confidence": confidence, "bits": bits, "named": named,
     "reasons": reasons, "against": against, "would_change": would_change}
    for campaign, actor, rank, confidence, bits, named, reasons, against, would_change in (
        ("CMP-7d41b0", "Lab | Ash", 1, 0.93, 11.5, True, ["97 % of its requests carry a text of it."],
         ["A text can be copied."], "If its content turns out to be copied, the confidence falls to about 2 %."),
        ("CMP-7d41b0", None, 2, 0.07, 0.0, False, ["Most are in no file."], ["Lab | Ash has 11.5 bits."],
         "Facts of one actor would take from it."),
        ("CMP-e2905c", None, 1, 0.9, 0.0, False, ["Most are in no file."], [],
         "Facts of one actor would take from it."),
        ("CMP-e2905c", "Lab | Ash", 2, 0.1, -0.4, False, [], ["Only 3 % of its requests carry a text of it."],
         "To be named among 1 it needs 5.2 bits more than it has."),
    )
]  # fmt: skip

INNOCENT = (
    (
        "content",
        1310,
        1204,
        9100,
        3.1,
        -6.0,
        "A system prompt that 1,204 strangers share is that of a public tool; their tasks vary.",
    ),
    (
        "infrastructure",
        214,
        1,
        7420,
        61.0,
        -9.2,
        "One verified organisation behind one address and one card, with varied work by day.",
    ),
    (
        "content",
        88,
        71,
        640,
        22.4,
        0.4,
        "One assignment before one deadline: the requests stop when it passes and most have follow-up turns.",
    ),
    (
        "content",
        24,
        2,
        5200,
        18.9,
        1.7,
        "Public benchmark items every night at the same hour from one organisation: an evaluation suite.",
    ),
    ("infrastructure", 61, 58, 410, 4.0, -2.2, "A consumer VPN: nothing but the address is shared."),
    ("content", 12, 1, 2900, 15.2, -3.3, "One customer's own documents through one template: a batch job."),
    ("behaviour", 9, 9, 130, 2.1, 0.0, "Too few requests to tell."),
)


def build(folder: Path, *, people: int = 160, scale: int = 1) -> Run:
    """Write the run into `folder`; `scale` multiplies the accounts of the campaigns."""
    folder.mkdir(parents=True, exist_ok=True)
    calls = _Calls(random.Random(20260601))  # noqa: S311  made-up data
    coders = [f"acct-{4096 + 7 * i:05d}" for i in range(38 * scale)]
    reasoners = [f"org{i % 9}-svc-{100 + i}" for i in range(17 * scale)]
    calls.campaign("CMP-7d41b0", coders, CODING, a_day=8, models=("atlas-4", "atlas-5"))
    calls.campaign("CMP-e2905c", reasoners, REASONING, a_day=5, models=("atlas-4",))
    calls.people([f"user-{i}" for i in range(people)], reasoners[: 5 * scale])
    calls.write(folder)
    _write_found(folder, calls, coders, reasoners)
    _write_groups(folder, len(coders), len(reasoners), calls)
    rejected = [
        {"file": "logs/day-03.jsonl.zst", "line": 11 + i, "format": "native", "reason": reason}
        for i, reason in enumerate(["no account_id"] * 9 + ["ts is neither RFC 3339 nor a whole number"] * 3)
    ]
    write_table(folder, REJECTED, fill(REJECTED, rejected))
    write_table(folder, EVENTS, fill(EVENTS, _events(calls)))
    for table in (LINEAGE, FORMER):
        write_table(folder, table, table.empty())
    return finish(folder, info(calls))


def build_empty(folder: Path) -> Run:
    """Write a run that found nothing in the same people."""
    folder.mkdir(parents=True, exist_ok=True)
    calls = _Calls(random.Random(1))  # noqa: S311  made-up data
    calls.people([f"user-{i}" for i in range(40)], [])
    calls.write(folder)
    for table in (
        ATTRIBUTION, CAMPAIGNS, CROSS, EVENTS, EVIDENCE, FORMER, HARVESTED, LINEAGE, MEMBERS, OPERATORS, REJECTED,
    ):  # fmt: skip
        write_table(folder, table, table.empty())
    write_table(folder, GROUPS, fill(GROUPS, _innocent_groups()))
    return finish(folder, {"control": {"method": "e-BH", "level": 0.01}})


def fill(table: Table, rows: list[dict]) -> pa.Table:
    """Return `rows` with the columns of `table`; what a row does not say is null."""
    columns = {c.name: pa.array([row.get(c.name) for row in rows], c.type) for c in table.columns}
    return pa.table(columns, schema=table.arrow)


class _Calls:
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

    def write(self, folder):
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


def _write_found(folder, calls, coders, reasoners):
    own = {}
    for row in calls.rows:
        own[row["account_id"]] = own.get(row["account_id"], 0) + 1
    members, harvested, campaigns = [], [], []
    for name, rows in calls.harvested.items():
        taken: dict[str, int] = {}
        for row in rows:
            taken[row["account_id"]] = taken.get(row["account_id"], 0) + 1
            harvested.append({"exchange_id": row["exchange_id"], "campaign_id": name, "bits": 12.5})
        for place, (account, count) in enumerate(taken.items()):
            share = count / own[account]
            role = "harvester" if share > 0.5 else "mixed"
            members.append(
                {
                    "campaign_id": name,
                    "account_id": account,
                    "role": role,
                    "bits": 9 + place % 7,
                    "harvest_share": share,
                }
            )
        campaigns.append(_campaign(name, rows, len(taken)))
    operators = [{"operator_id": "OP-copper", "account_id": a, "bits": 11.0} for a in coders]
    operators += [{"operator_id": "OP-slate", "account_id": a, "bits": 8.5} for a in reasoners[:12]]
    operators += [{"operator_id": "OP-copper", "account_id": a, "bits": 6.5} for a in reasoners[12:16]]
    for table, rows in (
        (MEMBERS, members),
        (HARVESTED, harvested),
        (CAMPAIGNS, campaigns),
        (OPERATORS, operators),
        (CROSS, _crossed(calls, {row["account_id"]: row["operator_id"] for row in operators})),
        (ATTRIBUTION, SUSPECTS),
    ):
        write_table(folder, table, fill(table, rows))


def _crossed(calls, operator_of):
    """Count as the pipeline does; here no account has two operators."""
    campaign_of = {row["exchange_id"]: name for name, rows in calls.harvested.items() for row in rows}
    cells: dict[tuple, list[str]] = {}
    for row in calls.rows:
        cell = (operator_of.get(row["account_id"]), campaign_of.get(row["exchange_id"]))
        if any(cell):
            cells.setdefault(cell, []).append(row["account_id"])
    sent: dict[str | None, int] = {}
    for (operator, _), accounts in cells.items():
        sent[operator] = sent.get(operator, 0) + len(accounts)
    return [
        {
            "operator_id": operator,
            "campaign_id": campaign,
            "accounts": len(set(accounts)),
            "overlapping": 0,
            "exchanges": len(accounts),
            "operator_share": len(accounts) / sent[operator] if operator else None,
        }
        for (operator, campaign), accounts in cells.items()
    ]


def _campaign(name, rows, accounts):
    coding = name == "CMP-7d41b0"
    days: dict[int, int] = {}
    for row in rows:
        days[row["ts"] // DAY] = days.get(row["ts"] // DAY, 0) + 1
    return {
        "campaign_id": name,
        "kind": "distillation by template" if coding else "relay",
        "bits": 28.1 if coding else 22.6,
        "confidence": 0.9999 if coding else 0.997,
        "operators": ["OP-copper"] if coding else ["OP-slate", "OP-copper"],
        "accounts": accounts,
        "exchanges": len(rows),
        "first_ts": min(r["ts"] for r in rows),
        "last_ts": max(r["ts"] for r in rows),
        "peak_per_day": max(days.values()),
        "capabilities": [c for c, _ in (CODING if coding else REASONING)],
        "beneficiary": "Lab | Ash" if coding else None,
        "beneficiary_confidence": 0.93 if coding else None,
        "models": sorted({r["model"] for r in rows}),
        "summary": (
            "Accounts under different names send one template day and night, with ever new coding tasks."
            if coding
            else "A relay spreads requests for written-out reasoning over accounts that carry other work too."
        ),
    }


def _events(calls):
    """Half of a life: one campaign moves at the release, of the other nothing is known but that it began."""
    begun = {name: min(row["ts"] for row in rows) for name, rows in calls.harvested.items()}
    events = [
        {"campaign_id": name, "kind": "begin", "ts": ts, "words": "Began with 17 accounts on its first day."}
        for name, ts in begun.items()
    ]
    words = "99 % of its requests moved to atlas-5 at its release; 0 % of the run's other requests did."
    return [*events, {"campaign_id": "CMP-7d41b0", "kind": "pivot", "ts": RELEASE, "words": words}]


def _write_groups(folder, coders, reasoners, calls):
    groups, evidence = _innocent_groups(), []
    found = (
        ("G-001", "CMP-7d41b0", "coding", coders, 28.1, "One template with new tasks, day and night."),
        (
            "G-002",
            "CMP-e2905c",
            "reasoning",
            reasoners,
            22.6,
            "Reasoning written out, passed on at each limit.",
        ),
    )
    for group, name, kind, accounts, bits, why in found:
        groups.append(
            {
                "group_id": group,
                "layer": "content",
                "accounts": accounts,
                "entities": accounts,
                "exchanges": len(calls.harvested[name]),
                "keys": 9,
                "coordination_bits": 44.0,
                "bits": bits,
                "called": True,
                "why": why,
                "campaign_id": name,
            }
        )
        for family, test, statistic, reference, test_bits, reason, would_change in EVIDENCE_OF[kind]:
            evidence.append(
                {
                    "group_id": group,
                    "campaign_id": name,
                    "family": family,
                    "test": test,
                    "statistic": statistic,
                    "reference": reference,
                    "bits": test_bits,
                    "reason": reason,
                    "exemplars": [r["exchange_id"] for r in calls.harvested[name][:3]],
                    "would_change": would_change,
                }
            )
    write_table(folder, GROUPS, fill(GROUPS, groups))
    write_table(folder, EVIDENCE, fill(EVIDENCE, evidence))


def _innocent_groups():
    names = ("layer", "accounts", "entities", "exchanges", "coordination_bits", "bits", "why")
    return [
        {"group_id": f"G-{101 + i}", "keys": 3, "called": False} | dict(zip(names, row, strict=True))
        for i, row in enumerate(INNOCENT)
    ]


def info(calls):
    """Return `run.json` as the pipeline writes it."""
    first, last = min(r["ts"] for r in calls.rows), max(r["ts"] for r in calls.rows)
    return {
        "stillhunt": "0.1.0",
        "created": "2026-06-15T08:30:00Z",
        "settings": {"format": "auto", "level": 0.01, "max_rejected": 0.05},
        "versions": {"python": "3.11.7", "duckdb": "2.0.0", "pyarrow": "26.0.1"},
        "inputs": [
            {
                "path": f"logs/day-{d:02d}.jsonl.zst",
                "sha256": hashlib.sha256(bytes([d])).hexdigest(),
                "bytes": 181_000 + 977 * d,
                "format": "native",
            }
            for d in range(1, DAYS + 1)
        ],
        "counts": {
            "accepted": len(calls.rows),
            "rejected": 12,
            "duplicates": 4,
            "accounts": len({r["account_id"] for r in calls.rows}),
            "exchanges": len(calls.rows),
        },
        "timings": {"ingest": 3.1, "signals": 1.4, "groups": 2.2, "evidence": 4.6, "campaigns": 0.3},
        "window": {"first_ts": first, "last_ts": last},
        "control": {"method": "e-BH", "level": 0.01, "reference": "shipped default, 4,000 benign groups"},
        "releases": [{"model": "atlas-5", "released_at": RELEASE}],
    }
