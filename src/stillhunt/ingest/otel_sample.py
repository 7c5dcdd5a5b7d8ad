"""An OTLP export request with two calls, one by the current and one by the older conventions, and the rows it gives."""

from typing import Any

from stillhunt.ingest.format import Row


def _pair(key: str, value: str | float | dict[str, Any]) -> dict[str, Any]:
    if isinstance(value, str):
        return {"key": key, "value": {"stringValue": value}}
    if isinstance(value, int):
        return {"key": key, "value": {"intValue": str(value)}}
    return {"key": key, "value": {"doubleValue": value} if isinstance(value, float) else value}


_CURRENT = {
    "traceId": "5b8efff798038103d269b633813fc60c",
    "spanId": "eee19b7ec3c1b174",
    "name": "chat mistral-large",
    "kind": 3,
    "startTimeUnixNano": "1772442900250000000",
    "endTimeUnixNano": "1772442901000000000",
    "attributes": [
        _pair("gen_ai.operation.name", "chat"),
        _pair("gen_ai.provider.name", "mistral_ai"),
        _pair("gen_ai.request.model", "mistral-large"),
        _pair("gen_ai.response.id", "cmpl-3"),
        _pair("gen_ai.conversation.id", "walk-9"),
        _pair("gen_ai.request.temperature", 0.3),
        _pair("gen_ai.request.max_tokens", 120),
        _pair("gen_ai.usage.input_tokens", 21),
        _pair("gen_ai.usage.output_tokens", 6),
        _pair("gen_ai.response.finish_reasons", {"arrayValue": {"values": [{"stringValue": "stop"}]}}),
        _pair("gen_ai.system_instructions", '[{"type":"text","content":"You name birds."}]'),
        _pair(
            "gen_ai.input.messages",
            '[{"role":"user","parts":[{"type":"text","content":"Grey, on one leg?"},'
            '{"type":"uri","modality":"image","uri":"https://example.org/bird.jpg"}]}]',
        ),
        _pair(
            "gen_ai.output.messages",
            '[{"role":"assistant","parts":[{"type":"text","content":"A heron."}],"finish_reason":"stop"}]',
        ),
        _pair("gen_ai.tool.definitions", '[{"type":"function","name":"look_closer"}]'),
        _pair("user.id", "acct-8"),
        _pair("client.address", "203.0.113.80"),
        _pair("user_agent.original", "birds/2.1"),
        _pair("tls.client.ja4", "t13d1516h2_8daaf6152771_b186095e22b6"),
        _pair("http.response.status_code", 200),
    ],
}
_OLDER = {
    "traceId": "5b8efff798038103d269b633813fc60c",
    "spanId": "aaa19b7ec3c1b174",
    "name": "chat mistral-small",
    "startTimeUnixNano": "1772442902000000000",
    "endTimeUnixNano": "1772442902500000000",
    "attributes": [
        _pair("gen_ai.operation.name", "chat"),
        _pair("gen_ai.system", "mistral_ai"),
        _pair("gen_ai.request.model", "mistral-small"),
        _pair("gen_ai.usage.prompt_tokens", 9),
        _pair("enduser.id", "acct-8"),
    ],
    "events": [
        {"name": "gen_ai.system.message", "attributes": [_pair("content", "You name trees.")]},
        {"name": "gen_ai.user.message", "attributes": [_pair("content", "White bark?")]},
        {
            "name": "gen_ai.choice",
            "attributes": [_pair("finish_reason", "stop"), _pair("message", '{"content":"A birch."}')],
        },
    ],
}
_OTHER = {
    "traceId": "5b8efff798038103d269b633813fc60c",
    "spanId": "bbb19b7ec3c1b174",
    "name": "SELECT birds",
    "startTimeUnixNano": "1772442903000000000",
    "attributes": [_pair("db.system.name", "postgresql")],
}

SAMPLE = {
    "resourceSpans": [
        {
            "resource": {"attributes": [_pair("service.name", "gateway"), _pair("organization.id", "org-6")]},
            "scopeSpans": [{"scope": {"name": "example"}, "spans": [_CURRENT, _OLDER, _OTHER]}],
        }
    ]
}

EXPECTED: list[Row] = [
    {
        "exchange_id": "cmpl-3",
        "ts": 1_772_442_900_250_000,
        "account_id": "acct-8",
        "org_id": "org-6",
        "operation": "chat",
        "model": "mistral-large",
        "provider": "mistral_ai",
        "conversation_id": "walk-9",
        "system": "You name birds.",
        "prompt": "Grey, on one leg?",
        "response": "A heron.",
        "turns": 1,
        "tools": ["look_closer"],
        "images": 1,
        "temperature": 0.3,
        "max_tokens": 120,
        "status": 200,
        "stop_reason": "stop",
        "input_tokens": 21,
        "output_tokens": 6,
        "latency_ms": 750.0,
        "ip": "203.0.113.80",
        "ja4": "t13d1516h2_8daaf6152771_b186095e22b6",
        "user_agent": "birds/2.1",
        "reasoning_in": [],
        "reasoning_out": [],
    },
    {
        "exchange_id": "5b8efff798038103d269b633813fc60c-aaa19b7ec3c1b174",
        "ts": 1_772_442_902_000_000,
        "account_id": "acct-8",
        "org_id": "org-6",
        "operation": "chat",
        "model": "mistral-small",
        "provider": "mistral_ai",
        "system": "You name trees.",
        "prompt": "White bark?",
        "response": "A birch.",
        "turns": 1,
        "images": 0,
        "status": 200,
        "stop_reason": "stop",
        "input_tokens": 9,
        "latency_ms": 500.0,
        "reasoning_in": [],
        "reasoning_out": [],
    },
]
