"""What FEATURES promises: pure rows, null for unknown, keys that survive what varies, and nothing personal."""
# ruff: noqa: RUF001 - look-alike characters are what is tested

import random
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillhunt.errors import InputError, UsageError
from stillhunt.features import kernel
from stillhunt.features.featurise import featurise
from stillhunt.schema import EXCHANGE, FEATURES

SECRET = b"a secret of this test only"
TEMPLATE = (
    "You are given a paragraph of a museum guide and a visitor's remark about it; find out which hall the visitor "
    "means and answer with the name of that hall alone. Paragraph: {} End of the paragraph, now name the hall "
    "that the visitor means and add nothing else to it."
)
FILLINGS = (
    "The bronze age gallery shows swords, fibulae and a reconstructed loom beside a window.",
    "Upstairs, past the café, the clocks of four centuries tick slightly out of step with each other.",
)


def batch(*records: dict[str, object]) -> pa.RecordBatch:
    rows = [{"exchange_id": f"e{i}", "ts": i, "account_id": "a", **record} for i, record in enumerate(records)]
    return pa.RecordBatch.from_pylist(rows, schema=EXCHANGE.arrow)


def features(*records: dict[str, object], secret: bytes = SECRET) -> list[dict[str, object]]:
    return featurise(batch(*records), secret).to_pylist()


TEXTS = st.one_of(
    st.none(), st.just(""), st.text(max_size=80), st.sampled_from([TEMPLATE, "请翻译 3 个句子", "\x00", "😀 " * 9])
)
WORDS = st.one_of(st.none(), st.text(max_size=12))
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "system": TEXTS,
            "opening": TEXTS,
            "prompt": TEXTS,
            "response": TEXTS,
            "ip": st.one_of(st.none(), st.sampled_from(["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "nowhere", ""])),
            "tools": st.one_of(st.none(), st.lists(WORDS, max_size=3)),
            "reasoning_in": st.one_of(st.none(), st.lists(st.text(max_size=5), max_size=2)),
            "headers": st.one_of(st.none(), st.lists(st.tuples(st.text(max_size=6), WORDS), max_size=3)),
            "images": st.one_of(st.none(), st.integers(0, 2)),
            "user_agent": WORDS,
            "device_id": WORDS,
            "ja4": WORDS,
        }
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(RECORDS, st.randoms(use_true_random=False), st.integers(0, 8))
def test_a_row_is_the_same_whatever_stands_beside_it(records, order, cut):
    whole = batch(*records)
    expected = featurise(whole, SECRET)
    assert expected.schema.equals(FEATURES.arrow)
    expected.validate(full=True)
    parts = [featurise(whole.slice(0, cut), SECRET), featurise(whole.slice(cut), SECRET)]
    assert pa.Table.from_batches(parts).combine_chunks().equals(pa.Table.from_batches([expected]).combine_chunks())
    places = list(range(len(records)))
    order.shuffle(places)
    shuffled = featurise(whole.take(pa.array(places, pa.int64())), SECRET)
    assert shuffled.to_pylist() == [expected.to_pylist()[place] for place in places]


def test_long_offsets_change_nothing():
    narrow = batch({"prompt": TEMPLATE.format(FILLINGS[0])}, {"prompt": None}).slice(0)
    wide = pa.RecordBatch.from_arrays(
        [column.cast(pa.large_string()) if column.type == pa.string() else column for column in narrow.columns],
        names=narrow.schema.names,
    )
    assert featurise(wide, SECRET).equals(featurise(narrow, SECRET))


def test_null_is_unknown_and_empty_is_a_text():
    unknown, empty = features({}, {"system": "", "opening": "", "prompt": "", "response": "", "tools": []})
    required = {column.name for column in FEATURES.columns if column.required}
    assert {name for name, value in unknown.items() if value is not None} == required
    assert (empty["chars"], empty["words"], empty["response_chars"], empty["tools_count"]) == (0, 0, 0, 0)
    keys = ("system_key", "opening", "prompt_key", "body_key", "head_key", "anchors", "bands", "tools_key", "semantic")
    assert [empty[name] for name in keys] == [None] * len(keys)
    assert empty["elicit_reasoning"] < 0.05


def test_a_template_keeps_its_keys_around_a_changing_slot():
    a, b = features(*({"prompt": TEMPLATE.format(filling)} for filling in FILLINGS))
    assert a["head_key"] == b["head_key"]
    assert a["tail_key"] == b["tail_key"]
    assert set(a["anchors"]) & set(b["anchors"])
    assert a["prompt_key"] != b["prompt_key"]


def test_a_template_in_the_middle_of_foreign_text_keeps_an_anchor():
    middle = TEMPLATE.format("") * 2
    a, b = features(*({"prompt": filling + middle + filling} for filling in FILLINGS))
    assert a["head_key"] != b["head_key"]
    assert set(a["anchors"]) & set(b["anchors"])


def test_skeletons_mask_numbers_quotations_and_addresses():
    say = 'Sort the {} letters of the word "{}" and publish them at https://{} before noon.'
    a, b, c = features(
        {"system": say.format(3, "kayak and paddle", "a.example/x?y=1")},
        {"system": say.format(12_000, "mill", "b.example")},
        {"system": say.format(3, "mill", "b.example").replace("publish", "burn")},
    )
    assert a["system_key"] == b["system_key"] != c["system_key"]


def test_near_duplicates_share_a_band_and_strangers_do_not():
    words = [f"w{i}x" for i in range(60)]
    edited = [*words[:30], "another", *words[31:]]
    strangers = [f"s{i}y" for i in range(60)]
    a, b, c = features(*({"prompt": " ".join(text)} for text in (words, edited, strangers)))
    assert set(a["bands"]) & set(b["bands"])
    assert not set(a["bands"]) & set(c["bands"])
    assert len(a["bands"]) == kernel.BANDS


def test_case_width_and_hidden_characters_do_not_make_a_new_prompt():
    a, b = features({"prompt": "Explain the tides of 1899"}, {"prompt": "ＥＸＰＬＡＩＮ the ti\u200bdes\nof 1899!"})
    assert a["prompt_key"] == b["prompt_key"]


def test_meaning_is_nearer_for_the_same_subject():
    tides, moon, pasta = features(
        {"prompt": "Why does the moon cause ocean tides twice each day along the coast?"},
        {"prompt": "How do the moon and the sun cause ocean tides along a coast?"},
        {"prompt": "Give me a recipe of fresh pasta with mushrooms, butter and parsley."},
    )

    def cosine(a, b):
        signed = [[value - 256 if value > 127 else value for value in row["semantic"]] for row in (a, b)]
        return sum(x * y for x, y in zip(*signed, strict=True)) / 127**2

    assert cosine(tides, tides) == pytest.approx(1, abs=0.05)
    assert cosine(tides, moon) > cosine(tides, pasta) + 0.2


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("plain words", "latin"),
        ("请用 Python 写一个函数", "han"),
        ("привет", "cyrillic"),
        ("مرحبا", "arabic"),
        ("สวัสดี", "other"),
        ("12 !", None),
    ],
)
def test_script(text, script):
    assert features({"prompt": text})[0]["script"] == script


