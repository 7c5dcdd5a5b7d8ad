"""A guardrail for the LiteLLM proxy, which asks about each call before it goes to a model.

In the proxy's settings, with STILLHUNT_GATEWAY naming the guardrail's own:

    guardrails:
      - guardrail_name: stillhunt
        litellm_params:
          guardrail: stillhunt_guardrail.StillhuntGuardrail
          mode: pre_call
          default_on: true

where `stillhunt_guardrail.py` stands beside the settings, for LiteLLM looks there, and holds one line:
`from stillhunt.gateway.litellm import StillhuntGuardrail`.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException
from litellm.integrations.custom_guardrail import CustomGuardrail

from stillhunt.gateway.answers import drop_reasoning, refusal
from stillhunt.gateway.bodies import is_longer
from stillhunt.gateway.calls import Call, account_of, dialect_of, exchange_from
from stillhunt.gateway.carrying import hold
from stillhunt.gateway.decision import CLOSED, Decision
from stillhunt.gateway.guard import Guard
from stillhunt.gateway.own_headers import drop_own
from stillhunt.gateway.settings import GatewaySettings
from stillhunt.ingest.fields import ident, mapping, text
from stillhunt.ingest.litellm import ADMINISTRATOR
from stillhunt.live.verdict import Action

_PATHS = {"anthropic_messages": "/v1/messages", "aresponses": "/v1/responses", "responses": "/v1/responses"}
"""By LiteLLM's name of a call, the path that it has elsewhere; the others are told apart by their fields."""


class StillhuntGuardrail(CustomGuardrail):  # type: ignore[misc]  # the package has no types
    """Asks the scorer before each call, and carries its action out."""

    def __init__(self, **options: Any) -> None:
        """Take the options that LiteLLM gives every guardrail; the settings come from STILLHUNT_GATEWAY.

        Raises:
            UsageError: There are no settings, or they hold what they cannot have.
        """
        super().__init__(**options)
        self.guard = Guard(GatewaySettings.from_environment())

    async def async_pre_call_hook(
        self, user_api_key_dict: Any, cache: Any, data: dict[str, Any], call_type: str
    ) -> dict[str, Any]:
        """Return what is to be sent to the model, or raise the HTTP error that the client gets instead."""
        del cache
        guard = self.guard
        for name in _PASSED_ON:
            drop_own(data.get(name))
        decision = await self._judge(user_api_key_dict, data, call_type)
        action = decision.action
        failed = action is Action.slow and not await hold(guard)
        if decision.refused or (failed and decision.on_failure == CLOSED):
            told = refusal(decision, dialect_of(_PATHS.get(call_type, "")))
            headers = {name: value for name, value in told.headers.items() if name != "content-type"}
            error = {"type": told.code, "code": told.code, "message": told.sentence}
            raise HTTPException(told.status, detail={"error": error}, headers=headers)
        if action is Action.withhold_reasoning:
            drop_reasoning(data).pop("reasoning_effort", None)
        return data

    async def _judge(self, key: Any, data: Mapping[str, Any], call_type: str) -> Decision:
        guard, sent = self.guard, body_of(data)
        if is_longer(sent, guard.settings.max_body):
            sent = {}
            if (refused := guard.unread("too_large")) is not None:
                return refused
        # Whatever a client sent is read within the guard, so that what cannot be read is a failure like others.
        return await guard.decide(
            lambda: exchange(key, data, sent, call_type, guard.settings), account_for(key, data, guard.settings)
        )


def exchange(
    key: Any, data: Mapping[str, Any], sent: Mapping[str, Any], call_type: str, settings: GatewaySettings
) -> dict[str, Any]:
    """Return the columns of EXCHANGE of a call, `sent` being the body that is read of it."""
    call = Call(_PATHS.get(call_type, "/v1/chat/completions"), headers_of(data), None, None)
    row = exchange_from(call, sent, settings)
    metadata = mapping(data.get("metadata") or data.get("litellm_metadata"))
    return {
        **row,
        "exchange_id": ident(data.get("litellm_call_id")) or row["exchange_id"],
        "org_id": row.get("org_id") or ident(getattr(key, "org_id", None)) or ident(getattr(key, "team_id", None)),
        "api_key_id": ident(getattr(key, "api_key", None)),
        "ip": row.get("ip") or text(metadata.get("requester_ip_address")) or None,
        "account_id": account_for(key, data, settings),
    }


def account_for(key: Any, data: Mapping[str, Any], settings: GatewaySettings) -> str | None:
    """Return whose call it is: what the header named for it says, else whom the reader of LiteLLM's logs names."""
    named = account_of(headers_of(data), settings) if "account_id" in settings.headers else None
    hashed, owner = ident(getattr(key, "api_key", None)), ident(getattr(key, "user_id", None))
    return named or (owner if owner and owner != ADMINISTRATOR else hashed or owner)


def body_of(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the client's body, which LiteLLM has parsed."""
    sent = mapping(data.get("proxy_server_request")).get("body")
    return sent if isinstance(sent, dict) else {name: data[name] for name in _SENT if name in data}


def headers_of(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the client's headers, names in lower case; LiteLLM hands on the first of one that is repeated."""
    given = mapping(mapping(data.get("proxy_server_request")).get("headers"))
    return {str(name).lower(): value for name, value in given.items() if isinstance(value, str)}


_PASSED_ON = (
    "headers", "extra_headers", "provider_specific_header",
    "fallbacks", "context_window_fallbacks", "content_policy_fallbacks",
)  # fmt: skip
"""What LiteLLM makes headers to the model server of: the client's own if it is told to pass them on, and those that a
client names in its request's body, for the call itself or for the next try."""
_SENT = (
    "model", "messages", "input", "prompt", "system", "instructions", "tools", "functions", "temperature",
    "max_tokens", "max_completion_tokens", "max_output_tokens", "n", "stream",
)  # fmt: skip
"""Fields of the client's request among what LiteLLM hands over, where it does not hand over the request itself."""
