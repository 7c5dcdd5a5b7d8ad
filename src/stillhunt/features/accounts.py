"""ACCOUNT with what is personal replaced by keyed hashes."""

import re
from itertools import pairwise
from typing import Final

import pyarrow as pa

from stillhunt.features.keyed import Hasher, id_keys, keyed, per_value
from stillhunt.schema import ACCOUNT_KEYS, STRING

PUBLIC_MAIL: Final = frozenset(
    """
    gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk hotmail.fr live.com msn.com yahoo.com
    yahoo.co.uk yahoo.co.jp yahoo.fr yahoo.de yahoo.co.in ymail.com rocketmail.com icloud.com me.com mac.com
    aol.com aim.com proton.me protonmail.com protonmail.ch pm.me tutanota.com tuta.io tuta.com fastmail.com
    fastmail.fm hey.com zoho.com zohomail.com mail.com email.com gmx.com gmx.de gmx.net gmx.at gmx.ch web.de
    t-online.de freenet.de posteo.de mailbox.org orange.fr wanadoo.fr free.fr laposte.net sfr.fr libero.it
    virgilio.it tiscali.it alice.it terra.com.br uol.com.br bol.com.br seznam.cz wp.pl o2.pl onet.pl interia.pl
    abv.bg ukr.net mail.ru bk.ru list.ru inbox.ru internet.ru yandex.ru yandex.com ya.ru rambler.ru qq.com
    foxmail.com vip.qq.com 163.com 126.com yeah.net vip.163.com sina.com sina.cn sohu.com 139.com 189.cn
    aliyun.com 21cn.com naver.com hanmail.net daum.net kakao.com nate.com docomo.ne.jp ezweb.ne.jp
    softbank.ne.jp rediffmail.com comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net
    charter.net btinternet.com sky.com virginmedia.com bigpond.com optusnet.com.au shaw.ca rogers.com duck.com
    privaterelay.appleid.com
    """.split()  # noqa: SIM905 - so many words are read as a text
)
"""Mail services open to everybody: sharing one says nothing about two accounts."""

_DIGITS: Final = re.compile(r"\d+")
_VOWELS: Final = frozenset("aeiouy")
LEAST_RANDOM: Final = 7
"""Shorter labels are often abbreviations, which look random and are not."""
CONSONANTS: Final = 6
"""More consonants than that in a row hardly occur in names (`Knightsbridge` has six, at a seam of two words)."""


def account_keys(table: pa.Table, secret: bytes) -> pa.Table:
    """Replace mail domains and payment instruments by keyed hashes.

    Args:
        table: ACCOUNT, one row an account.
        secret: The provider's secret; equal values under one secret get equal hashes.

    Returns:
        ACCOUNT_KEYS, row for row.

    Raises:
        UsageError: The secret is empty.
    """
    flat = table.combine_chunks()
    columns = {name: _one_array(flat[name]) for name in flat.column_names}
    domains = per_value(columns["email_domain"], private_domain, STRING)
    pattern = Hasher("mail_pattern", secret)
    hashed = {
        "account_key": id_keys(columns["account_id"], "account", secret),
        "mail_domain": keyed(domains, "mail_domain", secret),
        "mail_pattern": per_value(domains, lambda domain: pattern(mail_pattern(domain))),
        "payment": keyed(columns["payment_id"], "payment", secret),
    }
    return pa.table([hashed.get(name, columns.get(name)) for name in ACCOUNT_KEYS.names], schema=ACCOUNT_KEYS.arrow)


def private_domain(text: str) -> str | None:
    """Return the domain of a mail address, or a domain as it is, in one spelling; None if it is open to everybody."""
    domain = text.strip().rpartition("@")[2].strip(".").lower()
    return None if not domain or domain in PUBLIC_MAIL else domain


def mail_pattern(domain: str) -> str:
    """Mask what a generator of domains would vary: runs of digits, and labels that look drawn at random.

    A masked label keeps its length, because generators have one. The last label (the top level) stays.
    """
    *labels, top = domain.split(".")
    parts = [[_mask(part) for part in label.split("-")] for label in labels]
    return ".".join([*("-".join(part) for part in parts), top])


def _mask(part: str) -> str:
    if looks_random(part):
        return f"*{len(part)}"
    return _DIGITS.sub("#", part)


def looks_random(label: str) -> bool:
    """Whether a part of a domain was hardly chosen by a person: letters and digits mixed, or letters nobody can say."""
    if len(label) < LEAST_RANDOM or not label.isascii():
        return False
    changes = sum(a.isdigit() != b.isdigit() for a, b in pairwise(label))
    if changes >= 3:
        return True
    run = longest = 0
    for letter in label:
        run = run + 1 if letter.isalpha() and letter not in _VOWELS else 0
        longest = max(longest, run)
    return longest > CONSONANTS


def _one_array(column: pa.Array) -> pa.Array:
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)
