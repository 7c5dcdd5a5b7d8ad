"""The record that a provider's logger writes around a request and its response.

There is no standard for it, so for each column the usual names are tried in order. What only the client says of
itself (`user`, `metadata.user_id`) is believed last, since a harvester may change it with every call.
"""

import re
from collections.abc import Mapping
from typing import Any

from stillhunt.ingest.clock import BadTimeError, micros
from stillhunt.ingest.fields import embedded, first, ident, mapping, number, status_code, text, whole
from stillhunt.ingest.format import Bad, Record, Row

ID = ("exchange_id", "request_id", "requestId", "id", "call_id")
TIME = ("ts", "timestamp", "time", "created_at", "start_time", "started_at", "request_time")
ACCOUNT = (
    "account_id",
    "account",
    "user_id",
    "user",
    "customer_id",
    "org_id",
    "organization_id",
    "api_key_id",
    "key_id",
)
ORGANISATION = ("org_id", "organization_id", "organization", "workspace_id", "team_id", "project_id")
KEY = ("api_key_id", "key_id", "api_key_hash")
ADDRESS = ("ip", "client_ip", "ip_address", "remote_addr", "client_address")
COUNTRY = ("country", "country_code", "ip_country")
CONVERSATION = ("conversation_id", "session_id", "thread_id")
STATUS = ("status", "status_code", "http_status")
LATENCY = ("latency_ms", "duration_ms")
HEADERS = ("headers", "request_headers")

KEPT_HEADERS = (
    "x-stainless-", "anthropic-version", "anthropic-beta", "anthropic-client-", "anthropic-dangerous-", "openai-beta",
    "x-app", "x-goog-api-client", "accept", "sec-ch-ua", "http-referer", "x-title",
)  # fmt: skip
"""Beginnings of the names of headers that tell the client program; the others hold secrets or change by the call."""

_CHANGING = {"x-stainless-retry-count"}
_CLAUDE_CODE_USER = re.compile(r"user_([0-9a-f]{64})_account_[0-9a-f-]*_session_([0-9a-f-]{36})")


def read_envelope(record: Record, request: Mapping[str, Any], response: Mapping[str, Any]) -> Row:
    """Read what stands around the bodies, all but id, time and account."""
    outer = mapping(record.get("request"))
    answer = mapping(record.get("response"))
    headers = mapping(first(record, *HEADERS) or outer.get("headers"))
    agent = headers_of(headers, "user-agent")
    return {
        "org_id": ident(first(record, *ORGANISATION)),
        "provider": text(record.get("provider")),
        "api_key_id": ident(first(record, *KEY)),
        "conversation_id": ident(first(record, *CONVERSATION)),
        "status": status_code(first(record, *STATUS) or first(answer, *STATUS)) or _status_of(response),
        "latency_ms": number(first(record, *LATENCY)),
        "ip": text(first(record, *ADDRESS)),
        "asn": whole(record.get("asn")),
        "country": text(first(record, *COUNTRY)),
        "ja4": text(record.get("ja4")),
        "user_agent": text(record.get("user_agent")) or agent,
        "headers": kept_headers(headers) if headers else None,
        "device_id": ident(record.get("device_id")) or claude_code_user(request)[0],
    }


def identify(row: Row, record: Record, request: Mapping[str, Any], response: Mapping[str, Any]) -> Row | Bad:
    """Add id, time and account to `row`, or say which of them is missing."""
    client = first(request, "safety_identifier", "user") or mapping(request.get("metadata")).get("user_id")
    return required(
        row,
        (first(record, *ID) or response.get("id"), "request_id or response.id"),
        (first(record, *TIME), "ts or timestamp"),
        (first(record, *ACCOUNT) or client, "account_id, user_id or api_key_id"),
    )


def required(row: Row, exchange: tuple[Any, str], time: tuple[Any, str], account: tuple[Any, str]) -> Row | Bad:
    """Add the required columns, each given as its value and the names under which it was looked for."""
    for name, (value, looked_for) in (("exchange_id", exchange), ("account_id", account)):
        row[name] = ident(value)
        if row[name] is None:
            return Bad(f"`{name}` is missing: expected in {looked_for}.")
    value, looked_for = time
    if value is None:
        return Bad(f"`ts` is missing: expected in {looked_for}.")
    try:
        row["ts"] = micros(value)
    except BadTimeError as error:
        return Bad(f"`ts` {error}.")
    return row


def body(record: Record, name: str) -> Any:
    """Return the body of the `request` or `response`, which may be JSON text or stand one level down."""
    outer = embedded(record.get(name))
    inner = embedded(outer.get("body")) if isinstance(outer, dict) else None
    return inner if isinstance(inner, dict | list) else outer


def headers_of(headers: Mapping[str, Any], wanted: str) -> str | None:
    """Return one header, whatever the case of its name."""
    for name, value in headers.items():
        if name.lower() == wanted:
            return text(value[0] if isinstance(value, list) and value else value)
    return None


def kept_headers(headers: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers that tell the client program, names in lower case."""
    kept = {}
    for name, value in headers.items():
        lower = name.lower()
        said = value[0] if isinstance(value, list) and value else value
        if isinstance(said, str) and lower.startswith(KEPT_HEADERS) and lower not in _CHANGING:
            kept[lower] = said
    return kept


def claude_code_user(request: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return device and session from `metadata.user_id` as the Claude Code client writes it, in text or as JSON."""
    said = mapping(request.get("metadata")).get("user_id")
    if isinstance(said, str) and (found := _CLAUDE_CODE_USER.fullmatch(said)):
        return found[1], found[2]
    fields = mapping(said)
    return ident(fields.get("device_id")), ident(fields.get("session_id"))


def _status_of(response: Mapping[str, Any]) -> int | None:
    error = mapping(response.get("error"))
    if error:
        kind = first(error, "type", "code")
        return _STATUS_BY_ERROR.get(kind) if isinstance(kind, str) else status_code(kind)
    return 200 if response else None


_STATUS_BY_ERROR = {
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
    "not_found_error": 404, "request_too_large": 413, "rate_limit_error": 429, "rate_limit_exceeded": 429,
    "insufficient_quota": 429, "tokens": 429, "requests": 429, "api_error": 500, "server_error": 500,
    "timeout_error": 504, "overloaded_error": 529,
}  # fmt: skip
