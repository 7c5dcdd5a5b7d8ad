"""Facts about single formats that the contract over all of them does not show."""

import json
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillhunt.ingest.anthropic import ANTHROPIC
from stillhunt.ingest.bedrock import BEDROCK
from stillhunt.ingest.chat import read_answer, read_request
from stillhunt.ingest.fields import ident, number, parse_json, whole
from stillhunt.ingest.format import Format, Skip
from stillhunt.ingest.litellm import LITELLM
from stillhunt.ingest.native import NATIVE
from stillhunt.ingest.openai import OPENAI
from stillhunt.ingest.otel import OTEL

PERSON = "arn:aws:sts::1:assumed-role/AWSReservedSSO_Dev_0a"


def row(known: Format, record: Mapping[str, Any]) -> dict[str, Any]:
    (part,) = known.parse(record)
    assert isinstance(part, dict)
    return part


def litellm(metadata: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return row(LITELLM, {**LITELLM.sample, "metadata": {**LITELLM.sample["metadata"], **(metadata or {})}, **fields})


@pytest.mark.parametrize(
    ("metadata", "end_user", "account"),
    [
        ({"user_api_key_user_id": "ada"}, "shop-9", "ada"),
        ({"user_api_key_user_id": "default_user_id"}, "shop-9", "88dc28d0f030c55e"),
        ({"user_api_key_user_id": None}, "shop-9", "88dc28d0f030c55e"),
        ({"user_api_key_user_id": None, "user_api_key_hash": None, "user_api_key_alias": None}, "shop-9", "shop-9"),
        (
            {"user_api_key_user_id": "default_user_id", "user_api_key_hash": "", "user_api_key_alias": None},
            "",
            "default_user_id",
        ),
    ],
)
def test_litellm_account_is_whom_the_gateway_can_limit(metadata: dict[str, Any], end_user: str, account: str) -> None:
    assert litellm(metadata, end_user=end_user)["account_id"] == account


def test_litellm_text_that_was_not_logged_is_unknown_and_no_text_that_all_share() -> None:
    redacted = [{"role": "user", "content": "redacted-by-litellm"}]
    found = litellm(messages=redacted, response={"choices": [{"message": {"content": "redacted-by-litellm"}}]})
    assert found.get("prompt") is None
    assert found.get("response") is None
    assert found["turns"] == 1
    assert litellm(messages=None, response=None).get("prompt") is None


def test_litellm_failures_keep_their_status_and_no_made_up_zeros() -> None:
    found = litellm(status="failure", response={}, prompt_tokens=0, error_information={"error_code": "429"})
    assert found["status"] == 429
    assert found.get("input_tokens") is None
    assert litellm(status="failure", error_information={"error_code": "oops"})["status"] is None


def test_litellm_answers_of_every_call_type() -> None:
    message = ANTHROPIC.sample["response"]
    found = litellm(call_type="anthropic_messages", response=message, request_tags=[], user_agent="claude-cli/2.0")
    assert (found["response"], found["reasoning_out"]) == ("Wind before midnight.", ["c2lnLXR3bw=="])
    assert (found["operation"], found["user_agent"]) == ("chat", "claude-cli/2.0")
    assert litellm(call_type="aresponses", response=OPENAI.sample["response"])["reasoning_out"] == ["YnJhc3M="]
    assert litellm(response='{"looks": "like JSON"}')["response"] == '{"looks": "like JSON"}'
    thought = {"role": "assistant", "content": "Yes.", "thinking_blocks": [{"type": "thinking", "signature": "s"}]}
    assert litellm(messages=[{"role": "user", "content": "Is it?"}, thought])["reasoning_in"] == ["s"]


def test_anthropic_streams_are_put_together() -> None:
    events = [
        {"type": "message_start", "message": {"id": "m", "type": "message", "usage": {"input_tokens": 3}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "si"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "g"}},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "No "}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "wind."}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}},
    ]
    found = row(ANTHROPIC, {**ANTHROPIC.sample, "response": events})
    assert (found["response"], found["reasoning_out"], found["stop_reason"]) == ("No wind.", ["sig"], "end_turn")
    assert (found["input_tokens"], found["output_tokens"]) == (3, 4)
    body = {
        "inputBodyJson": {"anthropic_version": "bedrock-2023-05-31", "messages": [{"role": "user", "content": "?"}]}
    }
    on_bedrock = row(BEDROCK, {**BEDROCK.sample, "input": body, "output": {"outputBodyJson": events}})
    assert (on_bedrock["response"], on_bedrock["prompt"]) == ("No wind.", "?")


