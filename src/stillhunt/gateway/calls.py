"""One HTTP request to a model API, and the row of EXCHANGE that it makes, by the mapping that reads logs."""

import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Final
from urllib.parse import unquote

from stillhunt.gateway.bodies import bounded, mended, parse_body
from stillhunt.gateway.settings import GatewaySettings
from stillhunt.ingest import anthropic, openai
from stillhunt.ingest.envelope import claude_code_user, read_envelope

ANTHROPIC, OPENAI = "anthropic", "openai"
CHAT: Final = "/chat/completions"
PATHS: Final = {
    "/messages": ANTHROPIC, CHAT: OPENAI, "/responses": OPENAI, "/completions": OPENAI, "/embeddings": OPENAI
}  # fmt: skip
"""How the paths of calls that are judged end, and the dialect of each. Everything else passes unasked."""
DEFAULT_KEYS: Final = ("authorization", "x-api-key")
"""Headers that hold a client's key, the first that is there counts: model servers know the one, some also the other."""
CREDENTIALS: Final = {*DEFAULT_KEYS, "api-key", "x-goog-api-key"}
"""Headers of which only a hash is kept."""


@dataclass(frozen=True)
class Call:
    """A request as it came.

    Attributes:
        path: The path as the client wrote it, or as a server has read it.
        headers: As `header_map` makes them.
        peer: Address of who connected, if known.
        body: The body; None if it was longer than is read.
        whole: Whether nothing of the body is missing for sure; of one that may have been cut off, whether it can be
            read says so.
    """

    path: str
    headers: Mapping[str, str]
    peer: str | None
    body: bytes | None
    whole: bool = True

    @property
    def dialect(self) -> str | None:
        """Whose API is called; None if it is no call of a model."""
        return dialect_of(self.path)

    @cached_property
    def request(self) -> Mapping[str, Any] | None:
        """The JSON object of the body, empty if it holds anything else; None if the body cannot be read."""
        if self.body is None:
            return None
        try:
            given = parse_body(self.body) if self.body else None
        except ValueError:
            return None
        return given if isinstance(given, dict) else {}


def endpoint_of(path: str) -> str | None:
    """Return which of PATHS a path ends like, None if it calls no model.

    Servers read an escaped letter as the letter, and some take `.` and `..` out, so a path counts in either reading.
    """
    read = unquote(path.partition("?")[0].partition("#")[0])
    steps: list[str] = []
    for step in read.split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in {"", "."}:
            steps.append(step)
    forms = (read.rstrip("/"), "/" + "/".join(steps))
    return next((end for end in PATHS if any(form.endswith(end) for form in forms)), None)


def dialect_of(path: str) -> str | None:
    """Return whose API a path belongs to, None if it calls no model."""
    end = endpoint_of(path)
    return PATHS[end] if end is not None else None


def header_map(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return raw headers by their names in lower case.

    Of a header that is repeated the last counts, which the nearest proxy added; of a credential the first, which model
    servers take: a second one would make somebody else of the same customer.
    """
    read: dict[str, str] = {}
    for raw, value in pairs:
        name = raw.decode("latin-1").lower()
        if name not in CREDENTIALS or name not in read:
            read[name] = value.decode("latin-1")
    return read


def account_of(headers: Mapping[str, str], settings: GatewaySettings) -> str | None:
    """Return whose request it is: what the header named for it says, else the SHA-256 of the API key.

    Without either nobody is known, and nothing is remembered of nobody.
    """
    named = settings.headers.get("account_id")
    if named is None:
        return key_of(headers)
    return key_in(headers, named) if named in CREDENTIALS else headers.get(named) or None


def key_of(headers: Mapping[str, str]) -> str | None:
    """Return the SHA-256 of the API key: that in `Authorization`, or that in `x-api-key` if the former is not there."""
    return next((key_in(headers, name) for name in DEFAULT_KEYS if headers.get(name)), None)


def key_in(headers: Mapping[str, str], name: str) -> str | None:
    """Return the SHA-256 of the key in a header, as LiteLLM and others write it to their logs; the key goes nowhere."""
    key = headers.get(name, "").strip()
    if name == "authorization":
        scheme, key = [*key.split(None, 1), "", ""][:2]
        key = key if scheme.lower() == "bearer" else ""
    return sha256(key.encode()).hexdigest() if key else None


def exchange_of(call: Call, settings: GatewaySettings) -> dict[str, Any]:
    """Return the columns of EXCHANGE and ACCOUNT that a request tells; what is odd or missing is unknown."""
    return exchange_from(call, call.request or {}, settings)


def exchange_from(call: Call, request: Mapping[str, Any], settings: GatewaySettings) -> dict[str, Any]:
    """Do as `exchange_of`, of a body that somebody else has parsed."""
    record, request = {"headers": dict(call.headers)}, bounded(request)
    reader = anthropic.request_row if call.dialect == ANTHROPIC else openai.request_row
    row = read_envelope(record, request, {}) | {k: v for k, v in reader(request).items() if v is not None}
    row["conversation_id"] = row.get("conversation_id") or claude_code_user(request)[1]
    told = {
        column: key_in(call.headers, header) if header in CREDENTIALS else last_of(call.headers.get(header))
        for column, header in settings.headers.items()
    }
    return {
        **mended(row),
        "provider": None,
        "ts": time.time_ns() // 1000,
        "exchange_id": call.headers.get("x-request-id") or str(uuid.uuid4()),
        "api_key_id": key_of(call.headers),
        "ip": call.peer,
        **{column: value for column, value in told.items() if value},
        "account_id": account_of(call.headers, settings),
    }


def last_of(value: str | None) -> str | None:
    """Return the last of a list in a header: what the proxy nearest to us added; those before it a client may send."""
    return value.rsplit(",", 1)[-1].strip() if value else None
