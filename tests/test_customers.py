"""Which texts of accounts that harvest are taken to be their customers'."""

import pytest

from stillhunt.customers import CONVERSES, customers_beside
from stillhunt.evidence.assess import Assessment
from stillhunt.evidence.tests import TESTS

HARVEST, TEXT = 0, 1
EVERYBODY = {f"a{n}" for n in range(20)}


def text(g, *shows, bits=13.0, elicitation=0.0, conversations=0.0, work_list=0.3):
    """A group that shows more than others by these tests alone."""
    rows = [
        {
            "test": test.name,
            "family": test.family,
            "bits": 5.0 if test.name in shows else -2.0,
            "statistic": 1.0 if test.name in shows else 0.0,
            "reference": 0.5,
        }
        for test in TESTS
    ]
    measures = {"g": g, "elicitation": elicitation, "conversations": conversations, "work_list": work_list}
    return Assessment(measures, rows, bits, called=True, confidence=1.0)


ASKS = text(HARVEST, "elicitation", "marked_strangers", elicitation=0.8)
DEALT = text(HARVEST, "elicitation", "marked_work", elicitation=0.8)


def are_customers(other, harvest=ASKS, accounts=EVERYBODY):
    return customers_beside([harvest, other], [harvest], {HARVEST: accounts, TEXT: EVERYBODY}) == [other]


@pytest.mark.parametrize("elicitation", [0.0, 0.8])
def test_people_whom_relay_software_passes_on_are(elicitation):
    """Whatever the relay itself puts before all that it passes on: the harvest bears it, too."""
    assert are_customers(text(TEXT, "relayed_people", elicitation=elicitation))


def test_conversations_beside_a_list_of_work_are_though_their_prompt_asks():
    talk = text(TEXT, "elicitation", "clockwork", elicitation=0.8, conversations=0.4, work_list=-0.1)
    assert are_customers(talk, DEALT)
    assert not are_customers(talk, ASKS)  # where nothing is dealt out, conversations may be what is harvested


@pytest.mark.parametrize(("conversations", "work_list"), [(CONVERSES / 2, -0.1), (0.4, 0.2), (None, None)])
def test_what_is_no_conversation_or_a_list_of_work_itself_is_not(conversations, work_list):
    other = text(TEXT, "elicitation", elicitation=0.8, conversations=conversations, work_list=work_list)
    assert not are_customers(other, DEALT)


def test_what_asks_for_nothing_is_though_its_accounts_never_rest():
    assert are_customers(text(TEXT, "clockwork"))


@pytest.mark.parametrize("shows", ["concentration", "marked_work"])
def test_what_keeps_to_one_capability_or_is_dealt_out_is_not(shows):
    assert not are_customers(text(TEXT, shows))


def test_what_goes_through_other_accounts_is_not():
    assert not are_customers(text(TEXT, "clockwork"), accounts={"a0", "a1", "b0", "b1"})


def test_a_harvest_alone_is_nobodys_customer():
    assert customers_beside([ASKS], [ASKS], {HARVEST: EVERYBODY}) == []
    relay = text(HARVEST, "relayed_people")
    assert customers_beside([relay], [relay], {HARVEST: EVERYBODY}) == []
