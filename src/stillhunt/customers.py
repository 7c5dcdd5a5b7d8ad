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
CONVERSES = 0.2
"""Share of requests that continue a conversation, from which a text is people talking."""
BESIDE = 0.5
"""Share of a text's accounts through which a harvest goes as well."""
SIZABLE = 0.1
"""Part of a text's requests that a harvest needs to have for the text to be customers' beside it."""
NEVER = 0.05
"""Part of the usual share of calls that continue a conversation, up to which accounts serve no people."""
TOLD = 0.5
"""Share of calls of which it must be known whether they continue one, to say so."""
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

    def beside(
        text: Assessment, harvests: Sequence[Assessment], like: Callable[[Assessment, Assessment], bool]
    ) -> bool:
        own = members[text.measures["g"]]
        return any(
            like(text, harvest)
            and text.measures["harvest"] != harvest.measures["harvest"]
            and harvest.measures["requests"] >= SIZABLE * text.measures["requests"]
            and len(own & members[harvest.measures["g"]]) >= BESIDE * len(own)
            for harvest in harvests
        )

    asking = [h for h in harvests if not h.relays_people]
    talk = [t for t in texts if beside(t, asking, _relayed) or beside(t, asking, _talk)]
    asking = [h for h in asking if h not in talk]  # customers have no customers
    return talk + [t for t in texts if t not in talk and beside(t, asking, _plain)]


def serves_people(operator: Assessment) -> bool:
    """Whether all that an operator's accounts send is conversations that ask for what people ask for, as broadly."""
    elicitation, concentration = operator.measures["elicitation"], operator.measures["concentration"]
    return bool(
        talks(operator)
        and None not in (elicitation, concentration)
        and elicitation <= ELICITING
        and concentration <= BROAD
    )


def never_talks(operator: Assessment, usual: float | None, told: float) -> bool:
    """Whether too little of what an operator's accounts send continues a conversation for people to be behind it.

    Args:
        operator: The whole of what they send.
        usual: Share of the calls of the average account that continues one; None where logs cannot say.
        told: Share of the operator's calls of which that is known.
    """
    own = operator.measures["conversations"]
    if usual is None or own is None:
        return False
    return bool(told >= TOLD and usual >= CONVERSES and own <= NEVER * usual)


def talks(text: Assessment) -> bool:
    """Whether conversations make up a part of it that tells of people, and single questions no more than is usual."""
    conversations, work_list = text.measures["conversations"], text.measures["work_list"]
    return bool(None not in (conversations, work_list) and conversations >= CONVERSES and work_list <= 0)


def _relayed(text: Assessment, harvest: Assessment) -> bool:
    """People whom relay software passes on, and who ask no more than the harvest does: the relay's prompt asks."""
    return text.relays_people and _asks_no_more(text, harvest)


def _talk(text: Assessment, harvest: Assessment) -> bool:
    """Conversations beside a list of work that is dealt out, where the relay leaves no marks in the logs."""
    return talks(text) and harvest.exceeds(*DEALT_OUT) and _asks_no_more(text, harvest)


def _plain(text: Assessment, harvest: Assessment) -> bool:
    """Texts that neither ask for training material nor keep to one capability nor are dealt out, beside one that asks.

    What is left against them is how the accounts work, or that they are shared. Where logs tell conversations, people
    are told by those, and agents' texts of several wordings are often as plain.
    """
    own, asked = text.measures["elicitation"], harvest.measures["elicitation"]
    if text.measures["conversations"] is not None or None in (own, asked):
        return False
    if own > ELICITING or asked <= ELICITING:
        return False
    return not text.exceeds("elicitation", "concentration", *DEALT_OUT)


def _asks_no_more(text: Assessment, harvest: Assessment) -> bool:
    own, asked = text.measures["elicitation"], harvest.measures["elicitation"]
    return bool(None not in (own, asked) and own <= asked + ELICITING)
