"""What an actor may be known by: which column shows it, which family it belongs to, and how much it may say.

Indicators of one family follow from each other (a prompt fixes what is asked for, an address its network and country),
so the best of a family speaks for all. Families differ in how an indicator comes to show in a campaign.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from stillhunt.signals.expressions import DAY, HOUR, bucket

STRONG: Final = 10.0
"""Most bits of what names somebody: a thousand to one. Beyond that, a copy or a decoy is the likelier explanation."""
SOFTWARE: Final = 3.0
"""Most bits of a program or a carrier, which many choose."""
HABIT: Final = 1.0
"""Most bits of what half the world does as well: a country, an hour, a subject, a date."""
HALF_HOUR: Final = HOUR // 2
BEFORE_RELEASE: Final = 30
"""Days up to the release of an actor's own model in which it is likeliest to take what it trains on."""


@dataclass(frozen=True)
class Part:
    """One column that shows an indicator.

    Attributes:
        name: Told apart by it where an indicator has several.
        sql: The value, in an exchange `f` or its account `k`.
        word: Whether it is a word, not a BIGINT key.
        listed: The column of lists that it is an item of, if it is.
    """

    name: str
    sql: str
    word: bool = False
    listed: str = ""

    @property
    def known(self) -> str:
        """SQL: whether an exchange tells it."""
        return f"{self.sql} IS NOT NULL"


@dataclass(frozen=True)
class Indicator:
    """One field of the actor file.

    Attributes:
        name: The field.
        family: Indicators of one family count once.
        most: Bits that it may give.
        shows: What requests that show it do, in words that follow a share of requests.
        parts: Columns that show it; any of them will do.
    """

    name: str
    family: str
    most: float
    shows: str
    parts: tuple[Part, ...]

    @property
    def known(self) -> str:
        """SQL: whether an exchange tells it at all; for a text that is so if it has a length or a system prompt."""
        return "(f.chars IS NOT NULL OR f.system_key IS NOT NULL)" if self.text else self.parts[0].known

    @property
    def text(self) -> bool:
        """Whether it is a text, of which fingerprints of several parts are kept."""
        return len(self.parts) > 1

    @property
    def names_somebody(self) -> bool:
        """Whether it can be the strong kind of evidence that a name needs."""
        return self.most >= STRONG

    @property
    def habit(self) -> bool:
        """Whether it is what many do, and so a matter of how often."""
        return self.most <= HABIT

    @property
    def rival(self) -> str:
        """Who else may show it, in a sentence."""
        return "Half the world does the same." if self.habit else RIVALS[self.family]


RIVALS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "content": "A text can be copied: a red team, an evaluator, a data vendor or a decoy may send it too.",
        "registration": "Who pays or registers may be a reseller, whose customers are many.",
        "network": "An address may be the exit of a proxy, a cloud or a building that others use too.",
        "client": "A program, and a device id with it, can be handed on, and a relay can claim any.",
    }
)
"""Families of what is no habit, and who else may show what they hold."""


def _column(sql: str, *, word: bool = False) -> tuple[Part, ...]:
    return (Part("", sql, word),)


INDICATORS: Final = (
    Indicator(
        "prompts", "content", STRONG, "carry a text that the actor is known by",
        (
            Part("head", "f.head_key"), Part("tail", "f.tail_key"), Part("whole", "f.prompt_key"),
            Part("system", "f.system_key"), Part("anchor", "f.item", listed="anchors"),
            Part("band", "f.item", listed="bands"),
        ),
    ),
    Indicator("capabilities", "content", HABIT, "ask for what the actor is known to want",
              _column("f.capability", word=True)),
    Indicator("payment_ids", "registration", STRONG, "go through accounts that pay as the actor does",
              _column("k.payment")),
    Indicator("mail_domains", "registration", STRONG, "go through accounts with a mail domain of the actor",
              _column("k.mail_domain")),
    Indicator("ips", "network", STRONG, "come from an address of the actor", _column("f.address")),
    Indicator("networks", "network", STRONG, "come from a network of the actor", _column("f.network")),
    Indicator("asns", "network", SOFTWARE, "come from a carrier of the actor", _column("f.asn")),
    Indicator("countries", "network", HABIT, "come from a country of the actor", _column("f.country", word=True)),
    Indicator("device_ids", "client", STRONG, "come from a device of the actor", _column("f.device")),
    Indicator("headers", "client", SOFTWARE, "bear SDK headers of the actor", _column("f.header_tuple")),
    Indicator("user_agents", "client", SOFTWARE, "come from a program that the actor uses",
              _column("f.client", word=True)),
    Indicator("ja4", "client", SOFTWARE, "bear a TLS fingerprint of the actor", _column("f.tls")),
    Indicator("tools", "client", SOFTWARE, "offer the tools of a program of the actor", _column("f.tools_key")),
    Indicator("hours", "time", HABIT, "fall into the actor's working hours",
              _column(bucket(f"(f.ts % {DAY})", HALF_HOUR))),
    Indicator("releases", "time", HABIT, "come in the weeks before the actor ships a model",
              _column(bucket("f.ts", DAY))),
)  # fmt: skip
"""Every indicator; the fields of the actor file are these."""
