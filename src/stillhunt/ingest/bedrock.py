"""Amazon Bedrock model invocation logs, as delivered to S3 or CloudWatch.

The account is the principal that called, from `identity.arn`; the AWS account is its organisation. The session name
of an assumed role is dropped, because programs make a new one for each machine or process; only for the roles of IAM
Identity Center (`AWSReservedSSO_…`) is it kept, because there it names the person.

Bodies over 100 kB, and all bodies where content logging is off, are not in the log: their text is unknown.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from stillhunt.ingest import anthropic, openai
from stillhunt.ingest.chat import joined, read_answer, read_request
from stillhunt.ingest.envelope import required
from stillhunt.ingest.fields import embedded, first, ident, items, mapping, number, text, whole
from stillhunt.ingest.format import Format, Parsed, Record, Row

_ASSUMED_ROLE = re.compile(r"(arn:[^:]*:sts::[^:]*:assumed-role/(?!AWSReservedSSO_)[^/]+)/.*")
_STATUS_BY_ERROR = {
    "ValidationException": 400, "AccessDeniedException": 403, "ResourceNotFoundException": 404,
    "ModelTimeoutException": 408, "ModelErrorException": 424, "ThrottlingException": 429, "ModelNotReadyException": 429,
    "ServiceQuotaExceededException": 429, "InternalServerException": 500, "ServiceUnavailableException": 503,
}  # fmt: skip


def _request_row(body: Mapping[str, Any]) -> Row:
    """Read a request body in the dialect of any model family on Bedrock."""
    if "anthropic_version" in body:
        return anthropic.request_row(body)
    settings = mapping(first(body, "inferenceConfig", "textGenerationConfig"))
    said = body.get("messages")
    if said is None and isinstance(body.get("chat_history"), list):  # Cohere Command R
        history = [{"role": str(turn.get("role")).lower(), "content": turn.get("message")}
                   for turn in map(mapping, items(body["chat_history"]))]  # fmt: skip
        said = [*history, {"role": "user", "content": body.get("message")}]
    said = said if said is not None else first(body, "prompt", "inputText", "message", "texts", "input")
    tools = first(mapping(body.get("toolConfig")), "tools") or body.get("tools")
    return {
        **read_request(said, first(body, "system", "preamble"), tools=tools),
        "temperature": number(first(settings, "temperature") or body.get("temperature")),
        "max_tokens": whole(
            first(settings, "maxTokens", "max_new_tokens", "maxTokenCount")
            or first(body, "max_tokens", "max_gen_len", "max_tokens_to_sample", "max_completion_tokens")
        ),
    }


def _response_row(body: Any) -> Row:
    """Read a response body; a list is a streamed answer."""
    if isinstance(body, list):
        events = [mapping(event) for event in body]
        if any(str(event.get("type")).startswith(("message_", "content_block_")) for event in events):
            return anthropic.response_row(anthropic.assemble(events))
        if any("choices" in event for event in events):
            return openai.response_row(openai.assemble(events))
        return _streamed_row(events)
    body = mapping(body)
    if body.get("type") == "message":
        return anthropic.response_row(body)
    if "choices" in body:
        return openai.response_row(body)
    message = mapping(mapping(body.get("output")).get("message"))
    result = mapping(next(iter(items(first(body, "results", "outputs", "generations"))), None))
    usage = mapping(body.get("usage"))
    spoken = first(result, "outputText", "text") or first(body, "generation", "text", "completion")
    return {
        "stop_reason": text(
            first(body, "stopReason", "stop_reason", "finish_reason")
            or first(result, "completionReason", "stop_reason")
        ),
        "cached_tokens": whole(first(usage, "cacheReadInputTokens", "cacheReadInputTokenCount")),
        **read_answer(message or text(spoken)),
    }


def _streamed_row(events: Sequence[Mapping[str, Any]]) -> Row:
    """Read the chunks of Converse, Titan, Llama or Mistral."""
    deltas = [mapping(mapping(event.get("contentBlockDelta")).get("delta")) for event in events]
    last = [mapping(first(event, "messageStop") or event) for event in events]
    stops = [stop for event in last if (stop := text(first(event, "stopReason", "stop_reason", "completionReason")))]
    spoken = joined(
        first(delta, "text") or first(event, "outputText", "generation", "completion")
        for delta, event in zip(deltas, events, strict=True)
    )
    sealed = [mapping(delta.get("reasoningContent")).get("signature") for delta in deltas]
    return {
        "stop_reason": stops[-1] if stops else None,
        "response": spoken or None,
        "reasoning_out": [signature for signature in sealed if isinstance(signature, str)],
    }


def _principal(record: Record) -> str | None:
    arn = text(mapping(record.get("identity")).get("arn"))
    if not arn:
        return None
    role = _ASSUMED_ROLE.fullmatch(arn)
    return role[1] if role else arn


def _operation(record: Record, request: Mapping[str, Any]) -> str | None:
    if "embed" in (text(record.get("modelId")) or ""):
        return "embedding"
    operation = text(record.get("operation"))
    if operation is None:
        return None
    return "chat" if operation.startswith("Converse") or "messages" in request else "completion"


def _recognise(record: Record) -> bool:
    return record.get("schemaType") == "ModelInvocationLog" or ("modelId" in record and "requestId" in record)


def _parse(record: Record) -> Parsed:
    asked, answered = mapping(record.get("input")), mapping(record.get("output"))
    request = mapping(asked.get("inputBodyJson"))
    response = embedded(answered.get("outputBodyJson"))
    operation = text(record.get("operation")) or ""
    error = text(record.get("errorCode"))
    fresh, cached, written = (
        whole(asked.get(name)) for name in ("inputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount")
    )
    row: Row = _request_row(request) | _response_row(response)
    row |= {
        "org_id": ident(record.get("accountId")),
        "operation": _operation(record, request),
        "model": (text(record.get("modelId")) or "").rpartition("/")[2] or None,
        "provider": "aws.bedrock",
        "stream": operation.endswith("Stream") if operation else None,
        "status": _STATUS_BY_ERROR.get(error) if error else 200 if answered else None,
        "input_tokens": None if fresh is None else fresh + (cached or 0) + (written or 0),
        "output_tokens": whole(answered.get("outputTokenCount")),
    }
    row["cached_tokens"] = cached if cached is not None else row.get("cached_tokens")
    return [
        required(
            row,
            (record.get("requestId"), "requestId"),
            (record.get("timestamp"), "timestamp"),
            (_principal(record) or record.get("accountId"), "identity.arn or accountId"),
        )
    ]


BEDROCK = Format(
    name="bedrock",
    says="Amazon Bedrock model invocation logs, one ModelInvocationLog a line.",
    recognise=_recognise,
    parse=_parse,
    sample={
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": "2026-03-02T09:15:00Z",
        "accountId": "111122223333",
        "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/harbour-bot/i-0abc"},
        "region": "eu-central-1",
        "requestId": "3f1c",
        "operation": "Converse",
        "modelId": "arn:aws:bedrock:eu-central-1:111122223333:inference-profile/eu.amazon.nova-pro-v1:0",
        "input": {
            "inputContentType": "application/json",
            "inputBodyJson": {
                "system": [{"text": "You watch the tide."}],
                "messages": [{"role": "user", "content": [{"text": "When is high water?"}]}],
                "inferenceConfig": {"maxTokens": 200, "temperature": 0.5},
                "toolConfig": {"tools": [{"toolSpec": {"name": "tide_table"}}]},
            },
            "inputTokenCount": 19,
        },
        "output": {
            "outputContentType": "application/json",
            "outputBodyJson": {
                "output": {"message": {"role": "assistant", "content": [{"text": "At ten past four."}]}},
                "stopReason": "end_turn",
                "usage": {"inputTokens": 19, "outputTokens": 7, "totalTokens": 26},
            },
            "outputTokenCount": 7,
        },
    },
    expected=[
        {
            "exchange_id": "3f1c",
            "ts": 1_772_442_900_000_000,
            "account_id": "arn:aws:sts::111122223333:assumed-role/harbour-bot",
            "org_id": "111122223333",
            "operation": "chat",
            "model": "eu.amazon.nova-pro-v1:0",
            "provider": "aws.bedrock",
            "system": "You watch the tide.",
            "prompt": "When is high water?",
            "response": "At ten past four.",
            "turns": 1,
            "tools": ["tide_table"],
            "images": 0,
            "temperature": 0.5,
            "max_tokens": 200,
            "stream": False,
            "status": 200,
            "stop_reason": "end_turn",
            "input_tokens": 19,
            "output_tokens": 7,
            "reasoning_in": [],
            "reasoning_out": [],
        }
    ],
)
"""The format."""
