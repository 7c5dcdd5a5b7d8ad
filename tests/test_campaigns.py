"""Which accounts of a called harvest are taken, by the parts of it that go through different operators."""

import pyarrow as pa
import pytest

from stillhunt.bystanders import organisations_beside, without_bystanders
from stillhunt.campaigns import Campaign, _chosen, _customers, _held, _serving_nobody, _unexplained
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.evidence.assess import ASKING, Assessment
from stillhunt.evidence.conduct import DAY
from stillhunt.parts import hollow_wholes, innocent_parts
from stillhunt.separation.mixture import LED

OPERATOR, OTHER = 0, 1
WHOLE, PART, OTHERS_PART = 2, 3, 4


def group(g, layer, bits, *, called=False, shows="elicitation", **where):
    usual = {"elicitation": 0.8, "conversations": 0.0, "work_list": 0.3, "concentration": 0.2, "requests": 1000}
    measures = {"g": g, "layer": layer, "whole": True, "harvest": 0, "operator": None} | usual | where
    family = {"relayed_people": "conjunction", "clockwork": "machines"}.get(shows, "content")
    nothing = {"family": "conjunction", "bits": -2.0, "statistic": 0.0, "reference": 0.5}
    silent = [{"test": test} | nothing for test in (*ASKING, "relayed_people")]
    row = {"test": shows, "family": family, "bits": max(bits, 0.1), "statistic": 1.0, "reference": 0.5}
    return Assessment(measures, [*(r for r in silent if r["test"] != shows), row], bits, called, 0.0)


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
    (campaign,) = _chosen(harvests, operators, members, ())
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


def test_a_whole_that_called_operators_carry_is_taken_from_whom_something_speaks_against(members):
    operators = [
        group(OPERATOR, "infrastructure", 12.0, called=True),
        group(OTHER, "infrastructure", LED, called=False),
    ]
    (campaign,) = _chosen([group(WHOLE, "content", LED + 1)], operators, members, ())
    assert campaign.accounts == members[OPERATOR] | members[OTHER]
    assert _chosen([group(WHOLE, "content", LED - 1)], operators, members, ()) == []


def test_texts_of_people_go_through_who_harvests_with_other_texts(members):
    """Those through a called operator harvest if they speak for it, though no text was called."""
    operators = [group(OPERATOR, "infrastructure", 12.0, called=True)]
    talk = group(WHOLE, "content", 13.0, called=True, shows="relayed_people", harvest=1)
    harvest = group(PART, "content", LED + 1, operator=OPERATOR)
    assert _customers([talk, harvest], operators, members, (), ()) == [talk]
    assert _customers([talk, harvest], [], members, (), ()) == []
    assert _customers([talk, harvest], operators, members, {OPERATOR}, ()) == []  # it never talks


@pytest.mark.parametrize(
    ("operator", "carried", "customers", "nobody"),
    [
        ("sells", 0.9, [], set()),
        ("never talks", 0.1, [], {OPERATOR}),
        ("narrow", 0.9, [], {OPERATOR}),
        ("narrow", 0.1, [], set()),  # what it sends beside its texts may be people's
        ("narrow", 0.9, [{"a0", "a1"}], set()),  # and here it is
    ],
)
def test_all_that_operators_send_who_serve_nobody_is_the_main_campaigns(members, operator, carried, customers, nobody):
    shows, quiet = (
        "concentration" if operator == "narrow" else "clockwork",
        {OPERATOR} if operator == "never talks" else set(),
    )
    operator = group(OPERATOR, "infrastructure", 12.0, called=True, shows=shows)
    text = group(PART, "content", 14.0, called=True)
    main = Campaign([text], set(members[OPERATOR]), operators=[OPERATOR], carried=carried)
    other = Campaign([text], {"a0"} | members[OTHER], operators=[OPERATOR], carried=carried)
    assert _serving_nobody([other, main], [operator], members, quiet, customers) == nobody
    assert main.sources == [PART, *nobody]
    assert other.sources == [PART]


def test_an_operator_without_texts_whose_accounts_talk_as_people_do_is_a_relay(members):
    people = {"shows": "clockwork", "elicitation": 0.0, "conversations": 0.4, "work_list": -0.1}
    operator = group(OPERATOR, "infrastructure", 12.0, called=True, **people)
    assert Campaign([operator], set(members[OPERATOR]), operators=[OPERATOR]).kind == "relay"
    machine = group(OPERATOR, "infrastructure", 12.0, called=True, **people | {"conversations": 0.0})
    assert Campaign([machine], set(members[OPERATOR]), operators=[OPERATOR]).kind == "distillation"


