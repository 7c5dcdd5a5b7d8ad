"""Accounts whose mail domains are made by one rule."""

from stillhunt.signals.base import Signal
from stillhunt.signals.expressions import of_accounts
from stillhunt.signals.samples import account, registered

NAMES = ("harbour-tools.example", "lindenworks.example", "ostrava-press.example", "tidal-maps.example")

SIGNAL = Signal(
    name="mail_pattern",
    family="mail",
    layer="infrastructure",
    alone=False,
    says="These accounts registered under mail domains that differ in nothing but digits or random letters, as "
    "domains bought in bulk do.",
    misses="An operator who buys aged domains with unrelated names, or who uses the large public mail services.",
    false_alarms="A firm that numbers its sites or tenants (shop1.example, shop2.example), and a mail host that gives "
    "every customer a numbered domain.",
    sql=of_accounts("mail_pattern"),
    fires=registered(account(f"mail-{n}", email_domain=f"postbox{n + 17}.example") for n in range(4)),
    quiet=registered(account(f"mail-{n}", email_domain=name) for n, name in enumerate(NAMES)),
    needs=("mail_pattern",),
)