def test_what_is_personal_depends_on_the_secret_and_text_does_not():
    record = {
        "prompt": TEMPLATE, "ip": "192.0.2.7", "device_id": "d", "api_key_id": "k", "conversation_id": "c",
        "reasoning_in": ["s"], "ja4": "t13d1516h2_8daaf6152771_02713d6af862", "tools": ["b", "a"],
    }  # fmt: skip
    a, b = features(record)[0], features(record, secret=b"another")[0]
    ids = {"account_key", "exchange_key", "api_key", "conversation", "device"}
    personal = {*ids, "address", "network", "reasoning_in"}
    assert {name for name in FEATURES.names if a[name] != b[name]} == personal


def test_addresses():
    v4, mapped, neighbour, other, v6, near6, bad = features(
        *(
            {"ip": ip}
            for ip in (
                "192.0.2.7",
                "::ffff:192.0.2.7",
                "192.0.2.9",
                "192.0.3.7",
                "2001:db8:1::1",
                "2001:db8:1:2::9",
                "x",
            )
        )
    )
    assert v4["address"] == mapped["address"] != neighbour["address"]
    assert v4["network"] == neighbour["network"] != other["network"]
    assert v6["network"] == near6["network"]
    assert bad["address"] is bad["network"] is None


@pytest.mark.parametrize(
    "ip", ["", " ", "1.2.3", "1.2.3.4.5", "1.2.3.", "01.2.3.4", "256.1.1.1", "1.2.3.4:80", "::g", "١.2.3.4"]
)
def test_what_is_no_address_is_unknown(ip):
    assert features({"ip": ip})[0]["address"] is None


def test_a_signature_sent_back_equals_the_one_issued():
    issued, sent = features({"reasoning_out": ["sig-1", "sig-2"]}, {"reasoning_in": ["sig-2"], "reasoning_out": []})
    assert issued["reasoning_out"][1] == sent["reasoning_in"][0]
    assert sent["reasoning_out"] == []


def test_the_same_body_has_one_key_and_its_parts_have_places():
    body = {"system": "Be brief.", "opening": "Good day to you", "prompt": "What is a fjord?"}
    swapped = {**body, "opening": body["prompt"], "prompt": body["opening"]}
    a, b, c = features(body, {**body, "exchange_id": "z", "account_id": "b"}, swapped)
    assert a["body_key"] == b["body_key"] != c["body_key"]


def test_the_middle_of_a_very_long_text_is_not_read_but_its_length_counts():
    head, tail = "word " * 20_000, " end" * 5_000
    a, b, c = features({"prompt": head + "x" + tail}, {"prompt": head + "y" + tail}, {"prompt": head + "xyz" + tail})
    assert a["prompt_key"] == b["prompt_key"] != c["prompt_key"]
    assert a["words"] <= kernel.READ_HEAD + kernel.READ_TAIL


def test_errors_say_what_to_do():
    with pytest.raises(InputError, match=r"lack the column\(s\) ip; read them with"):
        featurise(batch({}).drop_columns(["ip"]), SECRET)
    with pytest.raises(UsageError, match="secret for keyed hashes is empty"):
        featurise(batch({}), b"")


def test_compiles_without_a_folder_for_the_cache(monkeypatch):
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    from stillhunt.features.compiled import compiled  # noqa: PLC0415 - after the patch, as at first import

    @compiled
    def double(x):
        return 2 * x

    assert double(21) == 42


def test_every_column_is_explained():
    page = (Path(__file__).parents[2] / "docs" / "features.md").read_text()
    assert [name for name in FEATURES.names if f"`{name}`" not in page] == []


def test_random_bytes_of_text_never_crash():
    source = random.Random(5)  # noqa: S311 - nothing secret
    texts = [
        "".join(chr(source.choice((34, 58, 47, 96, 0x201C, 0x4E00, 97, 10, 0x1F600))) for _ in range(900))
        for _ in range(20)
    ]
    assert len(features(*({"prompt": text} for text in texts))) == 20
