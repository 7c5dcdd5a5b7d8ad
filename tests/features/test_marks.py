"""Runs of marks that no language writes are cut short; all other text stays as it is."""

import time

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stillhunt.features import marks
from stillhunt.features.texts import as_texts, normalised

ACUTE, BELOW = "\u0301", "\u0323"
SAMPLES = st.sampled_from(["a", " ", "é", "語", "😀", ACUTE, BELOW, "\u0f73", "\uff9e", "\U0001d165", "\u094d"])
RUNS = st.lists(st.tuples(SAMPLES, st.integers(1, 70)), max_size=12).map(lambda runs: "".join(c * n for c, n in runs))
SECONDS = 5.0
"""What takes the square of the length takes many times as long on any machine, and what does not a few milliseconds."""


def is_mark(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in marks.ranges())


def plainly(text: str) -> str:
    """Keep 30 marks of each run, character by character."""
    kept, row = [], 0
    for character in text:
        row = row + 1 if is_mark(character) else 0
        if row <= 30:
            kept.append(character)
    return "".join(kept)


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), RUNS, st.text(max_size=80)), max_size=6), st.integers(0, 3))
@example(["a" + ACUTE * 30, "a" + ACUTE * 31, "x" * 61 + ACUTE * 31, ACUTE * 31 + "é", None, "\U0001d165" * 31], 1)
def test_long_runs_are_found_and_cut_wherever_they_stand(texts, skipped):
    column = pa.array(texts, pa.string())[skipped:]
    expected = [text is not None and plainly(text) != text for text in texts[skipped:]]
    assert marks.long_runs(as_texts(column)).tolist() == expected
    assert [marks.cut_short(text) for text in texts if text] == [plainly(text) for text in texts if text]


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), RUNS), max_size=5), st.sampled_from([pa.string(), pa.large_string()]))
def test_a_text_is_normalised_as_what_is_left_of_it(texts, kind):
    options = pc.Utf8NormalizeOptions("NFKC")
    short = pa.array([None if text is None else plainly(text) for text in texts], kind)
    expected = pc.utf8_lower(pc.call_function("utf8_normalize", [short], options))
    assert normalised(pa.array(texts, kind)).equals(expected)


def test_the_table_holds_every_character_that_the_normaliser_puts_in_order():
    """A mark of the lowest class goes before one of a higher; one of the highest lets all others pass."""
    codes = [code for code in range(0x80, 0x30000) if not 0xD800 <= code < 0xE000]
    before, after, alone = (
        pc.call_function("utf8_normalize", [pa.array(texts)], pc.Utf8NormalizeOptions("NFKD")).to_pylist()
        for texts in (
            ["b" + chr(code) + "\u0334" for code in codes],
            ["b\u0345" + chr(code) for code in codes],
            [chr(code) for code in codes],
        )
    )
    moved = {
        code
        for code, first, second, itself in zip(codes, before, after, alone, strict=True)
        if first.startswith("b\u0334") or (second == f"b{itself}\u0345" and "\u0345" not in itself)
    }
    assert moved == {code for first, last in marks.ranges() for code in range(first, last + 1)}
    assert max(moved) < marks.SIZE


@pytest.mark.parametrize("pair", [ACUTE + BELOW, "\u0f73" + ACUTE, "\uff9e" + ACUTE])
def test_marks_without_end_hold_nobody_up(pair):
    column = pa.array(["a" + pair * 150_000], pa.large_string())
    normalised(pa.array(["a" + pair * 40]))  # compiled by now
    start = time.process_time()
    (text,) = normalised(column).to_pylist()
    assert time.process_time() - start < SECONDS
    assert len(text) <= 1 + 2 * marks.MOST
