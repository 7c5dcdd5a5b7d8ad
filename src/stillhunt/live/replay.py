"""What a policy would have done to the traffic of a run, and how many innocents the harm budget would have counted.

The requests of a run's feature files go through the scorer in order of time, against the watch list of that run, and
are counted as they are live (budget.py): what permits a policy is what it is held to. Beside it stands how many of the
requests are innocent by the run itself, which is the part 1 - p of a request held with probability p, or by the truth.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.errors import UsageError
from stillhunt.live.compile import compile_watchlist
from stillhunt.live.outcomes import at_most
from stillhunt.live.policy import MILLION, Policy
from stillhunt.live.scorer import Scorer
from stillhunt.live.verdict import Action
from stillhunt.live.watchkeys import COLUMNS as FACTS
from stillhunt.runs import Run
from stillhunt.schema import ACCOUNT_KEYS, HARVESTED
from stillhunt.separation.traits import COLUMNS as TRAITS
from stillhunt.traffic import once_each

BATCH: Final = 50_000
OF_ACCOUNT: Final = ("payment", "mail_domain", "mail_pattern")
_COLUMNS: Final = tuple(dict.fromkeys(c for c in (*FACTS, *TRAITS) if c not in OF_ACCOUNT))


@dataclass
class Touched:
    """What one action of a policy would have met.

    Attributes:
        requests: Requests that it would have been taken at.
        accounts: Accounts of those.
        counted: Innocents that the harm budget would have counted.
        innocent: How many of the requests are innocent, by the run's own probabilities.
        truly_innocent: The same by the truth, if that is known.
    """

    requests: int = 0
    accounts: set[str] = field(default_factory=set)
    counted: float = 0.0
    innocent: float = 0.0
    truly_innocent: int = 0


@dataclass(frozen=True)
class Replay:
    """What a policy would have done.

    Attributes:
        policy: Name and version of the policy.
        run: The run's folder.
        requests: All requests of the run.
        budget: The policy's harm budget, per million.
        actions: By action, what it would have met.
        exact: Whether the truth was known.
        spent_after: Requests after which the harm budget would have been spent; None if it would not have been.
    """

    policy: str
    run: str
    requests: int
    budget: float
    actions: dict[Action, Touched]
    exact: bool
    spent_after: int | None = None

    @property
    def per_million(self) -> float:
        """Innocents that the harm budget would have counted, per million requests."""
        return self._per_million(sum(t.counted for t in self._touched))

    @property
    def innocent(self) -> float:
        """Innocent requests touched by steps above `watch`: by the run, or by the truth if it is known."""
        return float(sum(t.truly_innocent if self.exact else t.innocent for t in self._touched))

    @property
    def at_most(self) -> float:
        """The upper end of their 95 % interval, per million requests: how much so little traffic leaves open."""
        return self._per_million(float(at_most(np.array(round(self.innocent)))))

    @property
    def within_budget(self) -> bool:
        """Whether the policy may be enabled: live, the same traffic would not have spent its budget at any time."""
        return self.spent_after is None and self.per_million <= self.budget

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "policy": self.policy,
            "run": self.run,
            "requests": self.requests,
            "harm_budget_per_million": self.budget,
            "innocents_counted_per_million": self.per_million,
            "spent_after": self.spent_after,
            "within_budget": self.within_budget,
            "exact": self.exact,
            "innocent_requests_per_million": self._per_million(self.innocent),
            "innocent_requests_per_million_at_most": self.at_most,
            "actions": {
                action.name: {
                    "requests": touched.requests,
                    "accounts": len(touched.accounts),
                    "innocents_counted": touched.counted,
                    "innocent_requests": touched.truly_innocent if self.exact else touched.innocent,
                }
                for action, touched in sorted(self.actions.items(), reverse=True)
            },
        }

    @property
    def _touched(self) -> list[Touched]:
        return [touched for action, touched in self.actions.items() if action > Action.watch]

    def _per_million(self, count: float) -> float:
        return count / max(self.requests, 1) * MILLION


def replay(
    run: Run,
    policy: Policy,
    secret: bytes,
    *,
    truth: str | Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> Replay:
    """Send the traffic of a run through a policy.

    Args:
        run: A finished run.
        policy: The policy, as if it were enabled; its harm budget does not stop it here.
        secret: The provider's secret.
        truth: Folder with `exchanges.parquet`, of the requests that truly harvest.
        progress: Called with the share done.

    Raises:
        UsageError: A file of the run or the truth is gone or damaged, or the run was made with another secret.
    """
    harvests = _truth(truth) if truth is not None else None
    endless = replace(policy, harm_budget=float(MILLION), simulated=False, permitted=True)
    scorer = Scorer(compile_watchlist(run, secret), policy=endless, secret=secret)
    budget, spent_after = scorer.budget, None
    total = sum(pq.read_metadata(file).num_rows for file in run.features)
    actions: dict[Action, Touched] = {rule.action: Touched() for rule in policy.rules}
    for row in traffic(run):
        before = budget.innocent
        verdict = scorer.decide(row, row["account_id"], row["ts"])
        if spent_after is None and budget.beyond(policy.harm_budget):
            spent_after = budget.requests
        if verdict.action:
            touched = actions[verdict.action]
            touched.requests += 1
            touched.accounts.add(row["account_id"])
            touched.counted += budget.innocent - before
            touched.innocent += 1.0 - row["posterior"]
            touched.truly_innocent += harvests is not None and row["exchange_id"] not in harvests
        if progress is not None and budget.requests % BATCH == 0:
            progress(budget.requests / max(total, 1))
    return Replay(
        policy=policy.title,
        run=str(run.path),
        requests=budget.requests,
        budget=policy.harm_budget,
        actions=actions,
        exact=harvests is not None,
        spent_after=spent_after,
    )


def traffic(run: Run) -> Iterator[dict[str, Any]]:
    """Yield the requests of a run in order of time, with what is known of their accounts and the run's `posterior`.

    They are sorted on disk and held a batch at a time, since a run may have more of them than fit into memory.
    """
    with TemporaryDirectory(prefix="stillhunt-") as folder:
        sorted_rows = Path(folder) / "traffic.parquet"
        with DuckDBEngine() as engine:
            once_each(engine, run.features)
            for table in (HARVESTED, ACCOUNT_KEYS):
                engine.load(f"run_{table.name}", [run.path / f"{table.name}.parquet"])
            engine.write(
                f"""SELECT f.exchange_id, f.account_id, f.ts, {", ".join(f"f.{c}" for c in _COLUMNS)},
                           {", ".join(f"k.{c}" for c in OF_ACCOUNT)}, coalesce(k.org_id, f.org_id) AS org_id,
                           coalesce(h.posterior, 0.0) AS posterior
                    FROM features f LEFT JOIN run_{HARVESTED.name} h ON h.exchange_id = f.exchange_id
                    LEFT JOIN run_{ACCOUNT_KEYS.name} k ON k.account_id = f.account_id ORDER BY f.ts, f.exchange_id""",
                sorted_rows,
            )
        with pq.ParquetFile(sorted_rows) as rows:
            for group in range(rows.num_row_groups):
                for batch in rows.iter_batches(BATCH, row_groups=[group]):
                    yield from batch.to_pylist()


def _truth(folder: str | Path) -> set[str]:
    path = Path(folder) / "exchanges.parquet"
    if not path.exists():
        raise UsageError(f"No truth at '{path}': give the folder that holds exchanges.parquet.")
    try:
        return set(pq.read_table(path, columns=["exchange_id"])["exchange_id"].to_pylist())
    except (pa.ArrowException, OSError):
        raise UsageError(f"The truth '{path}' is no Parquet file with a column exchange_id: give another.") from None
