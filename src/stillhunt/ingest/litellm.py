"""LiteLLM's StandardLoggingPayload, as its S3, GCS, generic API and custom callbacks write it.

The account is the user who owns the virtual key, since that is whom a gateway can limit. `default_user_id` is
LiteLLM's own administrator, under whom every key made in its console stands, so there the key is the account.
`end_user` is what the calling program says of its own customers; it is the account only where no key is known.
"""

from collections.abc import Mapping
from typing import Any

from stillhunt.ingest import anthropic, openai
from stillhunt.ingest.chat import read_answer, read_request
from stillhunt.ingest.clock import micros_or_none
from stillhunt.ingest.envelope import claude_code_user, headers_of, kept_headers, required
from stillhunt.ingest.fields import (
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
from stillhunt.ingest.format import Format, Parsed, Record, Row

ADMINISTRATOR = "default_user_id"

_OPERATIONS = {
    "completion": "chat", "text_completion": "completion", "embedding": "embedding", "responses": "chat",
    "anthropic_messages": "chat", "generate_content": "chat", "generate_content_stream": "chat",
}  # fmt: skip


def _account(payload: Record, metadata: Mapping[str, Any]) -> Any:
    owner = metadata.get("user_api_key_user_id")
    if owner and owner != ADMINISTRATOR:
        return owner
    key = first(metadata, "user_api_key_hash", "user_api_key_alias")
    return key or first(payload, "end_user") or first(metadata, "user_api_key_end_user_id") or owner or None


def _operation(payload: Record) -> str | None:
    call = text(payload.get("call_type"))
    return None if call is None else _OPERATIONS.get(call) or _OPERATIONS.get(call.removeprefix("a"), call)


def _user_agent(payload: Record, metadata: Mapping[str, Any], headers: Mapping[str, Any]) -> str | None:
    said = text(first(payload, "user_agent") or first(metadata, "user_agent")) or headers_of(headers, "user-agent")
    tags = [tag for tag in items(payload.get("request_tags")) if isinstance(tag, str)]
    # Older versions tag a call with the program's name and again with name and version: the longest says most.
    agents = [tag.removeprefix("User-Agent: ") for tag in tags if tag.startswith("User-Agent: ")]
    return said or max(agents, key=len, default=None)


def _answer(payload: Record) -> Row:
    response = payload.get("response")
    body = mapping(response)
    if body.get("type") == "message":
        return anthropic.response_row(body)
    if isinstance(response, dict) or "choices" in body or "output" in body:
        return openai.response_row(body)
    return read_answer(response)  # text, which may be JSON that the model was asked for


def _status(payload: Record) -> int | None:
    if payload.get("status") == "success":
        return 200
    return status_code(mapping(payload.get("error_information")).get("error_code"))


def _latency(payload: Record) -> float | None:
    start, end = micros_or_none(payload.get("startTime")), micros_or_none(payload.get("endTime"))
    return None if start is None or end is None else (end - start) / 1000


def _counts(payload: Record, metadata: Mapping[str, Any], answer: Row) -> Row:
    """Count tokens, preferring what the payload itself says, then the answer, then the usage kept in the metadata."""
    usage = openai.response_row({"usage": first(metadata, "usage_object")})
    names = ("reasoning_tokens", "cached_tokens")
    row: Row = {name: usage[name] if answer.get(name) is None else answer[name] for name in names}
    if payload.get("status") == "success":  # on a failure LiteLLM writes zeros, which nobody counted
        for name, given in (("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens")):
            counted = whole(payload.get(given))
            row[name] = answer.get(name) if counted is None else counted
    return row


def _parse(record: Record) -> Parsed:
    payload = mapping(record.get("standard_logging_object")) or record
    metadata = mapping(payload.get("metadata"))
    settings = mapping(payload.get("model_parameters"))
    own = mapping(metadata.get("requester_metadata"))
    headers = mapping(metadata.get("requester_custom_headers"))
    device, session = claude_code_user({"metadata": own or settings.get("metadata")})
    row: Row = {
        "org_id": ident(first(metadata, "user_api_key_org_id", "user_api_key_team_id")),
        "operation": _operation(payload),
        "model": text(payload.get("model")),
        "provider": text(payload.get("custom_llm_provider")),
        "api_key_id": ident(metadata.get("user_api_key_hash")),
        "conversation_id": ident(first(own, "session_id", "conversation_id"))
        or session
        or ident(payload.get("trace_id")),
        **read_request(
            payload.get("messages"),
            settings.get("system"),
            settings.get("instructions"),
            tools=first(settings, "tools", "functions"),
        ),
        "temperature": number(settings.get("temperature")),
        "max_tokens": whole(first(settings, "max_completion_tokens", "max_output_tokens", "max_tokens")),
        "n": small(settings.get("n")),
        "stream": flag(first(payload, "stream")) if payload.get("stream") is not None else flag(settings.get("stream")),
        "status": _status(payload),
        "latency_ms": _latency(payload),
        "ip": text(first(payload, "requester_ip_address") or first(metadata, "requester_ip_address")),
        "user_agent": _user_agent(payload, metadata, headers),
        "headers": kept_headers(headers) if headers else None,
        "device_id": device,
        **_answer(payload),
    }
    row |= _counts(payload, metadata, row)
    return [
        required(
            row,
            (first(payload, "id", "litellm_call_id"), "id"),
            (first(payload, "startTime", "start_time"), "startTime"),
            (
                _account(payload, metadata),
                "metadata.user_api_key_user_id, metadata.user_api_key_hash or end_user",
            ),
        )
    ]


def _recognise(record: Record) -> bool:
    payload = mapping(record.get("standard_logging_object")) or record
    return "call_type" in payload and "startTime" in payload


LITELLM = Format(
    name="litellm",
    says="LiteLLM gateway, one StandardLoggingPayload a line (also inside `standard_logging_object`).",
    recognise=_recognise,
    parse=_parse,
    sample={
        "id": "chatcmpl-7f",
        "trace_id": "5a1e",
        "call_type": "acompletion",
        "stream": True,
        "status": "success",
        "custom_llm_provider": "openai",
        "prompt_tokens": 25,
        "completion_tokens": 9,
        "total_tokens": 34,
        "startTime": 1_772_442_900.25,
        "endTime": 1_772_442_901.5,
        "completionStartTime": 1_772_442_900.9,
        "response_time": 0.65,
        "model": "gpt-5.2",
        "model_group": "gpt-5.2",
        "metadata": {
            "user_api_key_hash": "88dc28d0f030c55e",
            "user_api_key_alias": "kitchen",
            "user_api_key_team_id": "team-3",
            "user_api_key_org_id": None,
            "user_api_key_user_id": "ada",
            "requester_ip_address": "192.0.2.44",
            "requester_metadata": {"session_id": "soup-1"},
            "requester_custom_headers": {"x-stainless-lang": "js"},
        },
        "request_tags": ["User-Agent: OpenAI", "User-Agent: OpenAI/JS 6.1.0"],
        "end_user": "",
        "requester_ip_address": "192.0.2.44",
        "messages": [
            {"role": "system", "content": "You cook."},
            {"role": "user", "content": "How long do lentils take?"},
        ],
        "response": {
            "id": "chatcmpl-7f",
            "object": "chat.completion",
            "model": "gpt-5.2",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": "Half an hour."},
                }
            ],
            "usage": {
                "prompt_tokens": 25,
                "completion_tokens": 9,
                "prompt_tokens_details": {"cached_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 4},
            },
        },
        "error_str": None,
        "error_information": None,
        "model_parameters": {"temperature": 0.2, "max_tokens": 300, "stream": True},
    },
    expected=[
        {
            "exchange_id": "chatcmpl-7f",
            "ts": 1_772_442_900_250_000,
            "account_id": "ada",
            "org_id": "team-3",
            "operation": "chat",
            "model": "gpt-5.2",
            "provider": "openai",
            "api_key_id": "88dc28d0f030c55e",
            "conversation_id": "soup-1",
            "system": "You cook.",
            "prompt": "How long do lentils take?",
            "response": "Half an hour.",
            "turns": 1,
            "tools": [],
            "images": 0,
            "temperature": 0.2,
            "max_tokens": 300,
            "stream": True,
            "status": 200,
            "stop_reason": "stop",
            "input_tokens": 25,
            "output_tokens": 9,
            "reasoning_tokens": 4,
            "cached_tokens": 0,
            "latency_ms": 1250.0,
            "ip": "192.0.2.44",
            "user_agent": "OpenAI/JS 6.1.0",
            "headers": [("x-stainless-lang", "js")],
            "reasoning_in": [],
            "reasoning_out": [],
        }
    ],
)
"""The format."""
