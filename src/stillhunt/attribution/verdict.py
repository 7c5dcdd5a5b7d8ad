"""From bits to a name, or to none: posterior shares, what a name needs, and the sentences that say why."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stillhunt.attribution.weigh import Finding

PRIOR_UNKNOWN: Final = 0.9
"""Share that somebody outside the file has before any evidence. A file lists whom its author thought of; harvests are
bought by labs, vendors and students whom nobody thought of. The actors of the file share the rest evenly, so a longer
file makes each name harder to reach."""
NAMED: Final = 0.8
"""Confidence that a name needs. To be named is to be accused: it takes four to one. No setting, so that no run names
somebody because a number was turned until it did."""
FAMILIES: Final = 2
"""Families that a name needs: each can be copied, borrowed or shared by itself."""
SPEAKS: Final = 0.5
"""Bits from which a family counts among them, before they are cut to what belongs to the campaign: that an actor has to
do with the accounts at all bears out a text that the campaign alone carries."""
STRONG_BITS: Final = 3.0
"""Bits that one of them must have from what names somebody and is the campaign's own, not its operator's."""


@dataclass(frozen=True)
class Judged:
    """One actor in one campaign; without findings and name, somebody who is not in the file."""

    actor: str | None
    findings: Mapping[str, Finding]
    confidence: float

    @property
    def bits(self) -> float:
        """Evidence of all families."""
        return sum(f.bits for f in self.findings.values())

    @property
    def families(self) -> int:
        """How many families speak for the actor."""
        return sum(f.uncut >= SPEAKS for f in self.findings.values())

    @property
    def strong(self) -> bool:
        """Whether one of them names somebody and is the campaign's own."""
        return any(
            f.indicator.names_somebody and f.of_campaign and f.bits >= STRONG_BITS for f in self.findings.values()
        )

    @property
    def named(self) -> bool:
        """Whether it is named as the beneficiary."""
        return self.actor is not None and self.confidence >= NAMED and self.families >= FAMILIES and self.strong


def judge(findings: Mapping[str, Mapping[str, Finding]]) -> list[Judged]:
    """Share confidence among the actors, each with its strongest finding of each family, and somebody else.

    Returns:
        The likeliest first; confidences add up to 1.
    """
    prior = (1 - PRIOR_UNKNOWN) / len(findings)
    weights = {name: prior * 2 ** sum(f.bits for f in found.values()) for name, found in findings.items()}
    whole = PRIOR_UNKNOWN + sum(weights.values())
    judged = [Judged(name, found, weights[name] / whole) for name, found in findings.items()]
    judged.append(Judged(None, {}, PRIOR_UNKNOWN / whole))
    return sorted(judged, key=lambda j: (-j.confidence, j.actor is not None, j.actor or ""))


def rows(campaign: str, judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Return the rows of ATTRIBUTION for one campaign."""
    return [
        {
            "campaign_id": campaign,
            "actor": one.actor,
            "rank": place,
            "confidence": round(one.confidence, 6),
            "bits": round(one.bits, 3),
            "named": one.named,
            "reasons": _reasons(one),
            "against": _against(one, judged),
            "would_change": _would_change(one, len(judged) - 1),
        }
        for place, one in enumerate(judged, 1)
    ]


def _reasons(one: Judged) -> list[str]:
    if one.actor is None:
        return ["A file lists only those whom somebody thought of; most who might profit are in none."]
    return [
        f"{_percent(f.share)} of its requests {f.indicator.shows}, and {_percent(f.elsewhere)} of those of accounts "
        f"that carry no campaign ({f.bits:+.1f} bits)."
        for f in one.findings.values()
        if f.uncut >= SPEAKS
    ]


def _against(one: Judged, judged: Sequence[Judged]) -> list[str]:
    said = []
    if one.actor is None:
        return [f"{best.actor} has {best.bits:.1f} bits." for best in judged if best.actor and best.bits >= SPEAKS][:1]
    for f in one.findings.values():
        if f.bits < 0:
            said.append(f"Only {_percent(f.share)} of its requests {f.indicator.shows} ({f.bits:+.1f} bits).")
        elif f.share > 0 and not f.of_campaign:
            said.append(
                f"That requests {f.indicator.shows} speaks of who runs the accounts: what else goes through them shows "
                f"it too, so it counts for {_percent(f.own)}, and with the like of it once."
            )
    rivals = [j for j in judged if j.actor not in {None, one.actor} and j.bits >= SPEAKS]
    said += [f"{r.actor} has {r.bits:.1f} bits too." for r in rivals[:1]]
    said += dict.fromkeys(f.indicator.rival for f in one.findings.values() if f.uncut >= SPEAKS)
    return said


def _would_change(one: Judged, actors: int) -> str:
    if one.actor is None:
        return "Facts of one actor that show in this campaign and nowhere else would take from it."
    if one.named:
        family, strongest = next(iter(one.findings.items()))
        left = _odds(one.confidence) / 2**strongest.bits
        return (
            f"If its {family} turns out to be copied, shared or borrowed, the confidence falls to about "
            f"{_percent(left / (1 + left))}."
        )
    needs = []
    if one.confidence < NAMED:
        needs.append(f"{math.log2(_odds(NAMED) / _odds(one.confidence)):.1f} bits more than it has")
    if not one.strong:
        needs.append("something that names somebody and is this campaign's own, not its operator's")
    if one.families < FAMILIES:
        needs.append("evidence of a second family" if one.families else "evidence of two families")
    return f"To be named among {actors} it needs {', and '.join(needs)}."


def _odds(share: float) -> float:
    return share / (1 - share)


def _percent(share: float) -> str:
    """Return a share as a person says it; small ones are told apart from none."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"
