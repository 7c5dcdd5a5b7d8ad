"""What a provider records: the columns that reach the files, by seed and scenario."""

from dataclasses import dataclass, field

from foreign.world import World

# Everything else that a log may hold is recorded in all but the barest worlds.
_BARE = frozenset({"exchange_id", "ts", "account_id", "prompt", "system", "model", "ip", "user_agent"})
_SOMETIMES = {  # columns of the logs that a seed may leave out together, with the chance that they are there
    ("conversation_id",): 0.7,
    ("headers",): 0.7,
    ("ja4",): 0.6,
    ("device_id",): 0.4,
    ("asn", "country"): 0.6,
    ("api_key_id",): 0.6,
    ("opening", "turns"): 0.6,
    ("reasoning_in", "reasoning_out"): 0.5,
    ("latency_ms",): 0.8,
}
_ACCOUNT_SOMETIMES = {("org_id",): 0.85, ("payment_id",): 0.8, ("verified",): 0.7, ("pathway",): 0.7, ("plan",): 0.8}


@dataclass(frozen=True)
class Recorded:
    """Columns that are left out."""

    logs: frozenset[str] = field(default_factory=frozenset)
    accounts: frozenset[str] = field(default_factory=frozenset)
    only: frozenset[str] | None = None
    """If given, all that the logs hold."""


def recorded(world: World, scenario: str) -> Recorded:
    """Draw what is recorded in this world."""
    logs = {c for names, p in _SOMETIMES.items() if not world.chance(p) for c in names}
    accounts = {c for names, p in _ACCOUNT_SOMETIMES.items() if not world.chance(p) for c in names}
    if scenario == "noorgs":
        return Recorded(frozenset(logs | {"org_id"}), frozenset({"org_id", "payment_id", "email_domain", "verified"}))
    if scenario == "bare":
        every = {"org_id", "email_domain", "payment_id", "plan", "pathway", "verified", "country", "suspended_at"}
        return Recorded(frozenset(), frozenset(every), _BARE)
    if "org_id" in accounts:
        logs.add("org_id")
    return Recorded(frozenset(logs), frozenset(accounts))
