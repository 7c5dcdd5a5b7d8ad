"""All requests of a world, column by column."""

from collections.abc import Iterable
from typing import Any

import numpy as np

# Columns of the native record that this generator fills, then what only the truth may know.
FIELDS = (
    "ts", "account_id", "api_key_id", "org_id", "conversation_id", "operation", "model", "system", "opening", "prompt",
    "turns", "tools", "images", "temperature", "max_tokens", "stream", "status", "stop_reason", "input_tokens",
    "output_tokens", "latency_ms", "ip", "asn", "country", "ja4", "user_agent", "headers", "device_id",
    "reasoning_in", "reasoning_out", "campaign",
)  # fmt: skip
_DEFAULT: dict[str, Any] = {"operation": "chat", "status": 200, "stop_reason": "end_turn", "stream": False, "turns": 1}
_SPREAD = (list, np.ndarray)


class Ledger:
    """Requests in the order in which behaviours add them; sorted when written."""

    def __init__(self) -> None:
        """Start empty."""
        self.columns: dict[str, list[Any]] = {name: [] for name in FIELDS}

    def __len__(self) -> int:
        """Return the number of requests."""
        return len(self.columns["ts"])

    def add(self, ts: np.ndarray, prompt: list[str], **more: Any) -> None:
        """Add requests.

        Args:
            ts: Their times.
            prompt: Their prompts.
            more: Other columns, each one value a request (a list or an array) or one value for all.
        """
        n = len(ts)
        given = {"ts": ts, "prompt": prompt, **more}
        if unknown := given.keys() - self.columns.keys():
            raise KeyError(f"no such column: {sorted(unknown)}")
        for name, column in self.columns.items():
            value = given.get(name, _DEFAULT.get(name))
            if isinstance(value, _SPREAD):
                if len(value) != n:
                    raise ValueError(f"{name}: {len(value)} values for {n} requests")
                column.extend(value.tolist() if isinstance(value, np.ndarray) else value)
            else:
                column.extend([value] * n)


def pick(values: list[Any], index: Iterable[int]) -> list[Any]:
    """Return the values at these places."""
    return [values[i] for i in index]
