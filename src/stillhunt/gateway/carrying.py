"""Carrying an action out on one request; if that cannot be done, its rule's `on_failure` decides."""

import asyncio

from stillhunt.gateway.answers import Refusal, refusal, without_reasoning
from stillhunt.gateway.calls import Call
from stillhunt.gateway.decision import CLOSED, Decision
from stillhunt.gateway.guard import Guard
from stillhunt.live.verdict import Action


async def carry_out(decision: Decision, call: Call, guard: Guard) -> tuple[bytes | None, Refusal | None]:
    """Carry an action out as far as a gateway can that sees the body.

    Returns:
        The body to send instead of the client's, None to leave it, and an answer to give in place of the model's.
    """
    action, dialect = decision.action, call.dialect
    if decision.refused:
        return None, refusal(decision, dialect)
    if action is Action.slow and not await hold(guard):
        return None, None if decision.on_failure != CLOSED else refusal(decision, dialect)
    if action is Action.withhold_reasoning:
        body = without_reasoning(call)
        if body is not None:
            return body, None
        guard.counting.failed("not_carried_out")
        return None, None if decision.on_failure != CLOSED else refusal(decision, dialect)
    return None, None


async def hold(guard: Guard) -> bool:
    """Hold a request back; False if too many are held already."""
    if guard.held >= guard.settings.most_held:
        guard.counting.failed("not_carried_out")
        return False
    guard.held += 1
    try:
        await asyncio.sleep(guard.settings.slow_seconds)
    finally:
        guard.held -= 1
    return True
