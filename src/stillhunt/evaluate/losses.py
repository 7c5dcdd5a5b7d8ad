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


@dataclass(frozen=True)
class Loss:
    """What one true campaign took before the end of the first run that finds it."""

    campaign: str
    detected_by: str | None
    """Path of that run; None when no run found it, and then everything is lost."""
    detected_ts: int | None
    """Last request that this run read, in microseconds UTC."""
    lost: Proportion
    """Its requests up to then, of all that it makes up to the end of the longest run."""


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
    detected: dict[str, tuple[int, str]] = {}
    for run in runs:
        with open_comparison(run, Path(truth)) as engine:
            end = _end(engine)
            for result in campaign_results(engine):
                taken.setdefault(result.campaign, {})[end] = result.requests
                if result.found:
                    first = min(detected.get(result.campaign, (end, str(run.path))), (end, str(run.path)))
                    detected[result.campaign] = first
    return tuple(_loss(name, taken[name], detected.get(name)) for name in sorted(taken))


def _loss(campaign: str, taken: dict[int, int], detected: tuple[int, str] | None) -> Loss:
    total = max(taken.values())
    if detected is None:
        return Loss(campaign, None, None, Proportion(total, total))
    end, path = detected
    return Loss(campaign, path, end, Proportion(taken[end], total))


def _end(engine: Engine) -> int:
    return one_row(engine, "SELECT max(last_ts) AS ts FROM run_profile")["ts"]
