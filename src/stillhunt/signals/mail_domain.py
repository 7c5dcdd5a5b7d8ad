"""Accounts that registered under one private mail domain."""

from stillhunt.signals.base import Signal
from stillhunt.signals.expressions import of_accounts
from stillhunt.signals.samples import account, registered

SIGNAL = Signal(
    name="mail_domain",
    family="mail",
    layer="infrastructure",
    alone=False,
    says="These accounts registered with mail addresses of the same private domain.",
    misses="An operator who registers with addresses of the large public mail services, or with one domain an account.",
    false_alarms="Every company, university and club whose members use the mail address that it gave them.",
    sql=of_accounts("mail_domain"),
    fires=registered(account(f"mail-{n}", email_domain="quiet-orchard.example") for n in range(3)),
    quiet=registered(account(f"mail-{n}", email_domain="gmail.com") for n in range(3)),
    needs=("mail_domain",),
)
