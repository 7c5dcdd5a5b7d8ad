"""OpenTelemetry spans of model calls: OTLP as JSON, one export request a line.

Read are the current GenAI semantic conventions, those of v1.36 and before (`gen_ai.system`, span events such as
`gen_ai.user.message`), and the indexed attributes (`gen_ai.prompt.0.content`) of older instrumentations. An attribute
is looked for on the span first, then on its resource.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from stillhunt.ingest.chat import read_answer, read_request
from stillhunt.ingest.envelope import kept_headers, required
from stillhunt.ingest.fields import (
    embedded,
    first,
    flag,
    ident,
    items,
    mapping,
    number,
    small,
    status_code,
    text,
    whole,
)
from stillhunt.ingest.format import Bad, Format, Parsed, Record, Row, Skip
from stillhunt.ingest.otel_sample import EXPECTED, SAMPLE

Attributes: TypeAlias = dict[str, Any]

_COLUMNS: Mapping[str, tuple[Callable[[Any], Any], tuple[str, ...]]] = {
    "account_id": (ident, (
        "user.id", "enduser.id", "user.account_id", "user.account_uuid", "account.id", "account_id",
        "gen_ai.user.id", "enduser.pseudo.id", "llm.user",
    )),
    "org_id": (ident, ("organization.id", "org.id", "org_id", "tenant.id", "team.id")),
    "api_key_id": (ident, ("api_key.id", "api_key_id", "gen_ai.api_key.id")),
    "conversation_id": (ident, ("gen_ai.conversation.id", "session.id")),
    "model": (text, ("gen_ai.request.model", "gen_ai.response.model")),
    "provider": (text, ("gen_ai.provider.name", "gen_ai.system")),
    "temperature": (number, ("gen_ai.request.temperature",)),
    "max_tokens": (whole, ("gen_ai.request.max_tokens",)),
    "n": (small, ("gen_ai.request.choice.count",)),
    "stream": (flag, ("gen_ai.request.stream", "llm.is_streaming")),
    "input_tokens": (whole, ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")),
    "output_tokens": (whole, ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")),
    "reasoning_tokens": (whole, ("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens")),
    "cached_tokens": (whole, ("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens")),
    "status": (status_code, ("http.response.status_code", "http.status_code", "error.type")),
    "ip": (text, ("client.address", "source.address", "http.client_ip")),
    "asn": (whole, ("client.as.number", "source.as.number")),
    "country": (text, ("geo.country.iso_code", "client.geo.country_iso_code", "geo.country_iso_code")),
    "ja4": (text, ("tls.client.ja4",)),
    "user_agent": (text, ("user_agent.original", "http.user_agent")),
    "device_id": (ident, ("device.id", "app.installation.id")),
}  # fmt: skip
"""For each column how it is read, and the attributes that may hold it, the first that is there counts."""

_RANKS = {name: (column, rank) for column, (_, names) in _COLUMNS.items() for rank, name in enumerate(names)}

_OPERATIONS = {
    "chat": "chat", "generate_content": "chat", "text_completion": "completion", "completion": "completion",
    "embeddings": "embedding", "embedding": "embedding",
}  # fmt: skip
"""Spans of other operations (tools, agents, retrieval) stand around model calls, which have spans of their own."""

_HEADER = "http.request.header."
_DEEPEST = 12
"""No convention nests values deeper; what does is dropped."""


def _value(wrapped: Any, depth: int = 0) -> Any:
    """Unwrap an OTLP AnyValue."""
    if not isinstance(wrapped, dict) or depth > _DEEPEST:
        return None
    for kind, value in wrapped.items():
        if kind == "stringValue":
            return value
        if kind == "intValue":  # 64-bit integers are text in OTLP JSON
            return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 19 else value
        if kind == "arrayValue":
            return [_value(one, depth + 1) for one in items(mapping(value).get("values"))]
        if kind == "kvlistValue":
            return _attributes(mapping(value).get("values"), depth + 1)
        return value
    return None


def _attributes(pairs: Any, depth: int = 0) -> Attributes:
    found: Attributes = {}
    for pair in pairs if isinstance(pairs, list) else ():
        if isinstance(pair, dict) and isinstance(key := pair.get("key"), str):
            found[key] = _value(pair.get("value"), depth)
    return found


def _indexed(attributes: Attributes, prefix: str) -> list[Mapping[str, Any]]:
    """Gather `gen_ai.prompt.0.role`, `gen_ai.prompt.0.content`, … into messages."""
    found: dict[int, dict[str, Any]] = {}
    for name, value in attributes.items():
        index, _, key = name.removeprefix(prefix).partition(".")
        if name.startswith(prefix) and key and index.isdecimal() and len(index) < 7:
            found.setdefault(int(index), {})[key] = _content(value) if key == "content" else value
    return [found[index] for index in sorted(found)]


def _read_events(span: Mapping[str, Any], attributes: Attributes) -> tuple[list[Any], list[Any]]:
    """Gather the messages that v1.36 and before put into span events; newer ones add to the span's attributes."""
    asked: list[Any] = []
    answered: list[Any] = []
    for event in map(mapping, items(span.get("events"))):
        name, said = event.get("name"), _attributes(event.get("attributes"))
        if name == "gen_ai.client.inference.operation.details":
            attributes.update({key: value for key, value in said.items() if key not in attributes})
        elif name == "gen_ai.content.prompt":
            asked += _as_messages(said.get("gen_ai.prompt"))
        elif name == "gen_ai.content.completion":
            answered += _as_messages(said.get("gen_ai.completion"))
        elif isinstance(name, str) and name.startswith("gen_ai."):
            body = mapping(said.get("gen_ai.event.content")) or said
            if name == "gen_ai.choice":
                answered.append(
                    mapping(body.get("message")) or {"content": _content(first(body, "content", "message"))}
                )
                attributes.setdefault("gen_ai.response.finish_reasons", [body.get("finish_reason")])
            elif name.endswith(".message"):
                role = name.removeprefix("gen_ai.").removesuffix(".message")
                asked.append({"role": first(body, "role") or role, "content": _content(body.get("content"))})
    return asked, answered


