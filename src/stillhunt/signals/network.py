"""Calls from one small network."""

from stillhunt.signals.base import Signal
from stillhunt.signals.expressions import of_calls
from stillhunt.signals.samples import call, calls

SIGNAL = Signal(
    name="network",
    family="network",
    layer="infrastructure",
    alone=False,
    says="These accounts call from the same small network (/24 of IPv4, /48 of IPv6): neighbouring addresses, such as "
    "one hosting range or proxy pool.",
    misses="An operator whose exits are spread over many providers, one to an account.",
    false_alarms="Colleagues, students of one campus, subscribers of one carrier, and unrelated tenants of one cloud "
    "region.",
    sql=of_calls("network"),
    fires=calls(*(call(f"net-{n}", n, ip=f"198.51.100.{20 + 5 * n}") for n in range(3))),
    quiet=calls(*(call(f"net-{n}", n, ip=ip) for n, ip in enumerate(("192.0.2.20", "198.51.100.20", "203.0.113.20")))),
    needs=("network",),
)
