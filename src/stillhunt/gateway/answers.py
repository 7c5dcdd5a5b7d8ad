"""What a client is told, and what is taken out of its request, when an action is carried out.

A client learns what is refused and where it may object, never why: reasons would teach an operator what to change.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from stillhunt.gateway.calls import ANTHROPIC, CHAT, Call, endpoint_of
from stillhunt.gateway.decision import Decision
from stillhunt.live.verdict import Action

ACTION_HEADER: Final = "x-stillhunt-action"
"""Tells the model server what is to be done where a gateway cannot do it; a client's own is taken out."""

_SAID: Final[Mapping[Action | None, tuple[int, str, str]]] = {
    Action.slow: (429, "rate_limit_exceeded", "Too many requests for now: try again in a moment."),
    Action.step_up: (403, "verification_required", "This account must be verified before it can be used further."),
    Action.withhold_reasoning: (403, "request_refused", "This request was refused."),
    Action.block_request: (403, "request_refused", "This request was refused."),
    Action.suspend_account: (403, "account_suspended", "This account is suspended."),
    Action.act_on_organisation: (403, "account_suspended", "This account is suspended."),
    None: (503, "temporarily_unavailable", "The request cannot be checked just now: try again in a moment."),
}
_UNREAD: Final[Mapping[str | None, tuple[int, str, str]]] = {
    "too_large": (413, "request_too_large", "The request is too large."),
    "unreadable": (400, "request_unreadable", "The request's body cannot be read as JSON."),
}
"""What is said of a body that is not read, by the name of that failure."""


@dataclass(frozen=True)
class Refusal:
    """An HTTP answer in place of the model's."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    code: str
    sentence: str


def refusal(decision: Decision, dialect: str | None) -> Refusal:
    """Return the answer that refuses a request as decided, in the API's own form."""
    unread = _UNREAD.get(decision.failure) if decision.action is None else None
    status, code, sentence = unread or _SAID[decision.action]
    if decision.appeal and status == 403:
        sentence += f" To object, turn to {decision.appeal}."
    error = {"type": code, "message": sentence}
    told: dict[str, Any] = {"error": error | {"param": None, "code": code}}
    if dialect == ANTHROPIC:
        kind = {
            400: "invalid_request_error", 413: "request_too_large", 429: "rate_limit_error", 503: "overloaded_error"
        }  # fmt: skip
        told = {"type": "error", "error": error | {"type": kind.get(status, "permission_error")}}
    headers = {"content-type": "application/json"}
    if status in {429, 503}:
        headers["retry-after"] = "5"
    return Refusal(status, headers, json.dumps(told).encode(), code, sentence)


def without_reasoning(call: Call) -> bytes | None:
    """Return the request's body so that it asks for no thinking text and no signatures; None if it cannot be read."""
    request = drop_reasoning(dict(call.request or {}))
    if request and endpoint_of(call.path) == CHAT:
        request["include_reasoning"] = False  # a field of vLLM and SGLang, whose default is true
    try:
        return json.dumps(request).encode() if request else None
    except RecursionError:  # the quick parser reads deeper than Python writes
        return None


def drop_reasoning(request: dict[str, Any]) -> dict[str, Any]:
    """Take out of a request, in place, what asks for thinking text, summaries of it, or sealed thoughts."""
    request.pop("thinking", None)
    if isinstance(request.get("reasoning"), dict):
        kept = {k: v for k, v in request["reasoning"].items() if k not in {"summary", "generate_summary"}}
        request["reasoning"] = kept
    if isinstance(request.get("include"), list):
        request["include"] = [one for one in request["include"] if not str(one).startswith("reasoning.")]
    return request
