"""Request-response logs of the Anthropic Messages API."""

from collections.abc import Mapping, Sequence
from typing import Any

from stillhunt.ingest.chat import joined, read_answer, read_request
from stillhunt.ingest.envelope import body, claude_code_user, headers_of, identify, read_envelope
from stillhunt.ingest.fields import first, flag, mapping, number, text, whole
from stillhunt.ingest.format import Format, Parsed, Record, Row


def request_row(request: Mapping[str, Any]) -> Row:
    """Read a Messages request body."""
    return {
        "operation": "chat",
        "model": text(request.get("model")),
        **read_request(request.get("messages"), request.get("system"), tools=request.get("tools")),
        "temperature": number(request.get("temperature")),
        "max_tokens": whole(request.get("max_tokens")),
        "stream": flag(request.get("stream")) or (False if request else None),
    }


def response_row(response: Mapping[str, Any]) -> Row:
    """Read a Messages response body."""
    usage = mapping(response.get("usage"))
    cached = whole(usage.get("cache_read_input_tokens"))
    fresh = whole(usage.get("input_tokens"))
    written = whole(usage.get("cache_creation_input_tokens"))
    row: Row = {
        "stop_reason": text(response.get("stop_reason")),
        # Anthropic counts cached and cache-written tokens apart; EXCHANGE means all of the prompt.
        "input_tokens": None if fresh is None else fresh + (cached or 0) + (written or 0),
        "output_tokens": whole(usage.get("output_tokens")),
        "cached_tokens": cached,
    }
    return row | read_answer({"content": response["content"]}) if response.get("content") is not None else row


def assemble(events: Sequence[Any]) -> dict[str, Any]:
    """Put a streamed answer back together from its server-sent events."""
    message: dict[str, Any] = {}
    usage: dict[str, Any] = {}
    blocks: dict[Any, dict[str, Any]] = {}
    for event in map(mapping, events):
        delta = mapping(event.get("delta"))
        index = whole(event.get("index"))
        if event.get("type") == "message_start":
            message = dict(mapping(event.get("message")))
            usage = dict(mapping(message.get("usage")))
        elif event.get("type") == "content_block_start":
            blocks[index] = dict(mapping(event.get("content_block")))
        elif event.get("type") == "content_block_delta":
            block = blocks.setdefault(index, {"type": "text"})
            for part in ("text", "signature"):
                if isinstance(delta.get(part), str):
                    block[part] = joined((block.get(part), delta[part]))
        elif event.get("type") == "message_delta":
            message |= {name: delta[name] for name in ("stop_reason",) if name in delta}
            usage |= mapping(event.get("usage"))
        elif event.get("type") == "error":
            return dict(event)
    return message | {"usage": usage} | ({"content": list(blocks.values())} if blocks else {})


def _recognise(record: Record) -> bool:
    request, response = mapping(body(record, "request")), body(record, "response")
    if isinstance(response, list):
        response = first(mapping(response[0]) if response else {}, "message", "error")
    response = mapping(response)
    if "messages" not in request and response.get("type") != "message":
        return False
    headers = mapping(record.get("headers")) or mapping(mapping(record.get("request")).get("headers"))
    return (
        response.get("type") in ("message", "error")
        or "anthropic_version" in request
        or "system" in request
        or headers_of(headers, "anthropic-version") is not None
        or "claude" in (text(request.get("model")) or "")
    )


def _parse(record: Record) -> Parsed:
    request, response = mapping(body(record, "request")), body(record, "response")
    response = assemble(response) if isinstance(response, list) else mapping(response)
    row = read_envelope(record, request, response) | request_row(request) | response_row(response)
    row["provider"] = row["provider"] or "anthropic"
    row["model"] = row["model"] or text(response.get("model"))
    row["conversation_id"] = row["conversation_id"] or claude_code_user(request)[1]
    return [identify(row, record, request, response)]


ANTHROPIC = Format(
    name="anthropic",
    says="Anthropic Messages API, one object a line with `request` and `response` bodies and the logger's own fields.",
    recognise=_recognise,
    parse=_parse,
    sample={
        "request_id": "req_011A",
        "timestamp": "2026-03-02T09:15:00.250Z",
        "account_id": "acct_17",
        "organization_id": "org_4",
        "ip": "203.0.113.9",
        "latency_ms": 2310,
        "status": 200,
        "headers": {
            "User-Agent": "Anthropic/Python 0.84.0",
            "X-Stainless-Lang": "python",
            "anthropic-version": "2023-06-01",
            "X-Api-Key": "never kept",
        },
        "request": {
            "model": "claude-sonnet-5",
            "max_tokens": 2048,
            "temperature": 1,
            "system": [{"type": "text", "text": "You tend a lighthouse."}],
            "tools": [{"name": "read_barometer", "input_schema": {"type": "object"}}],
            "messages": [
                {"role": "user", "content": "Will it storm tonight?"},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "Pressure first.", "signature": "c2lnLW9uZQ=="},
                        {"type": "tool_use", "id": "toolu_1", "name": "read_barometer", "input": {}},
                    ],
                },
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "987 hPa"}],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "And what does this cloud mean?"},
                        {"type": "image", "source": {"type": "url", "url": "https://example.org/cloud.png"}},
                    ],
                },
            ],
        },
        "response": {
            "id": "msg_01B",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-5",
            "content": [
                {"type": "thinking", "thinking": "Cirrus.", "signature": "c2lnLXR3bw=="},
                {"type": "text", "text": "Wind before midnight."},
            ],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 60, "cache_read_input_tokens": 400, "output_tokens": 31},
        },
    },
    expected=[
        {
            "exchange_id": "req_011A",
            "ts": 1_772_442_900_250_000,
            "account_id": "acct_17",
            "org_id": "org_4",
            "operation": "chat",
            "model": "claude-sonnet-5",
            "provider": "anthropic",
            "system": "You tend a lighthouse.",
            "opening": "Will it storm tonight?",
            "prompt": "And what does this cloud mean?",
            "response": "Wind before midnight.",
            "turns": 2,
            "tools": ["read_barometer"],
            "images": 1,
            "temperature": 1.0,
            "max_tokens": 2048,
            "stream": False,
            "status": 200,
            "stop_reason": "end_turn",
            "input_tokens": 460,
            "output_tokens": 31,
            "cached_tokens": 400,
            "latency_ms": 2310.0,
            "ip": "203.0.113.9",
            "user_agent": "Anthropic/Python 0.84.0",
            "headers": [("x-stainless-lang", "python"), ("anthropic-version", "2023-06-01")],
            "reasoning_in": ["c2lnLW9uZQ=="],
            "reasoning_out": ["c2lnLXR3bw=="],
        }
    ],
)
"""The format."""
