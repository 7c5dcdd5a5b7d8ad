"""Reads a run into facts: everything is aggregated by SQL first, so that a large run makes a small report."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq

from stillhunt.engine.base import Engine
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.evidence.combine import family_bits
from stillhunt.ingest.accounts import NOWHERE
from stillhunt.report.facts import (
    Campaign,
    Crossing,
    Event,
    Facts,
    Family,
    Field,
    Innocent,
    Member,
    Share,
    Suspect,
    Test,
)
from stillhunt.report.words import plural
from stillhunt.runs import RESULTS, Run
from stillhunt.schema import FEATURES

CARDS = 50
"""Campaigns that get a card of their own; the tables of the run hold all."""
MEMBERS_SHOWN = 10
INNOCENT_SHOWN = 15
REASONS_SHOWN = 8
SUSPECTS_SHOWN = 3
REJECTED_TOO_MANY = 0.05
"""Share of rejected lines from which the result is doubtful."""

INNOCENCE = "innocence"
"""The family of facts that only ever lower the evidence."""

HOUR = 3_600_000_000
DAY = 24 * HOUR

SOURCES: Mapping[str, str] = {
    "address": "client address",
    "network": "network of the address",
    "tls": "TLS client (JA4)",
    "header_tuple": "SDK headers",
    "device": "device id",
    "api_key": "API key id",
    "conversation": "conversation id",
    "model": "model",
    "status": "HTTP status",
    "system_key": "system prompt",
    "prompt_key": "prompt text",
    "response_chars": "answer text",
    "tools_key": "tools offered",
    "reasoning_in": "thinking signatures sent",
    "reasoning_out": "thinking signatures issued",
}
"""Columns of FEATURES that signals live on, in words."""


def read_facts(run: Run) -> Facts:
    """Return what a report says of `run`."""
    with DuckDBEngine() as engine:
        for table in RESULTS:
            engine.load(table.name, [run.path / f"{table.name}.parquet"])
        if run.features:
            engine.load("features", run.features)
        else:
            engine.register("features", FEATURES.empty())
        engine.create("taken", _TAKEN)
        totals = {k: int(v or 0) for k, v in engine.fetch(_TOTALS).to_pylist()[0].items()}
        return Facts(
            title=run.path.resolve().name,
            verdict=_verdict(totals),
            promise=_promise(run.info, totals["campaigns"]),
            warning=_warning(run.info, totals, engine.fetch(_ACCOUNTS_FILE).to_pylist()[0]),
            campaigns=_campaigns(engine),
            totals=totals,
            crossings=tuple(Crossing(**row) for row in engine.fetch(_CROSSINGS).to_pylist()),
            innocent=tuple(Innocent(**row) for row in engine.fetch(_INNOCENT).to_pylist()),
            fields=_fields(run),
            rejected=tuple(Share(**row) for row in engine.fetch(_REASONS).to_pylist()),
            info=run.info,
        )


def _verdict(totals: Mapping[str, int]) -> str:
    read = f"{plural(totals['exchanges_read'], 'exchange')} of {plural(totals['accounts_read'], 'account')}"
    tested = plural(totals["groups"], "group")
    if not totals["campaigns"]:
        return f"No campaign found: {tested} in {read} were tested, and none showed harvesting."
    verb = "takes" if totals["campaigns"] == 1 else "take"
    run_by = f", run by {plural(totals['operators'], 'operator')}" if totals["operators"] else ""
    return (
        f"{plural(totals['campaigns'], 'campaign')} {verb} {plural(totals['exchanges'], 'exchange')} "
        f"through {plural(totals['accounts'], 'account')}{run_by}."
    )


def _promise(info: Mapping[str, Any], campaigns: int) -> str:
    control = info.get("control") or {}
    level = control.get("level")
    if level is None:
        return "The run does not say at which level false campaigns are controlled."
    kept = f"at most {100 * level:g} % {{}} expected to be false ({control.get('method', 'e-BH')})."
    said = (
        f"Of the groups called, {kept.format('are')}"
        if campaigns
        else f"Had any been called, {kept.format('would be')}"
    )
    reference = control.get("reference")
    return f"{said} The reference for innocent groups is: {reference}." if reference else said


def _warning(info: Mapping[str, Any], totals: Mapping[str, int], file: Mapping[str, Any]) -> str | None:
    """What is missing of the logs, and of the accounts file: without it, companies look like strangers."""
    said = []
    accepted = (info.get("counts") or {}).get("accepted", totals["exchanges_read"])
    of_logs = totals["rejected"] - file["beside"]
    lines = of_logs + int(accepted - (info.get("after") or {}).get("accepted", 0))
    if of_logs > REJECTED_TOO_MANY * lines:
        said.append(
            f"{of_logs:,} of {lines:,} lines could not be read, so what they held is missing here: "
            "see the reasons under What was read."
        )
    if file["rejected"] > REJECTED_TOO_MANY * (file["rejected"] + file["known"]):
        said.append(
            f"{plural(file['rejected'], 'line')} of the accounts file could not be read, so nothing is known of those "
            "accounts: see the reasons in rejected.parquet."
        )
    if file["misspelt"]:
        said.append(f"In the accounts file {file['misspelt']}")
    if file["known"] and not file["met"]:
        said.append(
            f"No account in the accounts file made a call ({file['known']:,} stand there): see that its ids are those "
            "of the logs."
        )
    conflicts = (info.get("counts") or {}).get("conflicts", 0)
    if conflicts:
        said.append(
            f"{plural(conflicts, 'id')} came with several different exchanges, of which one each was kept: give every "
            "exchange an id of its own."
        )
    return " ".join(said) or None


def _campaigns(engine: Engine) -> tuple[Campaign, ...]:
    rows = engine.fetch(_CAMPAIGNS).to_pylist()
    step = HOUR if rows and max(r["last_ts"] for r in rows) - min(r["first_ts"] for r in rows) < 3 * DAY else DAY
    capabilities, models = _by_campaign(engine, _share("capability")), _by_campaign(engine, _share("model"))
    activity = _by_campaign(engine, _activity(step))
    members, tests = _by_campaign(engine, _MEMBERS), _by_campaign(engine, _TESTS)
    suspects = _by_campaign(engine, _SUSPECTS)
    events = _by_campaign(engine, "SELECT campaign_id, kind, ts, words FROM events ORDER BY campaign_id, ts, kind")
    campaigns = []
    for row in rows:
        name = row["campaign_id"]
        campaigns.append(
            Campaign(
                **(row | {"operators": tuple(row["operators"] or ())}),
                capabilities=tuple(Share(**r) for r in capabilities.get(name, [])),
                models=tuple(Share(**r) for r in models.get(name, [])),
                suspects=tuple(_suspect(r) for r in suspects.get(name, [])),
                step=step,
                activity=tuple((r["t"], r["n"]) for r in activity.get(name, [])),
                families=_families(tests.get(name, [])),
                members=tuple(Member(**r) for r in members.get(name, [])),
                events=tuple(Event(**r) for r in events.get(name, [])),
            )
        )
    return tuple(campaigns)


def _by_campaign(engine: Engine, sql: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in engine.fetch(sql).to_pylist():
        found.setdefault(row.pop("campaign_id"), []).append(row)
    return found


def _suspect(row: dict[str, Any]) -> Suspect:
    return Suspect(**(row | {"reasons": tuple(row["reasons"]), "against": tuple(row["against"])}))


def _families(rows: Sequence[dict[str, Any]]) -> tuple[Family, ...]:
    """Put the tests of each family together, the family that says most first."""
    grouped: dict[str, list[Test]] = {}
    for row in rows:
        family = row.pop("family")
        grouped.setdefault(family, []).append(Test(**(row | {"exemplars": tuple(row["exemplars"] or ())})))
    families = [
        Family(
            name,
            _family_bits(name, {t.test: t.bits for t in tests}),
            tuple(sorted(tests, key=lambda t: (-t.bits, t.test))),
        )
        for name, tests in grouped.items()
    ]
    return tuple(sorted(families, key=lambda f: (-f.bits, f.name)))


def _family_bits(name: str, bits: Mapping[str, float]) -> float:
    """Bits of a family of tests; facts that speak for innocence add up."""
    return sum(bits.values()) if name == INNOCENCE else family_bits(bits)


def _fields(run: Run) -> tuple[Field, ...]:
    """Read from the files' own statistics how often each source was known."""
    known, rows = dict.fromkeys(SOURCES, 0), 0
    for file in run.features:
        meta = pq.read_metadata(file)
        rows += meta.num_rows
        for g in range(meta.num_row_groups):
            group = meta.row_group(g)
            for c in range(group.num_columns):
                chunk = group.column(c)
                name = chunk.path_in_schema.split(".")[0]
                if name in known and chunk.statistics is not None and chunk.statistics.null_count is not None:
                    # A list counts its items: more items than rows still means that the source is there.
                    known[name] += min(chunk.num_values - chunk.statistics.null_count, group.num_rows)
    return tuple(Field(words, known[name] / rows) for name, words in SOURCES.items()) if rows else ()


