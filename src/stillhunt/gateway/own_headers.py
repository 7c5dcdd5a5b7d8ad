"""Headers of the name `x-stillhunt-…` are the gateway's own word to the model server, so a client's are taken out.

They are taken out before anything is decided and from every request, also from one that is no call of a model. A header
that only a verdict overwrites would otherwise be the client's own whenever no verdict comes.
"""

from collections.abc import Iterable, MutableMapping
from typing import Any, Final

OWN_PREFIX: Final = "x-stillhunt-"


def is_own(name: str) -> bool:
    """Tell whether only a gateway may send a header; servers of the CGI family read `_` and `-` as the same."""
    return name.strip().lower().replace("_", "-").startswith(OWN_PREFIX)


def without_own(pairs: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return raw headers without those that a client sent in the gateway's name."""
    return [(name, value) for name, value in pairs if not is_own(name.decode("latin-1"))]


def drop_own(given: Any) -> None:
    """Take such headers out of tables and lists of tables, in place, however deep; anything else holds none."""
    waiting = [given]
    while waiting:
        one = waiting.pop()
        if isinstance(one, MutableMapping):
            for name in [name for name in one if is_own(str(name))]:
                del one[name]
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
