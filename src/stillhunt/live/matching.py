"""What one request shows of each campaign watched, and in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from stillhunt.live.betting import Outcomes
from stillhunt.live.lookup import find
from stillhunt.live.outcomes import (
    COMMON_FACT,
    COMMON_TEXT,
    NEAR,
    OF_KEY,
    OWN_FACT,
    OWN_TEXT,
    RARE_FACT,
    RARE_TEXT,
    SAME,
    STRONG_STYLE,
    STYLE,
)
from stillhunt.live.style import STRONG_BITS, WEAK_BITS, Styles
from stillhunt.live.watchkeys import CLASSES, INFRASTRUCTURE, KIND_NAMES, KINDS, PAIRS, SALTS, facts_of_one
from stillhunt.live.watchlist import WatchList

CONTENT_WORDS: Final = {
    STYLE: "It asks like {campaign}, eight times likelier than an innocent request.",
    STRONG_STYLE: "It asks like {campaign}, 64 times likelier than an innocent request.",
    COMMON_TEXT: "It carries a template of {campaign} that some innocent customers use too ({facts}).",
    NEAR: "It is nearly the same text as an item of {campaign} ({facts}).",
    SAME: "It sends an item of {campaign} word for word, or a thinking signature given to it ({facts}).",
    RARE_TEXT: "It carries a template of {campaign} that few innocent customers use ({facts}).",
    OWN_TEXT: "It carries a template of {campaign} that no innocent customer of the last hunt used ({facts}).",
}
NETWORK_WORDS: Final = {
    COMMON_FACT: "It comes with a fact of the operator of {campaign} that some innocent customers share ({facts}).",
    RARE_FACT: "It comes with a fact of the operator of {campaign} that few innocent customers share ({facts}).",
    OWN_FACT: "It comes with a fact of the operator of {campaign} that no innocent customer shared ({facts}).",
}


@dataclass(slots=True)
class Shown:
    """What one request shows of one campaign: the highest outcome by content and by infrastructure, and the facts."""

    content: int = 0
    network: int = 0
    facts: dict[str, int] = field(default_factory=dict)
    """Outcome of each fact that hit, by its name."""

    @property
    def outcomes(self) -> Outcomes:
        """The outcomes of all three channels, as `outcomes.joint` counts them."""
        joint = (self.content - 1) * 3 + self.network if self.content and self.network else 0
        return self.content, self.network, joint

    def reasons(self, campaign: str) -> list[str]:
        """Say it in sentences."""
        told = []
        for outcome, words, network in (
            (self.content, CONTENT_WORDS, False),
            (self.network, NETWORK_WORDS, True),
        ):
            if outcome:
                facts = [f for f, given in self.facts.items() if given == outcome and (f in _NETWORK_FACTS) == network]
                told.append(words[outcome].format(campaign=campaign, facts=", ".join(facts)))
        return told


_CLASS_OF_KIND: Final = dict(zip(KINDS.tolist(), CLASSES.tolist(), strict=True))
_NETWORK_FACTS: Final = {KIND_NAMES[kind] for kind, of in _CLASS_OF_KIND.items() if of == INFRASTRUCTURE}
_OF_KEY: Final = [[int(OF_KEY[_CLASS_OF_KIND[kind], tier]) for tier in range(4)] for kind in range(len(KIND_NAMES))]


class Matcher:
    """Compares requests with one watch list."""

    def __init__(self, watchlist: WatchList) -> None:
        """Take what is looked up at each request out of the list."""
        arrays = watchlist.arrays
        self._keys = np.asarray(arrays["watch_key"])
        self._hits = np.zeros(len(SALTS), np.int64)
        self._group, self._kind, self._tier = arrays["watch_group"], arrays["watch_kind"], arrays["watch_tier"]
        self._campaigns = [group["campaign_id"] for group in watchlist.groups]
        header = watchlist.header
        self._styles = Styles(
            tuple(header["capabilities"]), tuple(header["scripts"]), arrays["weights"], np.asarray(arrays["caps"])
        )
        self._styled = bool((self._styles.caps > 0).any())

    def __call__(self, features: Mapping[str, Any]) -> dict[str, Shown]:
        """Return what a request shows of each campaign of which it shows anything.

        Args:
            features: FEATURES of the request, and `payment`, `mail_domain` and `mail_pattern` of its account.
        """
        shown: dict[str, Shown] = {}
        self._by_keys(features, shown)
        # Styles count least of all outcomes: what a text has shown stays.
        if self._styled and features.get("semantic") is not None:
            for group in ((bits := self._styles.bits(features)) >= WEAK_BITS).nonzero()[0].tolist():
                style = STRONG_STYLE if bits[group] >= STRONG_BITS else STYLE
                of = shown.setdefault(self._campaigns[group], Shown())
                of.content = max(of.content, style)
        return shown

    def _by_keys(self, features: Mapping[str, Any], shown: dict[str, Shown]) -> None:
        if not len(self._keys):
            return
        facts, known = facts_of_one(features)
        found = find(facts, known, SALTS, len(PAIRS), self._keys, self._hits)
        for first in self._hits[:found].tolist():
            entry, key = first, self._keys[first]
            while entry < len(self._keys) and self._keys[entry] == key:
                kind = int(self._kind[entry])
                outcome = _OF_KEY[kind][int(self._tier[entry])]
                if outcome:
                    campaign, name = self._campaigns[int(self._group[entry])], KIND_NAMES[kind]
                    of = shown.get(campaign) or shown.setdefault(campaign, Shown())
                    of.facts[name] = max(outcome, of.facts.get(name, 0))
                    if name in _NETWORK_FACTS:
                        of.network = max(of.network, outcome)
                    else:
                        of.content = max(of.content, outcome)
                entry += 1