def left(  # noqa: PLR0913, PLR0917  a campaign, and what is known of some of its accounts
    members, campaign, innocent=(), resting=(), marks=(0.5, 0.0), length=0.8, suspected=(), lives=()
):
    """Accounts left of a campaign all of whose accounts work alike, but that some have hours of rest.

    They made 300 calls in ten days, but for those of `lives`: exchanges, days since the first, days to a suspension.
    """
    numbered = {name: a for a, name in enumerate(sorted(members[WHOLE]))}
    known = [(name, *dict(lives).get(name, (300, 10, None))) for name in numbered]
    profile = {
        "account_id": [name for name, *_ in known],
        "exchanges": [exchanges for _, exchanges, *_ in known],
        "first_ts": [(10 - days) * DAY for _, _, days, _ in known],
        "last_ts": [10 * DAY] * len(known),
        "suspended_at": pa.array(
            [None if till is None else round((10 - days + till) * DAY) for _, _, days, till in known], pa.int64()
        ),
    }
    with DuckDBEngine(threads=1) as engine:
        engine.register("account_index", pa.table({"account_id": list(numbered), "a": list(numbered.values())}))
        engine.register("profile", pa.table(profile))
        rows = [(t.measures["g"], numbered[name]) for t in campaign.groups for name in members[t.measures["g"]]]
        alike = {"g": [g for g, _ in rows], "a": [a for _, a in rows], "once": [1.0] * len(rows)}
        engine.register("member_conduct", pa.table(alike))
        rests = [a in {numbered[name] for name in resting} for _, a in rows]
        clock = {"calls": [25.0] * len(rows), "days": [1] * len(rows), "resultant": [length * r for r in rests]}
        machines = {name: [marks[r] for r in rests] for name in ("clockwork", "works")}
        engine.register("group_conduct", pa.table({"g": alike["g"], "a": alike["a"]} | clock | machines))
        held = _held(campaign, members, innocent)
        return without_bystanders(engine, campaign.groups, [], campaign.accounts, held, suspected)


def campaign_of(members, *parts):
    whole = group(WHOLE, "content", 13.0, called=True)
    return Campaign([whole, *parts], set(members[WHOLE]), operators=[OPERATOR, OTHER])


def test_few_accounts_of_no_operator_are_left_out(members):
    assert left(members, campaign_of(members)) == members[OPERATOR] | members[OTHER]


def test_machines_of_its_kind_that_go_through_another_called_operator_stay(members):
    whole = group(WHOLE, "content", 14.0, called=True, shows="clockwork")
    campaign = Campaign([whole], set(members[WHOLE]), operators=[OPERATOR, OTHER])
    few = members[WHOLE] - members[OPERATOR] - members[OTHER]
    assert few
    assert left(members, campaign) == members[WHOLE] - few
    assert left(members, campaign, suspected=few) == members[WHOLE]
    assert left(members, campaign, suspected=few, resting=few, length=0.2) == members[WHOLE] - few


def test_an_operator_that_its_own_traffic_speaks_for_holds_nobody_in(members):
    more = {f"d{n}" for n in range(60)}
    members |= {WHOLE: members[WHOLE] | more, OPERATOR: members[OPERATOR] | more}
    part = group(OTHERS_PART, "content", 9.0, called=True, whole=False, operator=OTHER)
    assert left(members, campaign_of(members, part), {OTHER}) == members[OPERATOR]


def test_a_part_that_was_called_stays_though_its_operator_runs_little_of_the_campaign(members):
    part = group(OTHERS_PART, "content", 9.0, called=True, whole=False, operator=OTHER)
    campaign = campaign_of(members, part)
    campaign.operators = [OPERATOR]
    assert left(members, campaign) == members[OPERATOR] | members[OTHER]


def test_who_rests_is_not_of_machines_that_never_do(members):
    part = group(PART, "content", 14.0, called=True, shows="clockwork", whole=False, operator=OPERATOR)
    campaign = Campaign([part], set(members[PART]), operators=[OPERATOR])
    assert left(members, campaign, resting={"a0", "a1"}) == members[OPERATOR] - {"a0", "a1"}
    asked = Campaign([group(PART, "content", 14.0, called=True)], set(members[PART]), operators=[OPERATOR])
    assert left(members, asked, resting={"a0", "a1"}) == members[OPERATOR]


def test_who_works_as_people_do_is_not_of_machines_though_he_rests_little(members):
    part = group(PART, "content", 14.0, called=True, shows="clockwork", whole=False, operator=OPERATOR)
    campaign = Campaign([part], set(members[PART]), operators=[OPERATOR])
    assert left(members, campaign, resting={"a0", "a1"}, length=0.2) == members[OPERATOR] - {"a0", "a1"}


def test_who_came_a_few_times_is_not_of_machines_that_come_every_day(members):
    """Unless there was no time for more: who was bought yesterday, or banned after a day."""
    part = group(PART, "content", 14.0, called=True, shows="clockwork", whole=False, operator=OPERATOR)
    campaign = Campaign([part], set(members[PART]), operators=[OPERATOR])
    lives = {"a0": (12, 9, None), "a1": (12, 0, None), "a2": (12, 9, 0.2), "a3": (25, 9, None)}
    assert left(members, campaign, lives=lives) == members[OPERATOR] - {"a0"}
    asked = Campaign([group(PART, "content", 14.0, called=True)], set(members[PART]), operators=[OPERATOR])
    assert left(members, asked, lives=lives) == members[OPERATOR]


