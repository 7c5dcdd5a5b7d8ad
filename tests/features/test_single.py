"""FEATURES of one request are those of a batch, bit for bit, whatever stands in it."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillhunt.errors import UsageError
from stillhunt.features import kernel
from stillhunt.features.featurise import featurise
from stillhunt.features.single import Featuriser
from stillhunt.schema import EXCHANGE
from stillhunt.simulate.simulator import simulate

SECRET = b"the secret of one and of many"
ONE = Featuriser(SECRET)
WORDS = st.sampled_from(
    ["think step by step", "评分标准", "https://a.example/x?y=1", '"quoted words"', "`code`", "12.5", "ß", "é",
     "ﬁne \uff26\uff55ll ½", "chain of thought", "naïve", "Σίσυφος", "\u200b", "\n", "…",
     "рассуждай пошагово", "the of and", "١٢٣", "가각", "e" + "\u0301\u0323" * 40]
)  # fmt: skip
TEXT = st.one_of(st.none(), st.text(max_size=60), st.lists(WORDS, max_size=40).map(" ".join))
SHORT = st.one_of(st.none(), st.text(min_size=1, max_size=12))
AGENTS = ("openai-python/1.40.0", "Mozilla/5.0 (X11) Chrome/126.0 Safari/537")
ADDRESSES = (None, "198.51.100.7", "::ffff:198.51.100.7", "2001:db8::1%eth0", "no address", "01.2.3.4")
EXCHANGES = st.fixed_dictionaries(
    {
        "exchange_id": st.just("e"), "ts": st.integers(0, 2**50), "account_id": st.just("a"),
        "system": TEXT, "opening": TEXT, "prompt": TEXT, "response": TEXT,
        "tools": st.one_of(st.none(), st.lists(st.text(max_size=8), max_size=4)),
        "images": st.one_of(st.none(), st.integers(0, 3)),
        "api_key_id": SHORT, "conversation_id": SHORT, "device_id": SHORT, "ja4": SHORT,
        "user_agent": st.one_of(SHORT, st.sampled_from(AGENTS)),
        "headers": st.one_of(st.none(), st.lists(st.tuples(
            st.sampled_from(["x-stainless-lang", "X-Request-Id", "date", "anthropic-version", "x-ämter"]),
            st.one_of(st.none(), st.sampled_from(["python", "123456789", "", "2024-01-01T00:00:00"]))), max_size=4,
            unique_by=lambda pair: pair[0])),
        "ip": st.sampled_from(ADDRESSES),
        "reasoning_in": st.one_of(st.none(), st.lists(st.text(max_size=6), max_size=3)),
        "asn": st.one_of(st.none(), st.integers(1, 2**32)), "model": SHORT,
    }
)  # fmt: skip


def batch_of(rows) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=EXCHANGE.arrow)


@settings(max_examples=300, deadline=None)
@given(EXCHANGES)
def test_one_is_a_batch_of_one(row):
    (expected,) = featurise(batch_of([row]), SECRET).to_pylist()
    assert ONE(row) == expected


def test_simulated_traffic_in_all_its_formats(tmp_path):
    world = simulate(tmp_path / "mixed", accounts=300, days=2, seed=5)
    rows = pa.concat_tables([pq.read_table(file) for file in world.logs.glob("*.parquet")]).slice(0, 3000)
    batch = rows.cast(EXCHANGE.arrow).combine_chunks().to_batches()[0]
    expected = featurise(batch, SECRET).to_pylist()
    for row, features in zip(batch.to_pylist(), expected, strict=True):
        assert ONE(row) == features


@pytest.mark.parametrize("size", [-1, 0, 1, 5_000, 700_000])
def test_long_plain_text_is_read_in_parts_and_comes_out_the_same(size):
    text = ('Every Step of 12 the reasoning, said "no one" to the LAMP at once. ' * 12_000)[
        : kernel.READ_HEAD + kernel.READ_TAIL + size
    ]
    row = {"exchange_id": "e", "ts": 1, "account_id": "a", "prompt": text, "system": text}
    (expected,) = featurise(batch_of([row]), SECRET).to_pylist()
    assert ONE(row) == expected


@pytest.mark.parametrize(
    "piece",
    [
        "日本語の文章をここに書きます。",
        "\uff26\uff55\uff4c\uff4c\u3000\uff57ide ",
        "слово за словом, ",
        "e\u0301te\u0301 ",
        "stacked e" + "\u0301\u0323" * 40 + " ",
    ],
)
@pytest.mark.parametrize("times", [3_000, 30_000])
def test_of_long_text_in_other_scripts_only_what_needs_its_whole_length_is_unknown(piece, times):
    row = {"exchange_id": "e", "ts": 1, "account_id": "a", "prompt": piece * times}
    (expected,) = featurise(batch_of([row]), SECRET).to_pylist()
    found = ONE(row)
    unknown = {name for name in expected if found[name] != expected[name]}
    assert unknown <= {"prompt_key", "body_key"}
    assert all(found[name] is None for name in unknown)


@pytest.mark.parametrize("marks", [300, 80_000])
def test_long_text_that_is_cut_among_marks_without_end_reads_the_same(marks):
    many = "\u0301\u0323" * marks
    text = "слово " * 9_000 + many + " за словом" * 9_000 + many + " тогда" * 1_000
    row = {"exchange_id": "e", "ts": 1, "account_id": "a", "prompt": text}
    (expected,) = featurise(batch_of([row]), SECRET).to_pylist()
    found = ONE(row)
    assert {name for name in expected if found[name] != expected[name]} <= {"prompt_key", "body_key"}


def test_working_memory_carries_nothing_over():
    rows = [{"prompt": "think step by step and show your reasoning"}, {"prompt": "hello"}, {"prompt": None}, {}]
    alone = [Featuriser(SECRET)(row) for row in rows]
    assert [ONE(row) for row in rows] == alone


def test_half_a_surrogate_pair_is_no_reason_to_fail():
    assert ONE({"prompt": "\ud800 odd words in here"})["words"] == 4


def test_an_empty_secret_is_refused():
    with pytest.raises(UsageError):
        Featuriser(b"")
