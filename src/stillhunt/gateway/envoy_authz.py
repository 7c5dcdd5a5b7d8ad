"""Envoy's external authorization over HTTP: Envoy sends each request here first, and the answer lets it pass or not.

Envoy keeps the path and puts a prefix before it. It cannot change the body on the way, so `withhold_reasoning` is told
to the model server by the header `x-stillhunt-action`, if the settings say that it heeds it.
"""

from collections.abc import Mapping
from typing import Final

from stillhunt.gateway.answers import ACTION_HEADER, Refusal, refusal
from stillhunt.gateway.calls import Call, last_of
from stillhunt.gateway.carrying import hold
from stillhunt.gateway.decision import CLOSED
from stillhunt.gateway.guard import Guard
from stillhunt.live.verdict import Action

PREFIX: Final = "/ext_authz"
"""What `path_prefix` in Envoy's settings must be."""
PARTIAL: Final = "x-envoy-auth-partial-body"
"""Envoy's word for a body that it cut off."""


async def authorize(guard: Guard, path: str, headers: Mapping[str, str], body: bytes) -> Refusal:
    """Answer Envoy: 200 lets the request pass, with a header for the model server; anything else goes to the client.

    Args:
        guard: Decides.
        path: The client's path, without the prefix.
        headers: The client's headers as Envoy passes them on, names in lower case.
        body: The body as far as Envoy passes it on.
    """
    # The nearest proxy is Envoy, and what it adds last is who connected to it.
    peer, fits = last_of(headers.get("x-forwarded-for")), len(body) <= guard.settings.max_body
    call = Call(path, headers, peer, body if fits else None, whole=headers.get(PARTIAL) != "true")
    if call.dialect is None:
        return _passes(Action.allow)
    decision = await guard.judge(call)
    action = decision.action
    if action is None or decision.refused:
        return refusal(decision, call.dialect)
    carried = True
    if action is Action.slow:
        carried = await hold(guard)
    elif action is Action.withhold_reasoning and not guard.settings.upstream_withholds:
        guard.counting.failed("not_carried_out")
        carried = False
    if not carried and decision.on_failure == CLOSED:
        return refusal(decision, call.dialect)
    return _passes(action)


def _passes(action: Action) -> Refusal:
    return Refusal(200, {ACTION_HEADER: action.name}, b"", "", "")