def _content(said: Any) -> Any:
    """Return content, also one written as JSON text; text that merely is JSON stays as it was said."""
    return _objects_with("type", said) or said


def _as_messages(said: Any) -> list[Any]:
    """Return messages, also those written as JSON text, or the one message that text is."""
    return _objects_with("role", said) or ([{"role": "user", "content": said}] if isinstance(said, str) else [])


def _objects_with(key: str, said: Any) -> list[Any]:
    found = embedded(said)
    found = [found] if isinstance(found, dict) else items(found)
    return found if all(isinstance(one, dict) and key in one for one in found) else []


def _texts(span: Mapping[str, Any], attributes: Attributes) -> Row:
    asked, answered = _read_events(span, attributes)
    asked = (
        items(attributes.get("gen_ai.input.messages"))
        or asked
        or _as_messages(attributes.get("gen_ai.prompt"))
        or _indexed(attributes, "gen_ai.prompt.")
    )
    answered = (
        items(attributes.get("gen_ai.output.messages"))
        or answered
        or _as_messages(attributes.get("gen_ai.completion"))
        or _indexed(attributes, "gen_ai.completion.")
    )
    system = _content(attributes.get("gen_ai.system_instructions"))
    tools = first(attributes, "gen_ai.tool.definitions", "gen_ai.request.tools")
    row = read_request(asked, system, tools=tools)
    if tools is None:  # recording them is optional, so that none are recorded says nothing
        row.pop("tools", None)
    if not row and system is not None:
        row = {"system": read_request("", system)["system"]}
    reasons = attributes.get("gen_ai.response.finish_reasons")
    reasons = items(reasons) or [
        reasons,
        *(one.get("finish_reason") for one in answered if isinstance(one, dict)),
    ]
    return row | read_answer(answered) | {"stop_reason": next((r for r in reasons if isinstance(r, str)), None)}


def _plain(attributes: Attributes) -> Row:
    """Read the columns that single attributes hold, in one pass over what is there."""
    best: dict[str, tuple[int, Any]] = {}
    headers = {}
    for name, value in attributes.items():
        place = _RANKS.get(name)
        if place is not None and value is not None and value != "":
            column, rank = place
            if column not in best or rank < best[column][0]:
                best[column] = (rank, value)
        elif name.startswith(_HEADER):
            headers[name.removeprefix(_HEADER)] = value
    row = {column: _COLUMNS[column][0](value) for column, (_, value) in best.items()}
    return row | {"headers": kept_headers(headers)} if headers else row


def _nanoseconds(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) < 20:
        return int(value)
    return whole(value)


def _read_span(span: Mapping[str, Any], resource: Attributes) -> Row | Bad | Skip:
    own = _attributes(span.get("attributes"))
    operation = own.get("gen_ai.operation.name")
    if operation is None and "gen_ai.request.model" not in own:
        return Skip()
    if operation is not None and (not isinstance(operation, str) or operation not in _OPERATIONS):
        return Skip()
    attributes = resource | own
    row: Row = _texts(span, attributes)
    row |= _plain(attributes)
    start, end = _nanoseconds(span.get("startTimeUnixNano")), _nanoseconds(span.get("endTimeUnixNano"))
    row["operation"] = _OPERATIONS[operation] if operation else "chat"
    row["latency_ms"] = (end - start) / 1e6 if start and end else None
    failed = "error.type" in own or mapping(span.get("status")).get("code") in (2, "STATUS_CODE_ERROR")
    if row.get("status") is None and not failed:
        row["status"] = 200
    span_id, trace_id = ident(span.get("spanId")), ident(span.get("traceId"))
    return required(
        row,
        (
            attributes.get("gen_ai.response.id") or (f"{trace_id}-{span_id}" if span_id and trace_id else None),
            "gen_ai.response.id or traceId and spanId",
        ),
        (start, "startTimeUnixNano"),
        (row.get("account_id"), "user.id, enduser.id or account.id of the span or its resource"),
    )


def _spans(record: Record) -> Iterator[tuple[Mapping[str, Any], Attributes]]:
    for group in map(mapping, items(record.get("resourceSpans"))):
        resource = _attributes(mapping(group.get("resource")).get("attributes"))
        for scope in map(mapping, items(group.get("scopeSpans"))):
            for span in items(scope.get("spans")):
                yield mapping(span), resource


def _recognise(record: Record) -> bool:
    return any(isinstance(record.get(name), list) for name in ("resourceSpans", "resourceLogs", "resourceMetrics"))


def _parse(record: Record) -> Parsed:
    if "resourceSpans" not in record:
        known = "resourceLogs" in record or "resourceMetrics" in record
        return [Skip() if known else Bad("`resourceSpans` is missing: expected an OTLP export request.")]
    # An export request without a span is sound and says nothing.
    return [_read_span(span, resource) for span, resource in _spans(record)] or [Skip()]


OTEL = Format(
    name="otel",
    says="OpenTelemetry GenAI spans, OTLP JSON with one export request a line (the Collector's file exporter).",
    recognise=_recognise,
    parse=_parse,
    sample=SAMPLE,
    expected=EXPECTED,
)
"""The format."""
