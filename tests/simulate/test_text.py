"""What is said: a pure function of ids, wide enough that strangers do not say the same."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillhunt.errors import UsageError
from stillhunt.simulate.grammar import LANGUAGES, Grammar, language
from stillhunt.simulate.ids import join, mix, names
from stillhunt.simulate.styles import STYLES

GRAMMAR = Grammar()
POOLS = sorted(language("en").pools)


def runs_of_eight(text: str) -> set[str]:
    words = text.lower().split()
    return {" ".join(words[n : n + 8]) for n in range(len(words) - 7)}


def test_two_people_rarely_share_eight_words(worlds):
    world = worlds("benign", accounts=1500, days=7)
    holders = defaultdict(set)
    for account, prompt in zip(world.logs["account_id"].to_pylist(), world.logs["prompt"].to_pylist(), strict=True):
        if world.kinds[account] == "person":
            for run in runs_of_eight(prompt):
                holders[run].add(account)
    shared = sum(len(accounts) > 1 for accounts in holders.values())
    assert len(holders) > 10_000
    assert shared < 0.01 * len(holders)


@given(st.lists(st.integers(1, 2**40), min_size=1, max_size=40), st.sampled_from(POOLS), st.randoms())
@settings(max_examples=40, deadline=None)
def test_a_text_depends_on_nothing_but_its_item_and_author(numbers, pool, shuffler):
    items, authors = np.array(numbers, dtype=np.uint64), mix(numbers, 5)
    together = GRAMMAR.texts(pool, items, authors).to_pylist()
    order = list(range(len(numbers)))
    shuffler.shuffle(order)
    assert GRAMMAR.texts(pool, items[order], authors[order]).to_pylist() == [together[n] for n in order]
    assert GRAMMAR.texts(pool, items[:1], authors[:1]).to_pylist() == together[:1]
    assert all(together)


def test_public_items_are_the_same_whoever_asks():
    items = np.full(2, 77, dtype=np.uint64)
    authors = np.array([1, 2], dtype=np.uint64)
    for pool in ("math", "mcq", "assignment", "viral"):
        first, second = GRAMMAR.texts(pool, items, authors).to_pylist()
        assert first == second
    first, second = GRAMMAR.texts("developer", items, authors).to_pylist()
    assert first != second


def test_people_write_in_several_languages():
    authors = mix(np.arange(400), 1)
    texts = GRAMMAR.texts("person", np.ones(400, dtype=np.uint64), authors).to_pylist()
    assert any("一" <= letter <= "鿿" for text in texts for letter in text)
    assert any("\u0430" <= letter <= "\u044f" for text in texts for letter in text)
    for name in LANGUAGES:
        assert {"person", "follow"} <= set(language(name).pools)


def test_no_pattern_leaves_a_slot_open():
    for pool in POOLS:
        items = mix(np.arange(300), 9)
        for text in GRAMMAR.texts(pool, items, items).to_pylist():
            assert "{^" not in text
            assert not any(f"{{{slot}}}" in text for slot in ("noun", "adj", "num", "person", "field"))


def test_an_unknown_pool_is_named_with_its_neighbour():
    with pytest.raises(UsageError, match="Did you mean 'math'"):
        GRAMMAR.texts("maths", mix(1), mix(1))


def test_every_style_asks_from_known_pools():
    for style in STYLES.values():
        assert {pool for pool in (style.pool, style.follow, style.second) if pool} <= set(POOLS)


@given(st.lists(st.integers(0, 2**64 - 1), max_size=30))
@settings(deadline=None)
def test_names_are_hexadecimal_and_null_for_nought(numbers):
    written = names("acct_", np.array(numbers, dtype=np.uint64), 12).to_pylist()
    assert written == [f"acct_{n:016x}"[:17] if n else None for n in numbers]


def test_joined_ids_depend_on_order():
    assert join(1, 2)[0] != join(2, 1)[0]
