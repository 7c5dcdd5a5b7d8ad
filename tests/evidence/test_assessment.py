"""What an assessment says of the group beside its bits."""

from stillhunt.evidence.assess import Assessment
from stillhunt.evidence.tests import TESTS


def assessed(**bits):
    """Return the assessment of a group for which these tests speak, and no other."""
    rows = [{"test": t.name, "family": t.family, "bits": bits.get(t.name, -4.0)} for t in TESTS]
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
