"""A finished run made up by hand: two campaigns of two operators among people, and groups found innocent.

Every number comes from a seeded `random.Random`, whose stream is the same on every Python.
"""

import hashlib
import random
from pathlib import Path

from sample_calls import CODING, DAY, DAYS, REASONING, RELEASE, Calls, fill
from sample_findings import EVIDENCE_OF, INNOCENT, SUSPECTS

from stillhunt.runs import Run, finish, write_table
from stillhunt.schema import CAMPAIGNS, EVIDENCE, GROUPS, HARVESTED, MEMBERS, OPERATORS, REJECTED
from stillhunt.schema_actors import ATTRIBUTION, CROSS
from stillhunt.schema_time import EVENTS, FORMER, LINEAGE


def build(folder: Path, *, people: int = 160, scale: int = 1) -> Run:
    """Write the run into `folder`; `scale` multiplies the accounts of the campaigns."""
    folder.mkdir(parents=True, exist_ok=True)
    calls = Calls(random.Random(20260601))  # noqa: S311  made-up data
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
    calls = Calls(random.Random(1))  # noqa: S311  made-up data
    calls.people([f"user-{i}" for i in range(40)], [])
    calls.write(folder)
    for table in (
        ATTRIBUTION, CAMPAIGNS, CROSS, EVENTS, EVIDENCE, FORMER, HARVESTED, LINEAGE, MEMBERS, OPERATORS, REJECTED,
    ):  # fmt: skip
        write_table(folder, table, table.empty())
    write_table(folder, GROUPS, fill(GROUPS, _innocent_groups()))
    return finish(folder, {"control": {"method": "e-BH", "level": 0.01}})


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
