"""Which accounts of a called harvest are taken, by the parts of it that go through different operators."""

import pytest

from stillhunt.campaigns import LED, _chosen
from stillhunt.evidence.assess import Assessment

OPERATOR, OTHER = 0, 1
WHOLE, PART, OTHERS_PART = 2, 3, 4


def group(g, layer, bits, *, called=False, **where):
    measures = {"g": g, "layer": layer, "whole": True, "harvest": 0, "operator": None} | where
    return Assessment(measures, [], bits, called, 0.0)


@pytest.fixture
def members():
    """An operator with forty accounts and another with six, all of which send one text, and two accounts of nobody."""
    ours, theirs = {f"a{n}" for n in range(40)}, {f"b{n}" for n in range(6)}
    return {OPERATOR: ours, OTHER: theirs, WHOLE: ours | theirs | {"c0", "c1"}, PART: ours, OTHERS_PART: theirs}


def taken(members, others_bits, *, part_called=True, other_called=False):
    operators = [
        group(OPERATOR, "infrastructure", 12.0, called=True),
        group(OTHER, "infrastructure", 9.0 if other_called else -1.0, called=other_called),
    ]
    harvests = [
        group(WHOLE, "content", 13.0, called=True),
        group(PART, "content", 14.0 if part_called else 3.0, called=part_called, whole=False, operator=OPERATOR),
        group(OTHERS_PART, "content", others_bits, whole=False, operator=OTHER),
    ]
    (campaign,) = _chosen(harvests, operators, members)
    return campaign


def test_whoever_shares_a_text_with_a_harvest_and_nothing_else_is_not_of_it(members):
    campaign = taken(members, others_bits=1.5)
    assert campaign.accounts == members[WHOLE] - members[OTHER]
    assert campaign.operators == [OPERATOR]


def test_what_speaks_for_itself_is_taken(members):
    assert taken(members, others_bits=LED).accounts == members[WHOLE]


def test_a_part_of_a_called_operator_is_taken_unless_it_speaks_for_innocence(members):
    assert taken(members, others_bits=1.5, other_called=True).accounts == members[WHOLE]
    assert taken(members, others_bits=-0.5, other_called=True).accounts == members[WHOLE] - members[OTHER]


def test_where_no_part_was_called_what_says_little_is_taken_with_the_whole(members):
    assert taken(members, others_bits=1.5, part_called=False).accounts == members[WHOLE]
