"""Stillhunt finds networks of accounts that harvest a hosted language model to train another one.

The library in three names, the same as the command line:

    import stillhunt

    run = stillhunt.hunt(["logs/"], accounts="accounts.jsonl", out="run")
    run = stillhunt.Run.open("run")
    verdict = stillhunt.Scorer.from_run(run).score(exchange)

They are imported when they are first asked for, so `import stillhunt` by itself costs nothing. Modules of the package
import from each other and never from here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stillhunt.live.scorer import Scorer
    from stillhunt.pipeline import hunt
    from stillhunt.runs import Run

__version__ = "0.1.0"
__all__ = ["Run", "Scorer", "__version__", "hunt"]

_HOMES = {"Run": "stillhunt.runs", "Scorer": "stillhunt.live.scorer", "hunt": "stillhunt.pipeline"}


def __getattr__(name: str) -> Any:
    """Import what the library offers at the moment that it is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"Stillhunt offers no '{name}': see {', '.join(__all__)}.")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Name what is offered, imported or not."""
    return sorted({*globals(), *__all__})
