"""What a client is told, and what is taken out of its request, when an action is carried out.

A client learns what is refused and where it may object, never why: reasons would teach an operator what to change.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from stillhunt.gateway.calls import ANTHROPIC, Call, body_of
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
TOO_LARGE: Final = (413, "request_too_large", "The request is too large.")


@dataclass(frozen=True)
class Refusal:
    """An HTTP answer in place of the model's."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    code: str
    sentence: str


def refusal(
    action: Action | None, appeal: str | None, dialect: str | None, said: tuple[int, str, str] | None = None
) -> Refusal:
    """Return the answer that carries out an action, in the API's own form; None if nothing could be decided."""
    status, code, sentence = said or _SAID[action]
    if appeal and status == 403:
        sentence += f" To object, turn to {appeal}."
    error = {"type": code, "message": sentence}
    told: dict[str, Any] = {"error": error | {"param": None, "code": code}}
    if dialect == ANTHROPIC:
        kind = {429: "rate_limit_error", 413: "request_too_large", 503: "overloaded_error"}
        told = {"type": "error", "error": error | {"type": kind.get(status, "permission_error")}}
    headers = {"content-type": "application/json"}
    if status in {429, 503}:
        headers["retry-after"] = "5"
    return Refusal(status, headers, json.dumps(told).encode(), code, sentence)


def without_reasoning(call: Call) -> bytes | None:
    """Return the request's body so that it asks for no thinking text and no signatures; None if it cannot be read."""
    request = drop_reasoning(dict(body_of(call.body)))
    if request and call.path.rstrip("/").endswith("/chat/completions"):
        request["include_reasoning"] = False  # a field of vLLM and SGLang, whose default is true
    return json.dumps(request).encode() if request else None


def drop_reasoning(request: dict[str, Any]) -> dict[str, Any]:
    """Take out of a request, in place, what asks for thinking text, summaries of it, or sealed thoughts."""
    request.pop("thinking", None)
    if isinstance(request.get("reasoning"), dict):
        kept = {k: v for k, v in request["reasoning"].items() if k not in {"summary", "generate_summary"}}
        request["reasoning"] = kept
    if isinstance(request.get("include"), list):
        request["include"] = [one for one in request["include"] if not str(one).startswith("reasoning.")]
    return request
