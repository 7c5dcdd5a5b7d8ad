"""The tests of a group: what each measures, its family, and its words for both outcomes.

Null of every test: *coordinated but not harvesting*. Companies, classes, users of one tool share things too; a group
is compared with such groups, never with accounts that have nothing in common.
"""

from dataclasses import dataclass

VERIFIED = 0.9
"""Share of verified members from which a group is a known customer's."""
COMPANIES = 1.4
"""Scale of the tail of companies in doublings, of their seats or of what they ask a day: sizes follow Zipf's law
(Axtell 2001), and a reference holds no company as large as the largest customer whom nobody knows."""


@dataclass(frozen=True)
class GroupTest:
    """One statistic of `group_measures`; larger speaks for harvesting.

    Attributes:
        name: Column of `group_measures`.
        family: Tests of one family are averaged; families multiply.
        hit: Words when it speaks for harvesting; `{value}` and `{reference}` are filled in.
        passed: Words when it does not.
        would_change: What would change our mind.
        scale: Least scale of the benign tail, in units of the statistic.
        weight: Stake on this test against that on others of its family.
        of_all_sizes: Whether benign groups of all sizes are compared, and not only the nearest in size.
        of_all_kinds: Whether benign groups of both layers, open or not, are compared as well: what is measured means
            the same for all of them.
        counts_strangers: Whether only groups of providers that know as much of who their customers are can be compared:
            where nobody knows, the seats of one company are so many strangers.
        unknown_scale: Least scale where nobody knows.
    """

    name: str
    family: str
    scale: float
    hit: str
    passed: str
    would_change: str
    weight: float = 1.0
    of_all_sizes: bool = False
    of_all_kinds: bool = False
    counts_strangers: bool = False
    unknown_scale: float = 0.0


@dataclass(frozen=True)
class Pattern:
    """One way in which a harvest may show, and the part of the stake on it.

    Attributes:
        share: Part of the stake; all shares add up to 1.
        families: Families whose e-values multiply.
    """

    share: float
    families: tuple[str, ...]


PATTERNS = (
    Pattern(0.35, ("machines",)),
    Pattern(0.50, ("conjunction",)),
    Pattern(0.05, ("machines", "content")),
    Pattern(0.05, ("content", "rhythm", "one hand")),
    Pattern(0.05, ("content",)),
)
"""A network of machines shows in its conduct alone, a careful campaign in its content, a silent relay in neither; and
what most harvests do is innocent by itself and telling at once, above all in the first hours, when no clock says a
thing. The stake is split before anybody looks; a family that has nothing to say then costs the part that was staked on
it, and not the rest. Sharing in secret and relay software are one family: whoever runs accounts by one hand shows both,
honest or not."""

