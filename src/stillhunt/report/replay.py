"""What a policy would have done, as text for a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.table import Table


def replay_text(data: Mapping[str, Any]) -> Group:
    """Return a table of what each action would have met, and whether that stays within the budget."""
    table = Table("action", "requests", "accounts", "innocents counted", "innocent requests")
    for action, met in data["actions"].items():
        counted, innocent = f"{met['innocents_counted']:,.1f}", f"{met['innocent_requests']:,.1f}"
        table.add_row(action, f"{met['requests']:,}", f"{met['accounts']:,}", counted, innocent)
    how = "By the truth" if data["exact"] else "By the run's own probabilities"
    verdict = "within" if data["within_budget"] else "OVER"
    spent = f"; it would be spent after {data['spent_after']:,} requests" if data["spent_after"] else ""
    return Group(
        table,
        f"Live, steps above `watch` would count {data['innocents_counted_per_million']:,.1f} innocents per million "
        f"requests. That is {verdict} the harm budget of {data['harm_budget_per_million']:g}{spent}.",
        f"{how} they touch {data['innocent_requests_per_million']:,.1f} innocent requests per million; with "
        f"{data['requests']:,} requests seen, at most {data['innocent_requests_per_million_at_most']:,.1f}.",
    )
