"""Calls that carry one device id."""

from stillhunt.signals.base import Signal
from stillhunt.signals.expressions import of_calls
from stillhunt.signals.samples import call, calls

SIGNAL = Signal(
    name="device",
    family="device",
    layer="infrastructure",
    alone=True,
    says="These accounts send the same device or installation id: one machine, or a relay that rewrites everybody's "
    "metadata to one identity.",
    misses="A relay that makes up a device id for each account, or that drops the field.",
    false_alarms="A person with a private and a work account on one machine, shared lab machines, and cloned images "
    "that carry the id of their template.",
    sql=of_calls("device"),
    fires=calls(*(call(f"dev-{n % 3}", n, device_id="d41f-00ac") for n in range(6))),
    quiet=calls(*(call(f"dev-{n % 3}", n, device_id=f"d41f-00b{n % 3}") for n in range(6))),
    needs=("device",),
)
