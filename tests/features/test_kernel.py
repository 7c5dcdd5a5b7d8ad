"""The compiled kernel and its plain-Python twin say the same, bit for bit."""
# ruff: noqa: RUF001 - look-alike characters are what is tested

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stillhunt.features import alphabet, kernel, reference
from stillhunt.features.cues import tables, weights_by_gram
from stillhunt.features.featurise import LABELS
from stillhunt.features.texts import normalised, read_column

CUES = weights_by_gram(LABELS)
PIECES = st.sampled_from(
    ['"', "“", "”", "`", "```", "\n", " ", ":", "://", "http://a.b/c?d=1)", "1", "0x2f", "٣", "é", "\u200b", "\ufeff",
     "\x00", "的", "推理", "ひらがな", "한국어", "мир", "سلام", "😀", "ﬁ", "Ａ", "İ", "ß",
     "𠀀", "𝔘", "x" * 70, "e\u0301", "think step by step", "rate from 1 to 10", "'", "don't", "。"]
)  # fmt: skip
TEXT = st.one_of(
    st.text(max_size=200),
    st.lists(st.one_of(PIECES, st.text(max_size=6), st.from_regex(r"[a-z]{1,9} ", fullmatch=True)), max_size=60).map(
        "".join
    ),
)


def read_both(text: str) -> tuple[dict[str, object], dict[str, object]]:
    column = pa.array([text])
    digest, sketch = read_column(column, tables(LABELS), sketch=True)
    fast = {
        "words": int(digest.words[0]),
        "exact": int(digest.exact[0]),
        "skeleton": int(digest.skeleton[0]) if digest.has_skeleton[0] else None,
        "ends": (int(sketch.head[0]), int(sketch.tail[0])) if sketch.has_ends[0] else None,
        "anchors": sketch.anchors[0, : sketch.anchor_count[0]].tolist(),
        "bands": sketch.bands[0].tolist() if sketch.has_bands[0] else None,
        "scripts": sketch.scripts[0].tolist(),
        "semantic": sketch.semantic[0].tobytes() if sketch.has_semantic[0] else None,
        "cues": digest.cues[0].tolist(),
    }
    plain = normalised(column)[0].as_py()
    reading = reference.read(plain)
    slow = {
        "words": len(reading.words),
        "exact": reference.exact_key(plain, reading),
        "skeleton": reference.skeleton_key(reading),
        "ends": reference.end_keys(reading),
        "anchors": reference.anchors(reading),
        "bands": reference.bands(reading),
        "scripts": list(reading.scripts.values()),
        "semantic": reference.semantic(reading),
        "cues": reference.cue_sums(reading, CUES, len(LABELS)),
    }
    return fast, slow


@settings(max_examples=400, deadline=None)
@given(TEXT)
@example("")
@example('say "hello" and "" and “one “two” three” `code` ```fence``` "open\nend" https://example.org/a(b)c d')
@example("你好 world 请一步一步地思考并写出推理过程 123 ４５６")
@example("a\u200bb ｆｕｌｌ \ufeffwidth 1\u200b2")
def test_kernel_equals_reference(text):
    fast, slow = read_both(text)
    assert fast == slow


@pytest.mark.parametrize("unit", ["word ", "语", "é" * 9 + " ", "12 “a” "], ids=["ascii", "han", "accents", "slots"])
@pytest.mark.parametrize("extra", [-1, 0, 1, 2, 3])
def test_kernel_equals_reference_where_a_long_text_is_cut(unit, extra):
    limit = kernel.READ_HEAD + kernel.READ_TAIL
    body = (unit * limit)[: (limit + 3000) // len(unit.encode()) * len(unit)]
    text = (
        body + "y" * (limit + 2 - len(body.encode()) + extra)
        if len(body.encode()) <= limit
        else body + "y" * (extra + 1)
    )
    fast, slow = read_both(text)
    assert fast == slow


def test_the_two_name_the_same_constants():
    for name in (
        "GRAM",
        "FOLD",
        "SLOT",
        "NUMBER",
        "CUT",
        "BAND",
        "READ_HEAD",
        "READ_TAIL",
        "CUE_WORDS",
        "CUE_HEAD",
        "CUE_TAIL",
    ):
        assert int(getattr(kernel, name)) == getattr(reference, name), name
    for name in ("SEPARATOR", "LETTER", "DIGIT", "SINGLE", "INVISIBLE"):
        assert getattr(kernel, name) == getattr(alphabet, name), name
    assert alphabet.SIZE == kernel.NO_CHARACTER
    assert len(alphabet.SCRIPTS) == 5


def test_no_cue_or_stop_word_hashes_to_the_empty_slot():
    assert 0 not in CUES
    assert np.count_nonzero(tables(LABELS).stops) == len(reference.STOP_WORDS)