def test_anthropic_errors_and_the_client_that_names_its_device() -> None:
    device, session = "0f" * 32, "01234567-89ab-cdef-0123-456789abcdef"
    request = {
        **ANTHROPIC.sample["request"],
        "metadata": {"user_id": f"user_{device}_account_{session}_session_{session}"},
    }
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "later"}}
    found = row(ANTHROPIC, {**ANTHROPIC.sample, "request": request, "response": error, "status": None})
    assert (found["device_id"], found["conversation_id"], found["status"]) == (device, session, 529)
    as_json = {"user_id": orjson.dumps({"device_id": "d", "account_uuid": "", "session_id": "s"}).decode()}
    found = row(ANTHROPIC, {**ANTHROPIC.sample, "request": {**request, "metadata": as_json}})
    assert (found["device_id"], found["conversation_id"]) == ("d", "s")


def test_secrets_among_headers_are_never_kept() -> None:
    headers = {
        "Authorization": "Bearer s",
        "x-api-key": "s",
        "Cookie": "s",
        "X-Stainless-OS": "Linux",
        "traceparent": "1",
    }
    found = row(OPENAI, {**OPENAI.sample, "headers": headers})
    assert found["headers"] == {"x-stainless-os": "Linux"}


def test_openai_chat_with_tools_images_and_a_streamed_answer() -> None:
    request = {
        "model": "m",
        "max_completion_tokens": 5,
        "prompt_cache_key": "k",
        "tools": [{"type": "function", "function": {"name": "f"}}],
        "messages": [
            {"role": "developer", "content": "Be kind."},
            {
                "role": "user",
                "content": [{"type": "text", "text": "Who?"}, {"type": "image_url", "image_url": {"url": "u"}}],
            },
        ],
    }
    chunks = [
        {"id": "c", "choices": [{"index": 0, "delta": {"content": "The "}}]},
        {
            "id": "c",
            "choices": [{"index": 0, "delta": {"content": "cat."}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 9},
        },
    ]
    found = row(
        OPENAI,
        {
            "ts": 1_772_442_900,
            "account_id": "a",
            "request": {"body": request},
            "response": {"status": 200, "body": chunks},
        },
    )
    assert {name: found[name] for name in ("system", "prompt", "images", "tools", "max_tokens", "conversation_id")} == {
        "system": "Be kind.", "prompt": "Who?", "images": 1, "tools": ["f"], "max_tokens": 5, "conversation_id": "k",
    }  # fmt: skip
    assert (found["response"], found["stop_reason"], found["input_tokens"], found["exchange_id"]) == (
        "The cat.",
        "stop",
        9,
        "c",
    )


@pytest.mark.parametrize(
    ("asked", "answered", "expected"),
    [
        (
            {"inputText": "Hi", "textGenerationConfig": {"maxTokenCount": 9}},
            {"results": [{"outputText": "Ho", "completionReason": "FINISH"}]},
            ("Hi", "Ho", 9, "FINISH"),
        ),
        (
            {"inputText": "Hi"},
            [{"outputText": "H"}, {"outputText": "o", "completionReason": "FINISH"}],
            ("Hi", "Ho", None, "FINISH"),
        ),
        ({"prompt": "Hi", "max_gen_len": 9}, {"generation": "Ho", "stop_reason": "stop"}, ("Hi", "Ho", 9, "stop")),
        (
            {"prompt": "Hi", "max_tokens": 9},
            {"outputs": [{"text": "Ho", "stop_reason": "stop"}]},
            ("Hi", "Ho", 9, "stop"),
        ),
        (
            {"message": "Hi", "chat_history": [{"role": "USER", "message": "Hm"}]},
            {"text": "Ho", "finish_reason": "COMPLETE"},
            ("Hi", "Ho", None, "COMPLETE"),
        ),
        (
            {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]},
            [{"contentBlockDelta": {"delta": {"text": "Ho"}}}, {"messageStop": {"stopReason": "end_turn"}}],
            ("Hi", "Ho", None, "end_turn"),
        ),
        (None, None, (None, None, None, None)),
    ],
)
def test_bedrock_bodies_of_every_family(asked: Any, answered: Any, expected: tuple[Any, ...]) -> None:
    record = {**BEDROCK.sample, "input": {"inputBodyJson": asked}, "output": {"outputBodyJson": answered}}
    found = row(BEDROCK, record)
    assert tuple(found.get(name) for name in ("prompt", "response", "max_tokens", "stop_reason")) == expected


