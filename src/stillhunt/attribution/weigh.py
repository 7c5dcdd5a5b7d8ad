"""What an indicator is worth: bits for an actor against somebody else, for one campaign and not for who runs it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from stillhunt.attribution.indicators import Indicator
from stillhunt.attribution.matches import Cell, Counts, Matches, total

SHOWN: Final = 0.5
"""Share of the requests made for an actor that are expected to show what it is known by: the rest may have changed.
With a half, what shows in fewer than about a tenth of the requests speaks for nobody, and absence costs one bit."""


@dataclass(frozen=True)
class Finding:
    """One indicator of one actor in one campaign.

    Attributes:
        indicator: Which.
        share: Share of the campaign's requests that show it; what is unknown does not show it.
        elsewhere: Share of the requests that show it, among accounts that carry no campaign and tell it at all.
        own: How far it belongs to the campaign and not to who runs the accounts, from 0 to 1; see `weigh`.
        uncut: Bits for having to do with the campaign's requests at all, be it as who runs their accounts.
        bits: What it is worth.
    """

    indicator: Indicator
    share: float
    elsewhere: float
    own: float
    uncut: float
    bits: float

    @property
    def of_campaign(self) -> bool:
        """Whether it belongs to the campaign rather than to who runs the accounts."""
        return self.own > 0.5


@dataclass(frozen=True)
class Surroundings:
    """Where the requests of a campaign stand among all.

    Attributes:
        mine: The campaign's cells.
        beside: All other requests of the same pools of accounts.
        customers: Those of them that no campaign holds.
        elsewhere: Requests of accounts that carry no campaign.
    """

    mine: set[Cell]
    beside: set[Cell]
    customers: set[Cell]
    elsewhere: set[Cell]


def surroundings(campaign: str, operators: Sequence[str], cells: Iterable[Cell]) -> Surroundings:
    """Sort all cells by where they stand to a campaign; accounts without an operator are the campaign's own pool."""
    pools = {campaign, *operators}
    found = Surroundings(set(), set(), set(), set())
    for cell in cells:
        pool, carried = cell
        if carried == campaign:
            found.mine.add(cell)
        elif pool in pools:
            found.beside.add(cell)
            if carried is None:
                found.customers.add(cell)
        elif pool is None:
            found.elsewhere.add(cell)
    return found


def weigh(indicator: Indicator, shown: Counts, matches: Matches, around: Surroundings) -> Finding | None:
    """Weigh one indicator; None if the campaign's requests do not tell it.

    The bits are those that one request of the campaign gives on average: log2 of how likely it is, shown or not, if
    SHOWN of the requests show it and the rest as often as elsewhere, over how likely it is if all do as elsewhere.
    Requests of a campaign are not independent, so they are never added up.

    An operator's card, exit or program speaks of the operator, so bits of what names somebody are cut by `own`. That
    is the larger of two shares: the campaign's part in all requests of the same accounts that show it (an operator who
    does little else is the campaign's), and the attributable fraction, 1 - r/s: how far the campaign's rate s goes
    beyond the rate r in all else that these accounts send. Habits are shown by everybody at some rate, so they are
    compared with the higher of the two rates instead. For content other campaigns are left out of all that, for two
    harvests for one actor may run side by side.
    """
    known = matches.known[indicator.name]
    requests = total(matches.total, around.mine)
    if not total(known, around.mine):
        return None
    hits = total(shown, around.mine)
    share = hits / requests
    # Laplace: with one request more that shows it and one that does not, nothing is impossible.
    usual = (total(shown, around.elsewhere) + 1) / (total(known, around.elsewhere) + 2)
    beside = around.customers if indicator.family == "content" else around.beside
    others, sent = total(shown, beside), total(matches.total, beside)
    rate = others / sent if sent else 0.0
    own = 1.0
    if indicator.habit:
        usual = max(usual, rate)
    elif hits:
        own = max(hits / (hits + others), 1 - rate / share)
    expected = SHOWN + (1 - SHOWN) * usual
    bits = share * math.log2(expected / usual) + (1 - share) * math.log2(1 - SHOWN)
    bits = min(bits, indicator.most)
    if indicator.family != "content":
        # Who buys accounts shows nothing of its own infrastructure or hours: only what it asks for must be its own.
        bits = max(bits, 0.0)
    return Finding(indicator, share, usual, own, bits, bits * own if bits > 0 else bits)


def best_of_families(findings: Iterable[Finding]) -> Mapping[str, Finding]:
    """Keep what counts: the strongest finding of each family, the strongest family first.

    All that speaks of who runs the accounts is one fact, however many families show it: an operator's card, exit and
    device are its own. So only the strongest of that counts.
    """
    best: dict[str, Finding] = {}
    operator_known = False
    for finding in sorted(findings, key=lambda f: (-f.bits, f.indicator.name)):
        if finding.bits > 0 and not finding.of_campaign:
            if operator_known or finding.indicator.family in best:
                continue
            operator_known = True
        best.setdefault(finding.indicator.family, finding)
    return best
