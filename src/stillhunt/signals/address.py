"""Calls from one client address."""

from stillhunt.signals.base import Signal
from stillhunt.signals.expressions import of_calls
from stillhunt.signals.samples import call, calls

SIGNAL = Signal(
    name="address",
    family="network",
    layer="infrastructure",
    alone=False,
    says="These accounts call from the same client address.",
    misses="An operator who sends each account through a proxy of its own, or through residential proxies that change.",
    false_alarms="Everybody behind one office, campus, mobile-carrier or consumer VPN address, and customers of one "
    "serverless host.",
    sql=of_calls("address"),
    fires=calls(*(call(f"addr-{n}", minute, ip="203.0.113.7") for n in range(3) for minute in (n, 60 + n))),
    quiet=calls(*(call(f"addr-{n}", n, ip=f"203.0.113.{n + 10}") for n in range(3))),
    needs=("address",),
)
