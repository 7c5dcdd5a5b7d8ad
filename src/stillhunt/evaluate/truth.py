"""The truth beside labelled traffic, and the tables in which it is held against a run.

`open_comparison` gives an engine with these tables (what the run never read is in none of them):

    accounts  account_id, requests, kind, operator, org, guilty (harvesting requests), flagged (is a member)
    guilty    exchange_id, ts, account_id, campaign: the harvesting requests
    held      exchange_id, account_id, campaign_id: the requests that the run holds to be harvesting
    member    campaign_id, account_id
    found_op  operator_id, account_id: one found operator for each account, the one with most bits
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq

from stillhunt.engine.base import Engine
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.errors import UsageError
from stillhunt.runs import Run
from stillhunt.schema import FEATURES, HARVESTED, MEMBERS, OPERATORS, PROFILE, STRING

ACCOUNTS_FILE = "accounts.jsonl"
EXCHANGES_FILE = "exchanges.parquet"
UNNAMED = "unnamed"
"""Kind of an account that the truth does not name."""

_ACCOUNTS = pa.schema([pa.field(name, STRING) for name in ("account_id", "kind", "operator", "org")])
_EXCHANGES = ("exchange_id", "campaign")


@contextmanager
def open_comparison(run: Run, truth: Path) -> Iterator[Engine]:
    """Yield an engine in which `run` and `truth` stand side by side.

    Args:
        run: A finished run.
        truth: A folder with `accounts.jsonl` and `exchanges.parquet`.

    Raises:
        UsageError: If the truth is not there or lacks columns, or the run has no features.
    """
    accounts = _read_accounts(truth / ACCOUNTS_FILE)
    exchanges = _exchanges_file(truth / EXCHANGES_FILE)
    with DuckDBEngine() as engine:
        engine.register("truth_accounts", accounts)
        engine.load("truth_exchanges", [exchanges])
        _load_run(engine, run)
        _require_unique(engine, "truth_accounts", "account_id", truth / ACCOUNTS_FILE)
        _require_unique(engine, "truth_exchanges", "exchange_id", truth / EXCHANGES_FILE)
        _join(engine)
        yield engine


def one_row(engine: Engine, sql: str) -> dict[str, int]:
    """Return the single row of whole numbers that `sql` gives; null counts as zero."""
    return {name: int(value or 0) for name, value in engine.fetch(sql).to_pylist()[0].items()}


def _load_run(engine: Engine, run: Run) -> None:
    files: Sequence[Path] = run.features
    if files:
        engine.load("calls", files)
    else:
        engine.register("calls", FEATURES.empty())
    for table in (HARVESTED, MEMBERS, OPERATORS, PROFILE):
        engine.load(f"run_{table.name}", [run.path / f"{table.name}.parquet"])


def _join(engine: Engine) -> None:
    engine.create(
        "marked",
        # One pass over the features: only requests that somebody accuses are kept. A line delivered twice
        # stands twice in the files; the copy that the run counted is the one kept.
        """SELECT exchange_id, ts, account_id FROM (
             SELECT exchange_id, ts, account_id,
                    row_number() OVER (PARTITION BY exchange_id ORDER BY ts, account_id) AS place
             FROM calls WHERE exchange_id IN (SELECT exchange_id FROM truth_exchanges
                                              UNION ALL SELECT exchange_id FROM run_exchanges)) copies
           WHERE place = 1""",
    )
    engine.create(
        "guilty",
        """SELECT m.exchange_id, m.ts, m.account_id, t.campaign
           FROM marked m JOIN truth_exchanges t USING (exchange_id)""",
    )
    engine.create(
        "held",
        """SELECT DISTINCT m.exchange_id, m.account_id, h.campaign_id
           FROM marked m JOIN run_exchanges h USING (exchange_id)""",
    )
    engine.create("member", "SELECT DISTINCT campaign_id, account_id FROM run_members")
    engine.create(
        "found_op",
        """SELECT operator_id, account_id FROM (
             SELECT operator_id, account_id,
                    row_number() OVER (PARTITION BY account_id ORDER BY bits DESC, operator_id) AS place
             FROM run_operators) ranked
           WHERE place = 1""",
    )
    engine.create(
        "accounts",
        f"""SELECT p.account_id, p.exchanges AS requests, coalesce(t.kind, '{UNNAMED}') AS kind, t.operator,
                   coalesce(t.org, p.entity) AS org, coalesce(g.requests, 0) AS guilty,
                   m.account_id IS NOT NULL AS flagged
            FROM run_profile p
            LEFT JOIN truth_accounts t ON t.account_id = p.account_id
            LEFT JOIN (SELECT account_id, count(*) AS requests FROM guilty GROUP BY account_id) g
                   ON g.account_id = p.account_id
            LEFT JOIN (SELECT DISTINCT account_id FROM member) m ON m.account_id = p.account_id""",
    )


def _read_accounts(path: Path) -> pa.Table:
    if not path.is_file():
        raise UsageError(f"No truth at '{path}': give the folder that holds {ACCOUNTS_FILE} and {EXCHANGES_FILE}.")
    if path.stat().st_size == 0:
        return _ACCOUNTS.empty_table()
    try:
        # Types are given, not inferred: an id that looks like a number or a date stays the id that it is.
        rows = pj.read_json(
            path,
            parse_options=pj.ParseOptions(explicit_schema=_ACCOUNTS, unexpected_field_behavior="ignore"),
        )
    except pa.ArrowInvalid:
        raise UsageError(
            f"'{path}' is not JSON Lines with text in account_id, kind, operator and org: write it anew."
        ) from None
    if rows["account_id"].null_count or rows["kind"].null_count:
        raise UsageError(f"'{path}' has rows without account_id or kind: give both in every row.")
    return rows


def _exchanges_file(path: Path) -> Path:
    if not path.is_file():
        raise UsageError(f"No truth at '{path}': give the folder that holds {ACCOUNTS_FILE} and {EXCHANGES_FILE}.")
    try:
        schema = pq.read_schema(path)
    except pa.ArrowInvalid:
        raise UsageError(f"'{path}' is not a Parquet file: write exchange_id and campaign as Parquet.") from None
    missing = [name for name in _EXCHANGES if name not in schema.names]
    if missing:
        raise UsageError(f"'{path}' has no column {' and '.join(missing)}: it needs exchange_id and campaign.")
    text = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_dictionary)
    wrong = [name for name in _EXCHANGES if not any(is_kind(schema.field(name).type) for is_kind in text)]
    if wrong:
        raise UsageError(f"'{path}' holds no text in column {' and '.join(wrong)}: write ids and names as text.")
    return path


def _require_unique(engine: Engine, table: str, column: str, path: Path) -> None:
    counts = one_row(engine, f"SELECT count(*) AS n, count(DISTINCT {column}) AS names FROM {table}")
    if counts["n"] != counts["names"]:
        raise UsageError(f"'{path}' has a {column} that is null or named twice: name each one once.")
