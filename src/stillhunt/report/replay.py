"""What a policy would have done, as text for a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.table import Table


def replay_text(data: Mapping[str, Any]) -> Group:
    """Return a table of what each action would have met, and whether that stays within the budget."""
    table = Table("action", "requests", "accounts", "innocent requests")
    for action, met in data["actions"].items():
        table.add_row(action, f"{met['requests']:,}", f"{met['accounts']:,}", f"{met['innocent']:,.1f}")
    how = "counted by the truth" if data["exact"] else "estimated by the run's own probabilities"
    verdict = "within" if data["within_budget"] else "OVER"
    return Group(
        table,
        f"Steps above `watch` would touch {data['innocent_per_million']:,.1f} innocent requests per million, {how}; "
        f"with {data['requests']:,} requests seen, at most {data['innocent_per_million_at_most']:,.1f}.",
        f"That is {verdict} the harm budget of {data['harm_budget_per_million']:g} per million.",
    )
