"""Customers of an operator that harvests: texts of people, which go through the same accounts as its harvest.

A harvest hides among customers whom it relays or resells to. Whatever tells of the accounts (machines that never
rest, secret sharing) is true of what customers send as well, and a system prompt that a relay puts before all that it
passes on makes both ask alike. So each text is looked at beside the others of the same accounts: where one harvests,
another that is like people's is taken to be people's. Requests are held of the first alone.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from stillhunt.evidence.assess import Assessment

ELICITING = 0.1
"""Mean elicitation above the usual, or above a harvest's through the same accounts, from which texts are not people's
own."""
PROMPTED = 0.3
"""The same, up to which a relay's own prompt may bring conversations that it passes on."""
CONVERSES = 0.2
"""Share of requests that continue a conversation, from which a text is people talking."""
BESIDE = 0.5
"""Share of a text's accounts through which a harvest goes as well."""
NEVER = 0.05
"""Part of the usual share of calls that continue a conversation, up to which accounts serve no people."""
BROAD = 1.0
"""Bits from everybody's mix of capabilities, up to which accounts ask for whatever people ask for."""
DEALT_OUT = ("marked_work", "work_list")
"""Tests of single questions that one account alone sends."""


def customers_beside(
    texts: Sequence[Assessment], harvests: Sequence[Assessment], members: Mapping[int, AbstractSet[str]]
) -> list[Assessment]:
    """Choose those of `texts` that are taken to be customers'.

    Args:
        texts: Groups of the content layer.
        harvests: Those among them that harvest: called, or with evidence of their own and a called operator.
        members: Accounts of each group.
    """
    harvests = [h for h in harvests if not h.relays_people]

    def beside(text: Assessment, like: Callable[[Assessment, Assessment], bool]) -> bool:
        own = members[text.measures["g"]]
        return any(
            like(text, harvest)
            and text is not harvest
            and len(own & members[harvest.measures["g"]]) >= BESIDE * len(own)
            for harvest in harvests
        )

    return [t for t in texts if any(beside(t, like) for like in (_relayed, _talk, _silent))]


def serves_people(groups: Sequence[Assessment], operators: Sequence[Assessment]) -> bool:
    """Whether conversations are all that a campaign is made of, and its operators' accounts ask as broadly as people.

    Args:
        groups: What the campaign is made of.
        operators: The whole of what the accounts of those who run it send.
    """
    return all((g.relays_people or talks(g)) and g.measures["elicitation"] <= PROMPTED for g in groups) and all(
        o.measures["elicitation"] <= ELICITING and (o.measures["concentration"] or 0) <= BROAD for o in operators
    )


def serves_nobody(operator: Assessment, usual: float | None) -> bool:
    """Whether what an operator's accounts send leaves no room for people behind them.

    Too little of it continues a conversation, or it keeps to fewer capabilities than nearly all benign groups do.

    Args:
        operator: The whole of what they send.
        usual: Share of the calls of the average account that continues one; None where logs cannot say.
    """
    own = operator.measures["conversations"]
    silent = usual is not None and own is not None and usual >= CONVERSES and own <= NEVER * usual
    return silent or operator.exceeds("concentration")


def talks(text: Assessment) -> bool:
    """Whether conversations make up a part of it that tells of people, and single questions no more than is usual."""
    return (text.measures["conversations"] or 0) >= CONVERSES and (text.measures["work_list"] or 0) <= 0


def _relayed(text: Assessment, harvest: Assessment) -> bool:
    """People whom relay software passes on, and who ask no more than the harvest does: the relay's prompt asks."""
    return text.relays_people and _asks_no_more(text, harvest)


def _talk(text: Assessment, harvest: Assessment) -> bool:
    """Conversations beside a list of work that is dealt out, where the relay leaves no marks in the logs."""
    return talks(text) and harvest.exceeds(*DEALT_OUT) and _asks_no_more(text, harvest)


def _silent(text: Assessment, harvest: Assessment) -> bool:
    """Texts that neither ask for training material nor keep to one capability nor are dealt out, beside one that asks.

    What is left against them is how the accounts work, or that they are shared.
    """
    asks = text.measures["elicitation"] > ELICITING or text.exceeds("elicitation", "concentration", *DEALT_OUT)
    return not asks and harvest.measures["elicitation"] > ELICITING


def _asks_no_more(text: Assessment, harvest: Assessment) -> bool:
    return bool(text.measures["elicitation"] <= harvest.measures["elicitation"] + ELICITING)
