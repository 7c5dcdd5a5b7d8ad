"""Settings of a gateway: one TOML file, for the programs that load a gateway give it no arguments."""

import math
import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Final, get_args, get_type_hints

from stillhunt.errors import UsageError, did_you_mean, of_system, reason
from stillhunt.gateway.own_headers import OWN_PREFIX, is_own
from stillhunt.live.toml import parse_toml
from stillhunt.schema import ACCOUNT, EXCHANGE

VARIABLE: Final = "STILLHUNT_GATEWAY"
"""Names the settings file."""
TOO_LARGE: Final = 10**18
"""No setting means so much; a whole number may have more digits than Python turns into another."""
FROM_HEADERS: Final = tuple(
    column.name for column in (*EXCHANGE.columns, *ACCOUNT.columns)
    if str(column.type) == "string" and column.name not in {"system", "opening", "prompt", "response"}
)  # fmt: skip
"""Columns that `headers` may name."""


@dataclass(frozen=True)
class GatewaySettings:
    """What a gateway is told. The text beside each type says what it does; documentation is made from it."""

    watchlist: Annotated[str, "watch list file; a replaced one is taken without a restart"]
    policy: Annotated[str, "policy file; its permit stands beside it"]
    headers: Annotated[
        Mapping[str, str],
        "by column of EXCHANGE or ACCOUNT, the request header that tells it, `account_id = 'x-account-id'` for one; "
        "name only headers that your own proxy sets, for a client may send any",
    ] = field(default_factory=dict)
    log: Annotated[str | None, "decision log to write; several workers may write one"] = None
    store: Annotated[str | None, "URL of the Valkey or Redis server by which several workers count together"] = None
    budget_ms: Annotated[float, "milliseconds after which a request goes on without a verdict"] = 50.0
    blind: Annotated[
        str, "`open` or `closed`: what is done without a verdict to an account under no action that is remembered"
    ] = "open"
    slow_seconds: Annotated[float, "how long `slow` holds a request back"] = 2.0
    most_held: Annotated[int, "requests held back at once; of more, the rule's `on_failure` decides"] = 1000
    max_body: Annotated[int, "bytes of a request body that are read; `too_large` says what is done to a longer one"] = (
        8 * 2**20
    )
    too_large: Annotated[
        str,
        "`open` or `closed`: whether a request whose body is longer, or cannot be read, passes, judged without its "
        "text, or is refused",
    ] = "open"
    upstream_withholds: Annotated[
        bool, "whether the model server itself leaves reasoning out when a gateway can only ask it to by a header"
    ] = False
    status_path: Annotated[
        str | None, "path below which a middleware answers `/health` and `/metrics`; nowhere when not given"
    ] = None

    def __post_init__(self) -> None:
        """Refuse values that make no sense, and take names of headers in lower case, as requests are read."""
        object.__setattr__(self, "headers", {column: header.lower() for column, header in self.headers.items()})
        for name in ("blind", "too_large"):
            if getattr(self, name) not in {"open", "closed"}:
                raise UsageError(f"The setting '{name}' is '{getattr(self, name)}': give 'open' or 'closed'.")
        for name in ("budget_ms", "max_body", "most_held"):
            if not 0 < getattr(self, name) < math.inf:
                raise UsageError(f"The setting '{name}' is {getattr(self, name)}: give more than 0.")
        if not 0 <= self.slow_seconds < math.inf:
            raise UsageError(f"The setting 'slow_seconds' is {self.slow_seconds}: give 0 or more.")
        if self.status_path is not None and (self.status_path[:1] != "/" or self.status_path[-1:] == "/"):
            raise UsageError(f"The setting 'status_path' is '{self.status_path}': give a path like '/-/stillhunt'.")
        for column in self.headers:
            if column not in FROM_HEADERS:
                near = did_you_mean(column, FROM_HEADERS)
                raise UsageError(f"No column '{column}' can be told by a header.{near}")
            if not self.headers[column]:
                raise UsageError(f"The header for '{column}' has no name: give one that your own proxy sets.")
            if is_own(self.headers[column]):
                raise UsageError(
                    f"The header '{self.headers[column]}' for '{column}' is taken out of every request, "
                    f"as all of '{OWN_PREFIX}…': have your proxy set another."
                )

    @classmethod
    def load(cls, path: str | Path) -> "GatewaySettings":
        """Read a settings file; paths in it that are relative start at its folder.

        Raises:
            UsageError: It is missing, no TOML, or holds a name or value that it cannot have.
        """
        return cls.of(path)

    @classmethod
    def of(cls, path: str | Path | None, **over: Any) -> "GatewaySettings":
        """Read a settings file, if there is one, and put other values over those in it.

        Raises:
            UsageError: As `load`.
        """
        if path is None:
            return cls(**_checked(over))
        try:
            given = parse_toml(Path(path).read_bytes())
        except OSError as error:
            msg = f"The gateway's settings '{path}' cannot be read ({reason(error)}): give a TOML file."
            raise of_system(error, msg) from None
        except ValueError as error:
            raise UsageError(f"The gateway's settings '{path}' are no TOML ({error}): mend that place.") from None
        for name in ("watchlist", "policy", "log"):
            if isinstance(given.get(name), str):
                given[name] = str(Path(path).parent / given[name])
        try:
            return cls(**_checked(given | over))
        except UsageError as error:
            raise UsageError(f"In the gateway's settings '{path}': {error}") from None

    @classmethod
    def from_environment(cls) -> "GatewaySettings":
        """Read the file that the environment variable STILLHUNT_GATEWAY names.

        Raises:
            UsageError: There is no such variable, or the file is none.
        """
        path = os.environ.get(VARIABLE)
        if not path:
            raise UsageError(f"The environment variable {VARIABLE} is not set: name the gateway's settings file in it.")
        return cls.load(path)


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the file, each of the type of its setting."""
    kinds = get_type_hints(GatewaySettings)
    for name in given:
        if name not in kinds:
            raise UsageError(f"There is no setting '{name}'.{did_you_mean(name, kinds)}")
    for one in fields(GatewaySettings):
        if one.default is MISSING and one.default_factory is MISSING and one.name not in given:
            raise UsageError(f"The setting '{one.name}' is missing.")
    return {name: _value(kinds[name], name, value) for name, value in given.items()}


def _value(kind: Any, name: str, value: Any) -> Any:
    if name == "headers":
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise UsageError("The setting 'headers' must be a table of header names, by column.")
        return value
    allowed = get_args(kind) or (kind,)
    if isinstance(value, str) and "\0" in value:  # no path can hold it, and what opens one says so in its own way
        raise UsageError(f"The setting '{name}' holds a null character: take it out.")
    if type(value) is int and abs(value) >= TOO_LARGE:
        raise UsageError(f"The setting '{name}' is a number beyond all use: give a smaller one.")
    if type(value) is int and float in allowed:
        return float(value)
    if type(value) not in allowed:
        words = {str: "text", float: "a number", int: "a whole number", bool: "true or false"}
        raise UsageError(f"The setting '{name}' is {value!r}: give {words[allowed[0]]}.")
    return value
