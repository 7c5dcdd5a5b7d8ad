"""Which texts of accounts that harvest are taken to be their customers'."""

import pytest

from stillhunt.customers import BROAD, CONVERSES, customers_beside, never_talks, serves_people
from stillhunt.evidence.assess import Assessment
from stillhunt.evidence.tests import TESTS

HARVEST, TEXT = 0, 1
EVERYBODY = {f"a{n}" for n in range(20)}


def text(g, *shows, **measured):
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
    usual = {"elicitation": 0.0, "conversations": 0.0, "work_list": 0.3, "requests": 1000}
    return Assessment({"g": g, "harvest": g} | usual | measured, rows, 13.0, called=True, confidence=1.0)


ASKS = text(HARVEST, "elicitation", "marked_strangers", elicitation=0.8)
DEALT = text(HARVEST, "elicitation", "marked_work", elicitation=0.8)


def are_customers(other, harvest=ASKS, accounts=EVERYBODY):
    return customers_beside([harvest, other], [harvest], {HARVEST: accounts, TEXT: EVERYBODY}) == [other]


@pytest.mark.parametrize("elicitation", [0.2, 0.8])
def test_people_whom_relay_software_passes_on_are(elicitation):
    """Whatever the relay itself puts before all that it passes on: the harvest bears it, too."""
    assert are_customers(text(TEXT, "relayed_people", elicitation=elicitation))


def test_conversations_beside_a_list_of_work_are_though_their_prompt_asks():
    talk = text(TEXT, "elicitation", "clockwork", elicitation=0.8, conversations=0.4, work_list=-0.1)
    assert are_customers(talk, DEALT)
    assert not are_customers(talk, ASKS)  # where nothing is dealt out, conversations may be what is harvested


@pytest.mark.parametrize("shows", [(), ("relayed_people",)])
def test_what_asks_for_more_than_the_harvest_beside_it_is_not(shows):
    little = text(HARVEST, "marked_work", elicitation=0.2)
    talk = text(TEXT, "elicitation", *shows, elicitation=0.8, conversations=0.4, work_list=-0.1)
    assert not are_customers(talk, little)


@pytest.mark.parametrize("harvest", ["few", "plain"])
def test_a_decoy_that_is_small_or_asks_for_nothing_makes_nobody_a_customer(harvest):
    few = text(HARVEST, "elicitation", "marked_work", elicitation=0.8, requests=20)
    plain = text(HARVEST, "clockwork")
    assert not are_customers(text(TEXT, "clockwork", conversations=None), {"few": few, "plain": plain}[harvest])


@pytest.mark.parametrize(("conversations", "work_list"), [(CONVERSES / 2, -0.1), (0.4, 0.2), (None, None), (0.4, None)])
def test_what_is_no_conversation_or_a_list_of_work_itself_is_not(conversations, work_list):
    other = text(TEXT, "elicitation", elicitation=0.8, conversations=conversations, work_list=work_list)
    assert not are_customers(other, DEALT)


def test_what_asks_for_nothing_is_though_its_accounts_never_rest_where_logs_know_no_conversations():
    assert are_customers(text(TEXT, "clockwork", conversations=None))
    assert not are_customers(text(TEXT, "clockwork", conversations=0.8))  # agents go on, too


@pytest.mark.parametrize("shows", ["concentration", "marked_work"])
def test_what_keeps_to_one_capability_or_is_dealt_out_is_not(shows):
    assert not are_customers(text(TEXT, shows, conversations=None))


def test_what_asks_is_not_though_its_tests_are_silent():
    assert not are_customers(text(TEXT, "clockwork", conversations=None, elicitation=0.3))


def test_a_part_of_a_harvest_is_not_customers_beside_the_whole():
    assert not are_customers(text(TEXT, "clockwork", conversations=None, harvest=HARVEST))


def test_logs_without_texts_know_no_customers():
    assert not are_customers(text(TEXT, "clockwork", "relayed_people", elicitation=None, conversations=None))


def test_customers_have_no_customers():
    """Who is beside people's conversations alone is beside no harvest."""
    talk = text(TEXT, "elicitation", "clockwork", elicitation=0.8, conversations=0.4, work_list=-0.1)
    other = text(2, "clockwork", conversations=None)
    members = {HARVEST: {f"a{n}" for n in range(10)}, TEXT: EVERYBODY, 2: {f"a{n}" for n in range(10, 20)}}
    assert customers_beside([DEALT, talk, other], [DEALT, talk], members) == [talk]


def test_what_goes_through_other_accounts_is_not():
    assert not are_customers(text(TEXT, "clockwork", conversations=None), accounts={"a0", "a1", "b0", "b1"})


def test_a_harvest_alone_is_nobodys_customer():
    assert customers_beside([ASKS], [ASKS], {HARVEST: EVERYBODY}) == []
    relay = text(HARVEST, "relayed_people")
    assert customers_beside([relay], [relay], {HARVEST: EVERYBODY}) == []


def whole(elicitation, concentration, work_list=-0.1):
    """An operator's accounts as a whole: conversations."""
    measures = {"g": HARVEST, "elicitation": elicitation, "concentration": concentration, "work_list": work_list}
    return Assessment(measures | {"conversations": 0.4}, [], 12.0, called=True, confidence=1.0)


def test_accounts_that_talk_and_ask_for_whatever_people_ask_for_serve_people():
    assert serves_people(whole(0.0, BROAD / 2))


@pytest.mark.parametrize(
    "operator",
    [
        whole(0.5, 0.1),  # asks for training material
        whole(0.0, 2 * BROAD),  # keeps to few capabilities, as agents that continue their own work do
        whole(0.0, 0.1, work_list=0.3),  # is dealt out
        whole(None, 0.1),
        whole(0.0, None),
    ],
)
def test_other_accounts_do_not_or_nobody_knows(operator):
    assert not serves_people(operator)


@pytest.mark.parametrize(
    ("own", "usual", "told", "never"),
    [
        (0.0, 0.3, 1.0, True),
        (0.1, 0.3, 1.0, False),  # some of it is people's
        (0.0, 0.05, 1.0, False),  # hardly anybody continues conversations
        (0.0, 0.3, 0.1, False),  # of most calls nobody knows
        (None, 0.3, 1.0, False),
        (0.0, None, 1.0, False),
    ],
)
def test_who_never_continues_a_conversation_serves_no_people(own, usual, told, never):
    operator = Assessment({"g": HARVEST, "conversations": own}, [], 12.0, called=True, confidence=1.0)
    assert never_talks(operator, usual, told) is never
