"""Calls made by one build of a TLS client."""

from stillhunt.signals.base import Signal
from stillhunt.signals.expressions import of_calls
from stillhunt.signals.samples import call, calls

SIGNAL = Signal(
    name="tls_client",
    family="client",
    layer="infrastructure",
    alone=False,
    says="These accounts open their connections with the same TLS client (JA4), whatever program their headers name.",
    misses="An operator who sends through a common runtime or browser, whose fingerprint millions share.",
    false_alarms="Customers of one SDK, runtime or corporate inspection proxy: rarity decides what it is worth.",
    sql=of_calls("tls"),
    fires=calls(*(call(f"tls-{n}", n, ja4="t13d1714h1_0c1de2afcb17_3b0f2a9d51e6") for n in range(3))),
    quiet=calls(*(call(f"tls-{n}", n, ja4=f"t13d17{n}4h2_0c1de2afcb17_3b0f2a9d51e6") for n in range(3))),
    needs=("tls",),
)
