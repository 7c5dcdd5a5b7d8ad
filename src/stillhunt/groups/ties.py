"""What ties accounts or requests to keys: how much a tie is worth, and how many of them one process may take.

Keys are cut into communities in one process, however large the cluster that found them. So ties are counted before
they are fetched: a hunt that is too large says so at once, and does not die of it an hour later.
"""

from typing import Final

from stillhunt.engine.base import Engine
from stillhunt.errors import UsageError

MOST_TIES: Final = 50_000_000
"""About 12 GiB: ten million ties took 2.3 GiB, from the table to the communities."""

RARITY: Final = "round(log2(CAST({0}.population AS DOUBLE) / {0}.accounts), 9)"
"""SQL for the bits that a key of `shared_keys` under that name is worth. Rounded, for engines take a logarithm to
within the last digit, and communities that are equally good are told apart by that digit."""


def check_ties(engine: Engine, sql: str, between: str, most: int) -> None:
    """Count the rows of `sql` before anybody fetches them.

    Raises:
        UsageError: If there are more than `most`, with what to do.
    """
    ties = engine.fetch(f"SELECT count(*) AS n FROM ({sql}) q")["n"][0].as_py()
    if ties > most:
        raise UsageError(
            f"There are {ties:,} ties between {between}, more than the {most:,} that one process may take: hunt fewer "
            "days at a time, or raise --max-ties where there is memory (about 2.5 GiB for ten million)."
        )