TESTS = (
    GroupTest(
        "elicitation",
        "content",
        0.1,
        "requests ask for what training needs (reasoning written out, grading, rewriting, task generation) "
        "{value:+.2f} above the run's average; 95 % of benign groups stay under {reference:+.2f}",
        "requests elicit training material no more than benign groups do ({value:+.2f})",
        "a product whose users need exactly such answers, named by the customer",
    ),
    GroupTest(
        "concentration",
        "content",
        0.5,
        "requests concentrate on few capabilities: {value:.2f} bits away from the run's mix; 95 % of benign groups "
        "stay under {reference:.2f}",
        "the mix of capabilities is as broad as in benign groups ({value:.2f} bits)",
        "a specialised public tool that all members use",
    ),
    GroupTest(
        "work_list",
        "content",
        0.1,
        "single questions that one account alone sends, as when a list of work is dealt out, are {value:+.0%} of "
        "requests against the run's share; 95 % of benign groups stay under {reference:+.0%}",
        "items recur over accounts or turn into conversations, as people's do ({value:+.0%} against the run's share)",
        "follow-up questions, or the same items asked by many members",
    ),
    GroupTest(
        "strangers",
        "content",
        0.5,
        "single questions of their own that ask for training material come from {value:.1f} doublings of accounts that "
        "present themselves as strangers; 95 % of benign groups stay under {reference:.1f}",
        "few strangers send single questions of their own that ask for training material ({value:.1f} doublings)",
        "a public tool that asks so on behalf of its users",
        weight=3.0,
    ),
    GroupTest(
        "flatness",
        "rhythm",
        0.1,
        "accounts work around the clock: their days are {value:.2f} flatter than the run's; 95 % of benign groups stay "
        "under {reference:.2f}",
        "accounts keep days and nights as benign groups do ({value:+.2f})",
        "days and nights, or a scheduled job of one known customer",
    ),
    GroupTest(
        "balance",
        "rhythm",
        1.0,
        "work is dealt out evenly over the accounts (evenness {value:.1f} bits); 95 % of benign groups stay under "
        "{reference:.1f}",
        "some accounts do much more than others, as people do (evenness {value:.1f} bits)",
        "a quota that the provider itself imposes on all of them",
    ),
    GroupTest(
        "covert",
        "one hand",
        0.25,
        "most accounts share cards, devices, networks or clients with accounts that present themselves as strangers "
        "({value:.2f} on a scale from half of them, 0, to all, 1); 95 % of benign groups stay under {reference:.2f}",
        "accounts that present themselves as strangers share little ({value:.2f} from half of them, 0, to all, 1)",
        "one customer that openly stands behind all of them",
    ),
    GroupTest(
        "relayed",
        "one hand",
        0.25,
        "most accounts show relay software: retries, conversations or thinking signatures that cross accounts, "
        "rotation ({value:.2f} on a scale from half of them, 0, to all, 1); 95 % of benign groups stay under "
        "{reference:.2f}",
        "no more relay behaviour than in benign groups ({value:.2f} from half of the accounts, 0, to all, 1)",
        "a failover gateway of one known customer",
    ),
    GroupTest(
        "clockwork",
        "machines",
        0.2,
        "accounts work as machines do, day and night at a steady pace, and share their work evenly: {value:.1f} "
        "doublings of such accounts; 95 % of benign groups stay under {reference:.1f}",
        "few accounts work day and night at a steady pace, or they share their work unevenly ({value:.1f} doublings)",
        "one customer that openly runs a machine over all of these accounts",
        of_all_sizes=True,
        of_all_kinds=True,
    ),
    GroupTest(
        "machine_asked",
        "conjunction",
        0.2,
        "accounts that work as machines do and share their work evenly ask for training material: {value:.1f} "
        "doublings of such accounts; 95 % of benign groups stay under {reference:.1f}",
        "machines that share their work evenly are few, or do not ask for training material ({value:.1f} doublings)",
        "one customer that openly runs a machine over all of these accounts",
        weight=8.0,
        of_all_sizes=True,
        of_all_kinds=True,
    ),
    GroupTest(
        "secret_asked",
        "conjunction",
        0.2,
        "accounts that present themselves as strangers share cards, devices, networks or clients, and ask for training "
        "material: {value:.1f} doublings of such accounts; 95 % of benign groups stay under {reference:.1f}",
        "few strangers who share in secret, or what they ask is no training material ({value:.1f} doublings)",
        "one customer that openly stands behind all of them",
        weight=3.0,
        of_all_sizes=True,
        of_all_kinds=True,
        counts_strangers=True,
        unknown_scale=COMPANIES,
    ),
    GroupTest(
        "fast_asked",
        "conjunction",
        0.2,
        "accounts that present themselves as strangers share cards, devices, networks or clients, and ask for training "
        "material faster than people can: {value:.1f} doublings; 95 % of benign groups stay under {reference:.1f}",
        "strangers who share in secret are no faster than people, or what they ask is no training material "
        "({value:.1f} doublings)",
        "one customer that openly stands behind all of them",
        weight=3.0,
        of_all_sizes=True,
        of_all_kinds=True,
        counts_strangers=True,
        unknown_scale=COMPANIES,
    ),
    GroupTest(
        "fast_even",
        "conjunction",
        0.5,
        "accounts that present themselves as strangers share cards, devices, networks or clients, and are dealt work "
        "evenly and faster than people can do it: {value:.1f} doublings of pace times doublings of accounts; 95 % of "
        "benign groups stay under {reference:.1f}",
        "strangers who share in secret are no faster than people, or some do much more than others ({value:.1f} "
        "doublings of pace times doublings of accounts)",
        "one customer that openly stands behind all of them",
        weight=3.0,
        of_all_sizes=True,
        of_all_kinds=True,
        counts_strangers=True,
    ),
    GroupTest(
        "marked_strangers",
        "conjunction",
        0.03,
        "many strangers send single questions of their own that ask for training material, and bear marks "
        "of machines or of one hand (no nights, even work, shared cards or devices, relay software): {value:.2f} from "
        "0 to 1; 95 % of benign groups stay under {reference:.2f}",
        "strangers who ask for training material are few, or live and pay as people do ({value:.2f} from 0 to 1)",
        "one customer that openly stands behind all of them",
        of_all_sizes=True,
    ),
    GroupTest(
        "marked_work",
        "conjunction",
        0.03,
        "single questions that one account alone sends, as when a list of work is dealt out, come with marks "
        "of machines or of one hand (no nights, even work, shared cards or devices, relay software): {value:.2f} from "
        "0 to 1; 95 % of benign groups stay under {reference:.2f}",
        "no list of work is dealt out, or its accounts live and pay as people do ({value:.2f} from 0 to 1)",
        "a product or pipeline of one customer that says who it is",
        of_all_sizes=True,
    ),
    GroupTest(
        "relayed_people",
        "conjunction",
        0.03,
        "conversations of people go through relay software over accounts that share cards, devices, networks or "
        "clients in secret: {value:.2f} from 0 to 1; 95 % of benign groups stay under {reference:.2f}",
        "no conversations of people are relayed over accounts that share in secret ({value:.2f} from 0 to 1)",
        "a reseller that says who it is",
        weight=3.0,
        of_all_sizes=True,
        of_all_kinds=True,
        counts_strangers=True,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Innocence:
    """A fact that speaks for innocence and only ever lowers the evidence.

    Attributes:
        name: Unique name.
        condition: SQL condition on `group_measures`.
        bits: Bits taken away, negative.
        says: Words.
        would_change: What would change our mind.
    """

    name: str
    condition: str
    bits: float
    says: str
    would_change: str


INNOCENCE = (
    Innocence(
        "verified_members",
        f"verified >= {VERIFIED}",
        -10.0,
        "somebody verified who stands behind nearly every account",
        "the verification turns out to be false, or the accounts are resold",
    ),
    Innocence(
        "one_open_entity",
        f"largest_entity >= 0.9 AND verified < {VERIFIED}",
        -3.0,
        "one organisation that nobody verified openly stands behind the accounts",
        "the organisation is a shell, made up for the purpose",
    ),
)