# One pass over the features: only the exchanges held are kept, with the few columns that are shown. A line
# delivered twice stands twice in the files.
_TAKEN = """
SELECT campaign_id, exchange_id, account_id, ts, capability, model FROM (
  SELECT h.campaign_id, f.exchange_id, f.account_id, f.ts, f.capability, f.model,
         row_number() OVER (PARTITION BY h.campaign_id, f.exchange_id ORDER BY f.ts, f.account_id) AS place
  FROM features f JOIN exchanges h ON h.exchange_id = f.exchange_id) copies
WHERE place = 1"""

_TOTALS = """
SELECT (SELECT count(*) FROM campaigns) AS campaigns,
       (SELECT count(DISTINCT account_id) FROM members) AS accounts,
       (SELECT count(DISTINCT exchange_id) FROM exchanges) AS exchanges,
       (SELECT count(DISTINCT operator)
        FROM (SELECT unnest(operators) AS operator FROM campaigns) named) AS operators,
       (SELECT count(*) FROM groups) AS groups,
       (SELECT count(*) FROM groups WHERE NOT called AND campaign_id IS NULL) AS innocent_groups,
       (SELECT count(*) FROM rejected) AS rejected,
       (SELECT count(*) FROM profile) AS accounts_read,
       (SELECT sum(exchanges) FROM profile) AS exchanges_read"""

