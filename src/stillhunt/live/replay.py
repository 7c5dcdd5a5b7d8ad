"""What a policy would have done to the traffic of a run: requests touched, and how many of them were innocent.

The requests of a run's feature files go through the scorer in order of time, against the watch list of that run.
Innocent is what the run itself does not hold to be harvesting: of a request held with probability p, the part 1 - p.
With the truth it is counted exactly.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
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
        innocent: How many of the requests are innocent, by the run's own probabilities.
        truly_innocent: The same by the truth, if that is known.
    """

    requests: int = 0
    accounts: set[str] = field(default_factory=set)
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
    """

    policy: str
    run: str
    requests: int
    budget: float
    actions: dict[Action, Touched]
    exact: bool

    @property
    def innocent(self) -> float:
        """Innocent requests touched by steps above `watch`: by the truth if it is known."""
        met = [t for action, t in self.actions.items() if action > Action.watch]
        return float(sum(t.truly_innocent if self.exact else t.innocent for t in met))

    @property
    def per_million(self) -> float:
        """The same per million requests."""
        return self.innocent / max(self.requests, 1) * MILLION

    @property
    def at_most_per_million(self) -> float:
        """The upper end of its 95 % interval: how much so little traffic leaves open."""
        return float(at_most(np.array(round(self.innocent)))) / max(self.requests, 1) * MILLION

    @property
    def within_budget(self) -> bool:
        """Whether the policy may be enabled."""
        return self.per_million <= self.budget

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "policy": self.policy,
            "run": self.run,
            "requests": self.requests,
            "harm_budget_per_million": self.budget,
            "innocent_per_million": self.per_million,
            "innocent_per_million_at_most": self.at_most_per_million,
            "exact": self.exact,
            "within_budget": self.within_budget,
            "actions": {
                action.name: {
                    "requests": touched.requests,
                    "accounts": len(touched.accounts),
                    "innocent": touched.truly_innocent if self.exact else touched.innocent,
                }
                for action, touched in sorted(self.actions.items(), reverse=True)
            },
        }


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
        policy: The policy; its harm budget does not stop it here.
        secret: The provider's secret.
        truth: Folder with `exchanges.parquet`, of the requests that truly harvest.
        progress: Called with the share done.

    Raises:
        UsageError: A file of the run or the truth is gone or damaged, or the run was made with another secret.
    """
    harvests = _truth(truth) if truth is not None else None
    endless = replace(policy, harm_budget=float(MILLION))
    scorer = Scorer(compile_watchlist(run, secret), policy=endless, secret=secret)
    total = sum(pq.read_metadata(file).num_rows for file in run.features)
    actions: dict[Action, Touched] = {rule.action: Touched() for rule in policy.rules}
    done: Counter[str] = Counter()
    for row in traffic(run):
        verdict = scorer.decide(row, row["account_id"], row["ts"])
        done["requests"] += 1
        if verdict.action:
            touched = actions[verdict.action]
            touched.requests += 1
            touched.accounts.add(row["account_id"])
            touched.innocent += 1.0 - row["posterior"]
            touched.truly_innocent += harvests is not None and row["exchange_id"] not in harvests
        if progress is not None and done["requests"] % BATCH == 0:
            progress(done["requests"] / max(total, 1))
    return Replay(policy.title, str(run.path), done["requests"], policy.harm_budget, actions, harvests is not None)


def traffic(run: Run) -> Iterator[dict[str, Any]]:
    """Yield the requests of a run in order of time, with what is known of their accounts and the run's `posterior`."""
    with DuckDBEngine() as engine:
        once_each(engine, run.features)
        for table in (HARVESTED, ACCOUNT_KEYS):
            engine.load(f"run_{table.name}", [run.path / f"{table.name}.parquet"])
        rows = engine.fetch(
            f"""SELECT f.exchange_id, f.account_id, f.ts, {", ".join(f"f.{c}" for c in _COLUMNS)},
                       {", ".join(f"k.{c}" for c in OF_ACCOUNT)}, coalesce(h.posterior, 0.0) AS posterior
                FROM features f LEFT JOIN run_{HARVESTED.name} h ON h.exchange_id = f.exchange_id
                LEFT JOIN run_{ACCOUNT_KEYS.name} k ON k.account_id = f.account_id ORDER BY f.ts, f.exchange_id"""
        )
    for batch in rows.to_batches(BATCH):
        yield from pa.Table.from_batches([batch]).to_pylist()


def _truth(folder: str | Path) -> set[str]:
    path = Path(folder) / "exchanges.parquet"
    if not path.exists():
        raise UsageError(f"No truth at '{path}': give the folder that holds exchanges.parquet.")
    try:
        return set(pq.read_table(path, columns=["exchange_id"])["exchange_id"].to_pylist())
    except (pa.ArrowException, OSError):
        raise UsageError(f"The truth '{path}' is no Parquet file with a column exchange_id: give another.") from None
