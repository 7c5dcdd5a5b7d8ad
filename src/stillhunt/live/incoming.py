"""One request as it comes: values of any type become those of the schema, and what does not fit is unknown.

A gateway must never fail on what a client sent, and nobody may hide by sending odd values; so nothing here raises.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from stillhunt.features.accounts import mail_pattern, private_domain
from stillhunt.features.keyed import Hasher
from stillhunt.features.single import without_halves
from stillhunt.ingest.clock import micros_or_none
from stillhunt.ingest.fields import flag, ident, number, small, text, whole
from stillhunt.schema import BOOL, DOUBLE, EXCHANGE, INT32, INT64, STRING, STRINGS

_TEXTS: Final = frozenset({"system", "opening", "prompt", "response"})
"""Columns in which empty text is a value."""


def _ident(value: Any) -> str | None:
    if isinstance(value, str) and value.isascii():  # as nearly all are
        return value or None
    given = ident(value)
    return None if given is None else without_halves(given)


def _texts(value: Any) -> list[str] | None:
    given = [without_halves(one) for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else None
    return given if given is None or len(given) == len(value) else None


def _headers(value: Any) -> dict[str, str] | None:
    if not isinstance(value, Mapping):
        return None
    return {
        without_halves(n).lower(): without_halves(v)
        for n, v in value.items()
        if isinstance(n, str) and isinstance(v, str)
    }


_BY_TYPE: Final[Mapping[Any, Callable[[Any], Any]]] = {
    STRING: _ident, INT64: whole, INT32: small, DOUBLE: number, BOOL: flag, STRINGS: _texts,
}  # fmt: skip
_BY_NAME: Final[Mapping[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(_TEXTS, text), "headers": _headers, "ts": micros_or_none,
}  # fmt: skip
_READERS: Final = {c.name: _BY_NAME.get(c.name) or _BY_TYPE[c.type] for c in EXCHANGE.columns}


def conformed(exchange: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of EXCHANGE that a request has."""
    return {
        name: reader(value)
        for name, value in exchange.items()
        if value is not None and (reader := _READERS.get(name)) is not None
    }


class AccountFacts:
    """Keys of what is known of an account besides its calls, as `account_keys` makes them."""

    def __init__(self, secret: bytes) -> None:
        """Make the hashers of the secret."""
        self._payment, self._domain = Hasher("payment", secret), Hasher("mail_domain", secret)
        self._pattern = Hasher("mail_pattern", secret)
        self._of_domain = lru_cache(65_536)(self._mail)

    def __call__(self, exchange: Mapping[str, Any]) -> dict[str, int | None]:
        """Return `payment`, `mail_domain` and `mail_pattern`, as far as `payment_id` and `email_domain` are given."""
        payment, domain = _ident(exchange.get("payment_id")), text(exchange.get("email_domain"))
        found: dict[str, int | None] = {"payment": self._payment(payment) if payment and payment.strip() else None}
        return found | (self._of_domain(without_halves(domain)) if domain else {})

    def _mail(self, given: str) -> dict[str, int | None]:
        domain = private_domain(given)
        if domain is None:
            return {}
        return {
            "mail_domain": self._domain(domain) if domain.strip() else None,
            "mail_pattern": self._pattern(mail_pattern(domain)),
        }
