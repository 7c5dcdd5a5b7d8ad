"""Accounts that pay with one instrument."""

from stillhunt.signals.base import Signal
from stillhunt.signals.expressions import of_accounts
from stillhunt.signals.samples import account, registered

SIGNAL = Signal(
    name="payment",
    family="payment",
    layer="infrastructure",
    alone=True,
    says="These accounts pay with the same card or other payment instrument.",
    misses="An operator who gives each account a virtual card or prepaid credit of its own.",
    false_alarms="A company or school that opens many accounts on one card, and an honest reseller who pays for its "
    "customers.",
    sql=of_accounts("payment"),
    fires=registered(account(f"pay-{n}", payment_id="card-7" if n < 3 else f"card-{n}") for n in range(5)),
    quiet=registered(account(f"pay-{n}", payment_id=f"card-{n}") for n in range(5)),
    needs=("payment",),
)
