"""What an assessment says of the group beside its bits."""

from stillhunt.evidence.assess import Assessment
from stillhunt.evidence.tests import TESTS


def assessed(beyond=(), **bits):
    """Return the assessment of a group for which these tests speak, and no other; some may be beyond most groups."""
    rows = [{"test": t.name, "family": t.family, "bits": bits.get(t.name, -4.0), "statistic": float(t.name in beyond),
             "reference": 0.5} for t in TESTS]  # fmt: skip
    return Assessment({"g": 0}, rows, 12.0, True, 0.99)


def test_people_are_relayed_even_where_the_prompt_put_before_their_words_elicits():
    assert assessed(relayed_people=15.0).relays_people
    assert assessed(relayed_people=15.0, secret_asked=18.0, fast_asked=18.0).relays_people


def test_single_questions_and_machines_that_speak_louder_are_no_relay():
    assert not assessed(relayed_people=9.0, marked_strangers=12.0).relays_people
    assert not assessed(relayed_people=9.0, machine_asked=12.0).relays_people
    assert not assessed(secret_asked=18.0).relays_people


def test_accounts_are_told_from_bystanders_by_what_speaks_loudest():
    assert assessed(clockwork=14.0, fast_even=3.0).worked_as == "clockwork"
    assert assessed(fast_even=14.0).worked_as == "calls"
    assert assessed(marked_strangers=14.0).worked_as is None


def test_what_is_true_of_a_relays_accounts_says_nothing_of_a_text_that_it_carries():
    """Beyond nineteen benign groups in twenty is much for one text, and little for seven tests of each."""
    assert assessed(beyond={"clockwork"}).takes_content
    assert assessed(beyond={"secret_asked"}).takes_content
    assert not assessed(beyond={"clockwork", "secret_asked"}, relayed_people=15.0).takes_content
    assert assessed(beyond={"marked_strangers"}, relayed_people=15.0).takes_content
    assert assessed(relayed_people=15.0, clockwork=3.0).takes_content
    assert not assessed(relayed_people=15.0).takes_content
