"""The measures: set work in SQL, then a few rows put together in Python."""

from pathlib import Path

from stillhunt.engine.base import Engine
from stillhunt.evaluate.intervals import Proportion
from stillhunt.evaluate.matching import campaign_results, false_campaigns, operator_results
from stillhunt.evaluate.result import Alarms, Evaluation, KindAlarms, Quality
from stillhunt.evaluate.truth import one_row, open_comparison
from stillhunt.runs import Run


def evaluate(run: Run, truth: str | Path) -> Evaluation:
    """Hold a run against the truth.

    An account is guilty if it made any harvesting request, and called if it is a member of a called campaign.
    A request is called if a called campaign holds it. Everything that the truth does not name is innocent.

    Args:
        run: A finished run with its features.
        truth: A folder with `accounts.jsonl` (`account_id kind`, optionally `operator org`) and
            `exchanges.parquet` (`exchange_id campaign`, the harvesting requests only).

    Returns:
        Precision, recall, false alarms and operators, each share with a 95 % interval.

    Raises:
        UsageError: If the truth is not there or lacks columns.
    """
    with open_comparison(run, Path(truth)) as engine:
        by_campaign = campaign_results(engine)
        alarms = _alarms(engine)
        false = false_campaigns(engine)
        called = one_row(engine, "SELECT count(DISTINCT campaign_id) AS n FROM member")["n"]
        return Evaluation(
            run=str(run.path),
            accounts=_accounts(engine),
            requests=_requests(engine),
            campaigns=Quality(
                precision=Proportion(called - len(false), called),
                recall=Proportion(sum(c.found for c in by_campaign), len(by_campaign)),
            ),
            by_campaign=by_campaign,
            false_campaigns=false,
            false_alarms=alarms[None],
            by_kind=tuple(KindAlarms(kind, a) for kind, a in alarms.items() if kind is not None),
            operators=operator_results(engine),
            not_read=_not_read(engine),
        )


def _accounts(engine: Engine) -> Quality:
    n = one_row(
        engine,
        """SELECT count(*) FILTER (WHERE guilty > 0) AS guilty, count(*) FILTER (WHERE flagged) AS flagged,
                  count(*) FILTER (WHERE guilty > 0 AND flagged) AS both FROM accounts""",
    )
    return Quality(Proportion(n["both"], n["flagged"]), Proportion(n["both"], n["guilty"]))


def _requests(engine: Engine) -> Quality:
    n = one_row(
        engine,
        """SELECT (SELECT count(*) FROM guilty) AS guilty,
                  (SELECT count(DISTINCT exchange_id) FROM held) AS held,
                  (SELECT count(DISTINCT exchange_id) FROM held JOIN guilty USING (exchange_id)) AS both""",
    )
    return Quality(Proportion(n["both"], n["held"]), Proportion(n["both"], n["guilty"]))


def _alarms(engine: Engine) -> dict[str | None, Alarms]:
    """Alarms by kind of innocent account; None is all, the own requests of guilty accounts included."""
    engine.create(
        "innocent_held",
        """SELECT account_id, count(DISTINCT exchange_id) AS held FROM held
           WHERE exchange_id NOT IN (SELECT exchange_id FROM guilty) GROUP BY account_id""",
    )
    engine.create(
        "judged",
        """SELECT a.*, a.requests - a.guilty AS innocent, coalesce(h.held, 0) AS held,
                  max(a.guilty) OVER (PARTITION BY a.org) > 0 AS org_guilty
           FROM accounts a LEFT JOIN innocent_held h ON h.account_id = a.account_id""",
    )
    kinds = engine.fetch(
        f"""{_COUNT_ALARMS.format(kind="kind")} FROM judged WHERE guilty = 0 GROUP BY kind ORDER BY kind"""
    ).to_pylist()
    everyone = engine.fetch(f"{_COUNT_ALARMS.format(kind='NULL')} FROM judged").to_pylist()
    return {
        row["kind"]: Alarms(
            accounts=Proportion(row["flagged"], row["accounts"]),
            organisations=Proportion(row["orgs_flagged"], row["orgs"]),
            requests=Proportion(int(row["held"] or 0), int(row["innocent"] or 0)),
        )
        for row in [*everyone, *kinds]
    }


_COUNT_ALARMS = """SELECT {kind} AS kind, count(*) FILTER (WHERE guilty = 0) AS accounts,
  count(*) FILTER (WHERE guilty = 0 AND flagged) AS flagged,
  count(DISTINCT CASE WHEN NOT org_guilty THEN org END) AS orgs,
  count(DISTINCT CASE WHEN NOT org_guilty AND flagged THEN org END) AS orgs_flagged,
  sum(innocent) AS innocent, sum(held) AS held"""


def _not_read(engine: Engine) -> int:
    n = one_row(
        engine,
        "SELECT (SELECT count(*) FROM truth_exchanges) AS named, (SELECT count(*) FROM guilty) AS was_read",
    )
    return n["named"] - n["was_read"]
