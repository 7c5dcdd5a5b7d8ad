"""Request-response logs of the OpenAI Chat Completions, Completions, Embeddings and Responses APIs."""

from collections.abc import Mapping, Sequence
from typing import Any

from stillhunt.ingest.chat import joined, read_answer, read_request
from stillhunt.ingest.envelope import body, identify, read_envelope
from stillhunt.ingest.fields import first, flag, ident, items, mapping, number, small, text, whole
from stillhunt.ingest.format import Format, Parsed, Record, Row


def request_row(request: Mapping[str, Any]) -> Row:
    """Read a request body of any of the APIs."""
    said = first(request, "messages", "input", "prompt")
    conversation = request.get("conversation")
    asked = read_request(said, request.get("instructions"), tools=first(request, "tools", "functions"))
    return {
        "operation": _operation(request),
        "model": text(request.get("model")),
        "conversation_id": ident(first(mapping(conversation), "id") or conversation)
        or ident(first(request, "prompt_cache_key", "previous_response_id")),
        **asked,
        "turns": _turns(request, asked.get("turns")),
        "temperature": number(request.get("temperature")),
        "max_tokens": whole(first(request, "max_output_tokens", "max_completion_tokens", "max_tokens")),
        "n": small(request.get("n")),
        "stream": flag(request.get("stream")) or (False if request else None),
    }


def _turns(request: Mapping[str, Any], own: int | None) -> int | None:
    """User turns as far as the request tells: where the service keeps a conversation, it carries the newest alone."""
    if request.get("previous_response_id"):
        return 2 if own is None else own + 1
    if request.get("conversation") and own == 1:  # the first turn, or a later one
        return None
    return own


def response_row(response: Mapping[str, Any]) -> Row:
    """Read a response body of any of the APIs."""
    usage = mapping(response.get("usage"))
    details = mapping(first(usage, "completion_tokens_details", "output_tokens_details"))
    prompt_details = mapping(first(usage, "prompt_tokens_details", "input_tokens_details"))
    row: Row = {
        "input_tokens": whole(first(usage, "prompt_tokens", "input_tokens")),
        "output_tokens": whole(first(usage, "completion_tokens", "output_tokens")),
        "reasoning_tokens": whole(details.get("reasoning_tokens")),
        "cached_tokens": whole(prompt_details.get("cached_tokens")),
    }
    choices = [mapping(choice) for choice in items(response.get("choices"))]
    if choices:
        row["stop_reason"] = text(choices[0].get("finish_reason"))
        return row | read_answer([first(choice, "message") or {"content": choice.get("text")} for choice in choices])
    incomplete = mapping(response.get("incomplete_details")).get("reason")
    row["stop_reason"] = text(first({"reason": incomplete, "status": response.get("status")}, "reason", "status"))
    return row | read_answer(items(response.get("output")))


def assemble(events: Sequence[Any]) -> dict[str, Any]:
    """Put a streamed answer back together from its chunks (Chat) or events (Responses)."""
    chunks = [mapping(event) for event in events]
    for chunk in reversed(chunks):
        if chunk.get("type") in ("response.completed", "response.incomplete", "response.failed"):
            return dict(mapping(chunk.get("response")))
    pieces: dict[Any, dict[str, Any]] = {}
    whole_answer: dict[str, Any] = {}
    for chunk in chunks:
        whole_answer |= {name: chunk[name] for name in ("id", "model", "usage") if chunk.get(name) is not None}
        for choice in map(mapping, items(chunk.get("choices"))):
            piece = pieces.setdefault(whole(choice.get("index")), {"content": "", "finish_reason": None})
            said = mapping(choice.get("delta")).get("content") or choice.get("text")
            piece["content"] = joined((piece["content"], said))
            piece["finish_reason"] = choice.get("finish_reason") or piece["finish_reason"]
    return whole_answer | {
        "choices": [
            {"message": {"content": piece["content"]}, "finish_reason": piece["finish_reason"]}
            for piece in pieces.values()
        ]
    }


def _operation(request: Mapping[str, Any]) -> str | None:
    if "messages" in request or "instructions" in request or "max_output_tokens" in request:
        return "chat"
    if "prompt" in request:
        return "completion"
    if "input" in request:
        return "embedding" if "embedding" in (text(request.get("model")) or "") else "chat"
    return None


def _recognise(record: Record) -> bool:
    request, response = mapping(body(record, "request")), body(record, "response")
    if any(name in request for name in ("messages", "input", "prompt")):
        return True
    said = text(mapping(response).get("object")) or ""
    return said in {"response", "text_completion", "list"} or said.startswith("chat.completion")


def _parse(record: Record) -> Parsed:
    request, response = mapping(body(record, "request")), body(record, "response")
    response = assemble(response) if isinstance(response, list) else mapping(response)
    envelope = read_envelope(record, request, response)
    conversation = mapping(response.get("conversation")).get("id")
    row = envelope | request_row(request) | response_row(response)
    row["conversation_id"] = envelope["conversation_id"] or ident(conversation) or row["conversation_id"]
    row["provider"] = row["provider"] or "openai"
    row["model"] = row["model"] or text(response.get("model"))
    return [identify(row, record, request, response)]


OPENAI = Format(
    name="openai",
    says="OpenAI Chat Completions or Responses API, one object a line with `request` and `response` bodies.",
    recognise=_recognise,
    parse=_parse,
    sample={
        "request_id": "req_8d",
        "timestamp": 1_772_442_900,
        "account_id": "user-31",
        "organization": "org-2",
        "api_key_id": "key_5",
        "client_ip": "198.51.100.7",
        "status_code": 200,
        "request": {
            "model": "gpt-5.2",
            "instructions": "You mend clocks.",
            "input": [
                {"role": "user", "content": "It loses an hour a day."},
                {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "Z2VhcnM="},
                {"type": "function_call", "call_id": "c1", "name": "look_up", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c1", "output": "worn escapement"},
                {"role": "user", "content": [{"type": "input_text", "text": "Can I file it?"}]},
            ],
            "tools": [{"type": "function", "name": "look_up"}, {"type": "web_search"}],
            "max_output_tokens": 900,
            "previous_response_id": "resp_0",
            "stream": False,
        },
        "response": {
            "id": "resp_1",
            "object": "response",
            "status": "completed",
            "model": "gpt-5.2-2026-01-15",
            "output": [
                {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "YnJhc3M="},
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "Replace it instead."}],
                },
            ],
            "usage": {
                "input_tokens": 88,
                "input_tokens_details": {"cached_tokens": 64},
                "output_tokens": 40,
                "output_tokens_details": {"reasoning_tokens": 32},
            },
        },
    },
    expected=[
        {
            "exchange_id": "req_8d",
            "ts": 1_772_442_900_000_000,
            "account_id": "user-31",
            "org_id": "org-2",
            "operation": "chat",
            "model": "gpt-5.2",
            "provider": "openai",
            "api_key_id": "key_5",
            "conversation_id": "resp_0",
            "system": "You mend clocks.",
            "opening": "It loses an hour a day.",
            "prompt": "Can I file it?",
            "response": "Replace it instead.",
            "turns": 3,
            "tools": ["look_up", "web_search"],
            "images": 0,
            "max_tokens": 900,
            "stream": False,
            "status": 200,
            "stop_reason": "completed",
            "input_tokens": 88,
            "output_tokens": 40,
            "reasoning_tokens": 32,
            "cached_tokens": 64,
            "ip": "198.51.100.7",
            "reasoning_in": ["Z2VhcnM="],
            "reasoning_out": ["YnJhc3M="],
        }
    ],
)
"""The format."""