# Rows of files beside the logs are rejected under their own names of formats.
_ACCOUNTS_FILE = f"""
SELECT (SELECT count(*) FROM rejected WHERE format IN ('accounts', 'releases')) AS beside,
       (SELECT count(*) FROM rejected WHERE format = 'accounts' AND reason NOT LIKE '% {NOWHERE}, %') AS rejected,
       (SELECT min(reason) FROM rejected WHERE format = 'accounts' AND reason LIKE '% {NOWHERE}, %') AS misspelt,
       (SELECT count(*) FROM account_keys) AS known,
       (SELECT count(*) FROM account_keys k JOIN profile p ON p.account_id = k.account_id) AS met"""

_SHOWN = f"(SELECT campaign_id FROM campaigns ORDER BY exchanges DESC, campaign_id LIMIT {CARDS})"

_CAMPAIGNS = f"""
SELECT c.campaign_id, c.kind, c.bits, c.confidence, c.summary, c.operators, c.accounts,
       coalesce(m.mixed, 0) AS mixed, c.exchanges, c.first_ts, c.last_ts, c.peak_per_day, c.beneficiary,
       c.beneficiary_confidence,
       coalesce(g.groups, 0) AS groups
FROM campaigns c
LEFT JOIN (SELECT campaign_id, count(*) AS mixed FROM members WHERE role = 'mixed' GROUP BY campaign_id) m
       ON m.campaign_id = c.campaign_id
LEFT JOIN (SELECT campaign_id, count(*) AS groups FROM groups WHERE called GROUP BY campaign_id) g
       ON g.campaign_id = c.campaign_id
WHERE c.campaign_id IN {_SHOWN}
ORDER BY c.exchanges DESC, c.campaign_id"""