@pytest.mark.parametrize(
    ("arn", "account"),
    [
        ("arn:aws:iam::1:user/ann", "arn:aws:iam::1:user/ann"),
        ("arn:aws:sts::1:assumed-role/bot/i-07", "arn:aws:sts::1:assumed-role/bot"),
        (f"{PERSON}/ann@example.org", f"{PERSON}/ann@example.org"),
        (None, "111122223333"),
    ],
)  # fmt: skip
def test_bedrock_account_is_the_principal(arn: str | None, account: str) -> None:
    assert row(BEDROCK, {**BEDROCK.sample, "identity": {"arn": arn}})["account_id"] == account


def otel(attributes: Mapping[str, str], events: list[Any] | None = None) -> dict[str, Any]:
    said = {"gen_ai.request.model": "m", "user.id": "a", **attributes}
    pairs = [{"key": key, "value": {"stringValue": value}} for key, value in said.items()]
    span = {
        "traceId": "t",
        "spanId": "s",
        "startTimeUnixNano": "1772442900000000000",
        "attributes": pairs,
        "events": events,
    }
    return row(OTEL, {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})


def test_otel_older_ways_to_tell_what_was_said() -> None:
    indexed = otel(
        {
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": "Be brief.",
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.1.content": '{"q": 1}',
            "gen_ai.completion.0.content": "Two.",
        }
    )
    assert (indexed["system"], indexed["prompt"], indexed["response"]) == ("Be brief.", '{"q": 1}', "Two.")
    said = {"key": "gen_ai.prompt", "value": {"stringValue": '[{"role":"user","content":"Hm?"}]'}}
    event = {"name": "gen_ai.content.prompt", "attributes": [said]}
    assert otel({}, [event])["prompt"] == "Hm?"
    plain = otel({"gen_ai.prompt": "[not JSON", "gen_ai.completion": "Ho"})
    assert (plain["prompt"], plain["response"]) == ("[not JSON", "Ho")


def test_otel_spans_around_calls_are_skipped_and_content_that_is_off_is_unknown() -> None:
    assert otel({}).get("prompt") is None
    assert otel({}).get("tools") is None
    assert otel({"error.type": "429"})["status"] == 429
    assert otel({"error.type": "timeout"}).get("status") is None
    for operation in ("execute_tool", "invoke_agent"):
        pairs = [{"key": "gen_ai.operation.name", "value": {"stringValue": operation}}]
        assert OTEL.parse({"resourceSpans": [{"scopeSpans": [{"spans": [{"attributes": pairs}]}]}]}) == [Skip()]
    assert OTEL.parse({"resourceLogs": []}) == [Skip()]


def test_native_messages_fill_only_what_the_record_does_not_say() -> None:
    record = {**NATIVE.sample, "prompt": "Mine.", "messages": [{"role": "user", "content": "Theirs."}]}
    found = row(NATIVE, record)
    assert (found["prompt"], found["turns"], found["opening"]) == ("Mine.", 1, None)