@pytest.mark.parametrize("clockwork", [0.5, 0.2])
def test_of_machines_without_an_operator_who_is_like_most_of_them_stays(members, clockwork):
    """However little their few calls show."""
    whole = group(WHOLE, "content", 14.0, called=True, shows="clockwork")
    campaign = Campaign([whole], set(members[WHOLE]), operators=[])
    assert left(members, campaign, resting={"a0", "a1"}, marks=(clockwork, 0.0)) == members[WHOLE] - {"a0", "a1"}


def test_a_whole_that_was_called_for_its_innocent_part_calls_nobody_else(members):
    """Its evidence was that part's accounts, of which only a called operator's are taken, and no honest evaluators."""
    operators = [group(OPERATOR, "infrastructure", 12.0, called=True), group(OTHER, "infrastructure", 1.0)]
    parts = [
        group(PART, "content", -3.0, whole=False, operator=OPERATOR, shows="clockwork"),
        group(OTHERS_PART, "content", 0.7, whole=False, operator=OTHER),
    ]
    whole = group(WHOLE, "content", 15.0, called=True)
    chosen = _chosen([whole, *parts], operators, members, hollow_wholes([whole, *parts], members))
    assert [c.accounts for c in chosen] == [members[PART]]  # through its operator, which was called


def test_of_a_crowd_with_a_few_machines_the_people_are_left_out(members):
    """Though they show a little of a machine, as chance has it."""
    whole = group(WHOLE, "content", 14.0, called=True, shows="clockwork")
    campaign = Campaign([whole], set(members[WHOLE]), operators=[])
    people = {f"a{n}" for n in range(30)}
    assert left(members, campaign, resting=people, marks=(0.5, 0.03)) == members[WHOLE] - people


def test_accounts_of_a_called_operator_that_belong_to_somebody_harmless_are_not_held_with_it(members):
    operator = group(OPERATOR, "infrastructure", 12.0, called=True)
    text = group(PART, "content", 14.0, called=True)
    campaign = Campaign([text], {f"a{n}" for n in range(30)}, operators=[OPERATOR])
    made = _unexplained([campaign], [operator], [text], members, {"a0", "a31", "a35"})
    assert not made
    assert campaign.accounts == members[OPERATOR] - {"a31", "a35"}
    (alone,) = _unexplained([], [operator], [], members, {"a35"})
    assert alone.accounts == members[OPERATOR] - {"a35"}


def test_organisations_that_are_a_small_part_of_strangers_are_not_held_for_what_these_do():
    strangers, firm = {f"s{n}" for n in range(100)}, {f"f{n}" for n in range(8)}
    of = dict.fromkeys(firm, "org_1") | {"s0": "org_2", "s1": "org_2"}
    assert organisations_beside(strangers | firm, of, (), [strangers | firm]) == firm
    assert organisations_beside(strangers | firm, of, (), [strangers | firm, firm]) == set()  # its own group was called
    shells = dict.fromkeys(sorted(strangers)[2:32], "org_3")
    assert organisations_beside(strangers | firm, of | shells, (), [strangers]) == firm  # the shell is no small part
    assert organisations_beside(strangers | firm, of | shells, ("org_3",), [strangers]) == firm | shells.keys()


def cut(sizes, bits, known=()):
    """A called whole and its parts through one operator each, and who is in them."""
    members, parts, first = {WHOLE: {f"x{n}" for n in range(sum(sizes))}}, [], 0
    for number, (size, of_it) in enumerate(zip(sizes, bits, strict=True)):
        g = 10 + number
        members[g] = {f"x{n}" for n in range(first, first + size)}
        parts.append(group(g, "content", of_it, whole=False, operator=number))
        if number in known:
            parts[-1].evidence.append({"test": "one_open_entity", "family": "innocence", "bits": -3.0})
        first += size
    return [group(WHOLE, "content", 14.0, called=True), *parts], members


def test_parts_that_are_too_small_to_speak_are_held_with_the_whole():
    """As those of a campaign are in its first hours; but not those that somebody openly stands behind."""
    harvests, members = cut([20, 20, 20, 20, 20], [-3.0, -2.0, -4.0, -3.0, 0.5], known={2})
    assert hollow_wholes(harvests, members) == set()
    assert innocent_parts(harvests[0], harvests, members, ()) == members[12]


def test_a_whole_of_large_silent_parts_is_hollow():
    harvests, members = cut([200, 200, 40], [-10.0, -9.0, 3.0])
    assert hollow_wholes(harvests, members) == {WHOLE}


def test_small_silent_parts_are_left_out_where_most_of_the_whole_speaks():
    harvests, members = cut([20, 20, 60], [-3.0, -2.0, 3.0])
    assert hollow_wholes(harvests, members) == set()
    assert innocent_parts(harvests[0], harvests, members, ()) == members[10] | members[11]