_MEMBERS = f"""
SELECT campaign_id, account_id, role, bits, harvest_share, exchanges FROM (
  SELECT m.campaign_id, m.account_id, m.role, m.bits, m.harvest_share, coalesce(t.n, 0) AS exchanges,
         row_number() OVER (PARTITION BY m.campaign_id
                            ORDER BY coalesce(t.n, 0) DESC, m.bits DESC, m.account_id) AS place
  FROM members m
  LEFT JOIN (SELECT campaign_id, account_id, count(*) AS n FROM taken GROUP BY campaign_id, account_id) t
         ON t.campaign_id = m.campaign_id AND t.account_id = m.account_id
  WHERE m.campaign_id IN {_SHOWN}) ranked
WHERE place <= {MEMBERS_SHOWN} ORDER BY campaign_id, place"""

# A campaign may be put together from several groups; the one with most bits speaks for it. Groups of its
# operators name it as well, but were not called for what it takes.
_TESTS = f"""
SELECT campaign_id, family, test, statistic, reference, bits, reason, exemplars, would_change FROM (
  SELECT e.*, dense_rank() OVER (PARTITION BY e.campaign_id
                                 ORDER BY abs(g.bits - c.bits), e.group_id) AS place
  FROM evidence e JOIN groups g ON g.group_id = e.group_id JOIN campaigns c ON c.campaign_id = e.campaign_id
  WHERE e.campaign_id IN {_SHOWN}) ranked
WHERE place = 1 ORDER BY campaign_id, family, test"""

_SUSPECTS = f"""
SELECT campaign_id, actor, confidence, bits, named, reasons, against, would_change FROM attribution
WHERE campaign_id IN {_SHOWN} AND rank <= {SUSPECTS_SHOWN} ORDER BY campaign_id, rank"""

_CROSSINGS = f"""
SELECT campaign_id, operator_id AS operator, accounts, exchanges, operator_share FROM crosstable
WHERE campaign_id IN {_SHOWN}
   OR campaign_id IS NULL AND operator_id IN (SELECT operator_id FROM crosstable WHERE campaign_id IN {_SHOWN})
ORDER BY campaign_id, operator_id"""

_INNOCENT = f"""
SELECT group_id, layer, accounts, entities, exchanges, coordination_bits, bits, why FROM groups
WHERE NOT called AND campaign_id IS NULL
ORDER BY accounts DESC, exchanges DESC, group_id LIMIT {INNOCENT_SHOWN}"""

_REASONS = f"""
SELECT reason AS name, count(*) AS exchanges FROM rejected GROUP BY reason
ORDER BY count(*) DESC, reason LIMIT {REASONS_SHOWN}"""


def _share(column: str) -> str:
    return f"""
SELECT campaign_id, coalesce({column}, 'unknown') AS name, count(*) AS exchanges FROM taken
WHERE campaign_id IN {_SHOWN} GROUP BY campaign_id, {column} ORDER BY campaign_id, count(*) DESC, name"""


def _activity(step: int) -> str:
    return f"""
SELECT campaign_id, ts - ts % {step} AS t, count(*) AS n FROM taken
WHERE campaign_id IN {_SHOWN} GROUP BY campaign_id, ts - ts % {step} ORDER BY campaign_id, t"""