def test_a_tool_result_is_no_turn_of_the_user_and_its_screenshots_are_images() -> None:
    shot = {"type": "tool_result", "content": [{"type": "image", "source": {}}, {"type": "text", "text": "done"}]}
    found = read_request([{"role": "user", "content": "Click."}, {"role": "user", "content": [shot]}])
    assert (found["prompt"], found["opening"], found["turns"], found["images"]) == ("Click.", None, 1, 1)
    assert read_request([{"type": "computer_call_output", "output": {"type": "computer_screenshot"}}])["images"] == 1


def test_an_answer_of_tool_calls_alone_is_known_to_have_no_text() -> None:
    assert read_answer({"role": "assistant", "content": None, "tool_calls": [{}]})["response"] == ""
    assert read_answer(None) == {}


def test_half_a_surrogate_pair_does_not_hide_a_call() -> None:
    assert parse_json(rb'{"a": "x\ud800y", "b": "\\ud800", "c": "\ud83d\ude00"}') == {
        "a": "x\ufffdy",
        "b": "\\ud800",
        "c": "😀",
    }


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"a": NaN', '"a": null'),
        ('"a": [Infinity, -Infinity, 1e999, -1e999]', '"a": [null, null, null, null]'),
        (f'"a": 1{"0" * 400}, "b": -1{"0" * 400}', '"a": null, "b": null'),
        (f'"a": 1{"0" * 4400}', '"a": null'),
        (r'"a": NaN, "b": "x\ud800y", "c": "\\ud800"', r'"a": null, "b": "x\ufffdy", "c": "\\ud800"'),
        ('"a": "NaN", "b": Infinity, "c": "\\u00e4\\n"', '"a": "NaN", "b": null, "c": "\\u00e4\\n"'),
    ],
)
def test_what_is_no_number_hides_no_call_and_changes_nothing_beside_it(written: str, read: str) -> None:
    numbers = (
        ', "n": 0, "n": [0, -0, 1.0, -0.0, 18446744073709551615, 2e19, 18446744073709551616, -9223372036854775809]}'
    )
    expected = repr(orjson.loads("{" + read + numbers))
    for text in ("{" + written + numbers, "\ufeff{" + written + numbers, "\ufeff{" + read + numbers):
        assert repr(parse_json(text)) == repr(parse_json(text.encode())) == expected


@pytest.mark.parametrize(
    "text",
    [b"", b"\xef\xbb\xbf", b"{", b'{"a": NaN', b'{"a": nan}', b'{"a": +1}', b'{"a": NaN, "b": "\xed\xa0\x80"}',
     b'{"a": NaN, "b": "\x01"}', '{"a": NaN}'.encode("utf-16"), b'{"a": NaN, "b": ' + b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_json_stays_none(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  of the parsers' own words
        parse_json(text)


@settings(deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
))  # fmt: skip
def test_beside_what_is_no_number_everything_reads_as_ever(value: Any) -> None:
    said = json.dumps(value)
    assert repr(parse_json(f'{{"no number": NaN, "value": {said}}}')) == repr(
        parse_json(f'{{"no number": null, "value": {said}}}')
    )


def test_numbers_beyond_all_use_are_unknown() -> None:
    for odd in (float("nan"), float("inf"), 10**400, -(10**5000)):
        assert (number(odd), whole(odd), ident(odd)) == (None, None, None)
    assert (number(2**70), ident(2**64 - 1), ident(2**64)) == (float(2**70), str(2**64 - 1), None)


@pytest.mark.parametrize(
    ("kept", "turns"),
    [
        ({}, 1),
        ({"previous_response_id": "resp_7"}, 2),
        ({"conversation": "conv_3"}, None),
        ({"conversation": {"id": "conv_3"}}, None),
        ({"previous_response_id": "resp_7", "input": [{"type": "function_call_output", "output": "4"}]}, 1),
    ],
)
def test_turns_that_the_service_keeps_are_no_single_questions(kept: dict[str, Any], turns: int | None) -> None:
    """A request to the Responses API carries the newest turn alone where what came before is kept for it."""
    request = {"model": "gpt-5.2", "input": "And the next step?", **kept}
    assert row(OPENAI, {**OPENAI.sample, "request": request})["turns"] == turns
