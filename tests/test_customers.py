"""Which texts of accounts that harvest are taken to be their customers'."""

import pytest

from stillhunt.customers import BROAD, CONVERSES, customers_beside, serves_nobody, serves_people
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


TALK = text(TEXT, "elicitation", elicitation=0.2, conversations=0.4, work_list=-0.1)


def whole(elicitation, concentration):
    """An operator's accounts as a whole."""
    return Assessment({"g": HARVEST, "elicitation": elicitation, "concentration": concentration}, [], 12.0, True, 1.0)


def test_a_campaign_of_conversations_whose_accounts_ask_what_people_ask_serves_people():
    """Though the relay's own prompt asks a little for training material."""
    assert serves_people([TALK], [whole(0.0, BROAD / 2)])


@pytest.mark.parametrize(
    ("groups", "operator"),
    [
        ([TALK], whole(0.5, 0.1)),  # all that its accounts send asks
        ([TALK], whole(0.0, 2 * BROAD)),  # they keep to few capabilities, as agents that continue their own work do
        ([TALK, ASKS], whole(0.0, 0.1)),  # one of its texts is no conversation
        ([text(TEXT, elicitation=0.5, conversations=0.8, work_list=-0.1)], whole(0.0, 0.1)),  # agents that are asked
    ],
)
def test_other_campaigns_do_not(groups, operator):
    assert not serves_people(groups, [operator])


@pytest.mark.parametrize(
    ("own", "usual", "nobody"),
    [
        (0.0, 0.3, True),
        (0.1, 0.3, False),  # some of it is people's
        (0.0, 0.05, False),  # hardly anybody continues conversations
        (None, 0.3, False),  # the logs do not say
        (0.0, None, False),
    ],
)
def test_accounts_that_never_continue_a_conversation_serve_no_people(own, usual, nobody):
    operator = Assessment({"g": HARVEST, "conversations": own}, [], 12.0, True, 1.0)
    assert serves_nobody(operator, usual) is nobody


def test_accounts_that_keep_to_fewer_capabilities_than_companies_serve_no_people():
    assert serves_nobody(text(HARVEST, "concentration", conversations=0.8), 0.3)
