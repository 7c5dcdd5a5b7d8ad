"""Calls that carry one exact tuple of SDK headers."""

from stillhunt.signals.base import Signal
from stillhunt.signals.expressions import of_calls
from stillhunt.signals.samples import call, calls


def _headers(system: str, runtime: str) -> dict[str, str]:
    return {"x-stainless-lang": "js", "x-stainless-os": system, "x-stainless-runtime-version": runtime}


SIGNAL = Signal(
    name="header_tuple",
    family="client",
    layer="infrastructure",
    alone=False,
    says="These accounts send exactly the same SDK headers, User-Agent included: the same versions of program, "
    "runtime and system, or one default block filled in by a relay.",
    misses="A relay that keeps the real headers of each of its users, or that draws a plausible tuple per account.",
    false_alarms="Customers who run one container image or a popular tool in its newest version.",
    sql=of_calls("header_tuple"),
    fires=calls(
        *(
            call(f"head-{n}", n, user_agent="relay-kit/3.1.4", headers=_headers("Linux", "v20.9.0"))
            for n in range(3)
        )
    ),
    quiet=calls(
        *(
            call(f"head-{n}", n, user_agent="tide-sdk/2.0.1", headers=_headers(system, f"v2{n}.1.0"))
            for n, system in enumerate(("Linux", "MacOS", "Windows"))
        )
    ),
    needs=("header_tuple",),
)  # fmt: skip
