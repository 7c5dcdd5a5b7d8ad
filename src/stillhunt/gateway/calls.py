"""One HTTP request to a model API, and the row of EXCHANGE that it makes, by the mapping that reads logs."""

import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from stillhunt.gateway.settings import GatewaySettings
from stillhunt.ingest import anthropic, openai
from stillhunt.ingest.envelope import claude_code_user, read_envelope
from stillhunt.ingest.fields import parse_json

ANTHROPIC, OPENAI = "anthropic", "openai"
PATHS: Final = (
    ("/messages", ANTHROPIC), ("/chat/completions", OPENAI), ("/responses", OPENAI), ("/completions", OPENAI),
    ("/embeddings", OPENAI),
)  # fmt: skip
"""How the paths of calls that are judged end, and the dialect of each. Everything else passes unasked."""


@dataclass(frozen=True)
class Call:
    """A request as it came.

    Attributes:
        path: The path, without what follows a question mark.
        headers: Names in lower case; of one that is repeated, the last.
        peer: Address of who connected, if known.
        body: The whole body; None if it was longer than is read.
    """

    path: str
    headers: Mapping[str, str]
    peer: str | None
    body: bytes | None

    @property
    def dialect(self) -> str | None:
        """Whose API is called; None if it is no call of a model."""
        return dialect_of(self.path)


def dialect_of(path: str) -> str | None:
    """Return whose API a path belongs to, None if it calls no model."""
    return next((dialect for end, dialect in PATHS if path.rstrip("/").endswith(end)), None)


def header_map(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return raw headers by their names in lower case."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in pairs}


def account_of(headers: Mapping[str, str], settings: GatewaySettings) -> str | None:
    """Return whose request it is: what the header named for it says, else the SHA-256 of the API key.

    Without either nobody is known, and nothing is remembered of nobody.
    """
    named = settings.headers.get("account_id")
    if named is not None:
        return headers.get(named) or None
    return key_of(headers)


def key_of(headers: Mapping[str, str]) -> str | None:
    """Return the SHA-256 of the API key, as LiteLLM and others write it to their logs; the key itself goes nowhere."""
    bearer = headers.get("authorization", "")
    key = headers.get("x-api-key") or (bearer[7:].strip() if bearer[:7].lower() == "bearer " else "")
    return sha256(key.encode()).hexdigest() if key else None


def exchange_of(call: Call, settings: GatewaySettings) -> dict[str, Any]:
    """Return the columns of EXCHANGE and ACCOUNT that a request tells; what is odd or missing is unknown."""
    request = body_of(call.body)
    record = {"headers": dict(call.headers)}
    reader = anthropic.request_row if call.dialect == ANTHROPIC else openai.request_row
    row = read_envelope(record, request, {}) | {k: v for k, v in reader(request).items() if v is not None}
    row["conversation_id"] = row.get("conversation_id") or claude_code_user(request)[1]
    told = {column: last_of(call.headers.get(header)) for column, header in settings.headers.items()}
    return {
        **row,
        "provider": None,
        "ts": time.time_ns() // 1000,
        "exchange_id": call.headers.get("x-request-id") or str(uuid.uuid4()),
        "api_key_id": key_of(call.headers),
        "ip": call.peer,
        **{column: value for column, value in told.items() if value},
        "account_id": account_of(call.headers, settings),
    }


def body_of(body: bytes | None) -> Mapping[str, Any]:
    """Return the JSON object of a body; one that is none says nothing, and the model server will refuse it."""
    try:
        given = parse_json(body) if body else None
    except ValueError:
        given = None
    return given if isinstance(given, dict) else {}


def last_of(value: str | None) -> str | None:
    """Return the last of a list in a header: what the proxy nearest to us added; those before it a client may send."""
    return value.rsplit(",", 1)[-1].strip() if value else None
