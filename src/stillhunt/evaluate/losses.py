"""What a campaign took before it was detected, seen over runs that grow day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stillhunt.engine.base import Engine
from stillhunt.errors import UsageError
from stillhunt.evaluate.intervals import Proportion
from stillhunt.evaluate.matching import campaign_results
from stillhunt.evaluate.truth import one_row, open_comparison
from stillhunt.runs import Run

HOUR = 3_600_000_000


@dataclass(frozen=True)
class Loss:
    """What one true campaign took before the end of the first run that finds it."""

    campaign: str
    detected_by: str | None
    """Path of that run; None when no run found it."""
    began_ts: int | None
    """Its first request that any of the runs read, in microseconds UTC; None when none did."""
    detected_ts: int | None
    """Last request that the run that found it read, in microseconds UTC."""
    lost: Proportion
    """Its requests up to then, of all that the truth names; if no run found it, those up to the end of the longest."""

    @property
    def hours(self) -> float | None:
        """Hours from its first request to detection."""
        if self.detected_ts is None or self.began_ts is None:
            return None
        return (self.detected_ts - self.began_ts) / HOUR


def lost_before_detection(runs: Sequence[Run], truth: str | Path) -> tuple[Loss, ...]:
    """Return the loss of each true campaign over successive runs, in order of name.

    Args:
        runs: Runs over the same logs, each up to a later moment; in any order.
        truth: The truth folder, as for `evaluate`.

    Raises:
        UsageError: If no run is given, or the truth is not there or lacks columns.
    """
    if not runs:
        raise UsageError("No run to look at for losses: give at least one finished run.")
    taken: dict[str, dict[int, int]] = {}
    began: dict[str, int] = {}
    detected: dict[str, tuple[int, str]] = {}
    totals: dict[str, int] = {}
    for run in runs:
        with open_comparison(run, Path(truth)) as engine:
            end = one_row(engine, "SELECT max(last_ts) AS ts FROM run_profile")["ts"]
            totals = _by_campaign(engine, "SELECT campaign, count(*) AS n FROM truth_exchanges GROUP BY campaign")
            began |= _by_campaign(engine, "SELECT campaign, min(ts) AS n FROM guilty GROUP BY campaign")
            for result in campaign_results(engine):
                taken.setdefault(result.campaign, {})[end] = result.requests
                if result.found:
                    first = min(detected.get(result.campaign, (end, str(run.path))), (end, str(run.path)))
                    detected[result.campaign] = first
    return tuple(
        _loss(name, taken.get(name, {0: 0}), began.get(name), detected.get(name), totals[name])
        for name in sorted(totals)
    )


def _loss(
    campaign: str, taken: dict[int, int], began: int | None, detected: tuple[int, str] | None, total: int
) -> Loss:
    if detected is None:
        return Loss(campaign, None, began, None, Proportion(max(taken.values()), total))
    end, path = detected
    return Loss(campaign, path, began, end, Proportion(taken[end], total))


def _by_campaign(engine: Engine, sql: str) -> dict[str, int]:
    return {row["campaign"]: row["n"] for row in engine.fetch(sql).to_pylist()}
