"""The concepts page is true: its example, its arithmetic and its constants are the code's."""

import doctest
import importlib
import re

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import poisson

from docs import example
from docs.repository import ROOT
from stillhunt.config import Settings
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.evidence.tests import INNOCENCE
from stillhunt.features.featurise import featurise
from stillhunt.groups.significance import MIN_PAIR_BITS
from stillhunt.schema import EXCHANGE, TABLES

PAGE = ROOT / "docs" / "concepts.md"
TEXT = PAGE.read_text(encoding="utf-8")
PROSE = " ".join(TEXT.split())
CONSTANT = re.compile(r"^\| [^|]+ \| ([\d.]+) \| `([\w.]+)` \|$", re.MULTILINE)
NUMBERS = re.compile(r"^> \| ([^|]+) \| ([\d.]+) \| ([\d.]+) \|$", re.MULTILINE)

WORDS = (
    "Exchange Account Unknown Rejected Feature Skeleton Anchor Band Profile Entity Signal Key Hold Family Layer Rarity "
    "Lift Surprise Community Tie Operator Harvest Cell Group Member Null_hypothesis Test Reference E-value Bit "
    "Rank_e-value Tail "
    "Family_averaging e-BH Campaign Bystander Harvest_share Role Beneficiary Look-alike Run"
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with DuckDBEngine(threads=1) as engine:
        example.group(engine, tmp_path_factory.mktemp("example"))
        yield engine


def shown_numbers() -> dict[str, tuple[str, str]]:
    return {label: (first, second) for label, first, second in NUMBERS.findall(TEXT)}


def key(engine, name: str, account: str) -> dict:
    """The key of one signal that an account of the example holds."""
    (row,) = engine.fetch(
        f"""SELECT s.* FROM shared_keys s JOIN held h ON h.k = s.k JOIN account_index i ON i.a = h.a
            WHERE s.name = '{name}' AND i.account_id = '{account}'"""
    ).to_pylist()
    return row


def rarity(row: dict) -> float:
    return float(np.log2(row["population"] / row["accounts"]))


def surprise(one: dict, other: dict, together: int, tried: int) -> float:
    expected = one["accounts"] * other["accounts"] / one["population"]
    return float(-poisson.logsf(together - 1, expected) / np.log(2) - np.log2(tried))


def test_every_word_is_defined_once():
    for word in (name.replace("_", " ") for name in WORDS.split()):
        defined = TEXT.count(f"**{word}.**") + TEXT.count(f"**{word} and ") + TEXT.count(f"**{word}, ")
        assert defined == 1, f"'{word}' needs one definition"


def test_arithmetic():
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert tried > 5
    assert not failed


def test_keys_of_the_example(engine):
    card7, card9 = key(engine, "payment", "ash"), key(engine, "payment", "elm")
    headers, template = key(engine, "header_tuple", "ash"), key(engine, "template_head", "elm")
    assert {k["population"] for k in (card7, card9, headers, template)} == {512}
    assert not headers["alone"]
    tried = 12  # two keys of at least three accounts in each of three families
    expected = {
        "rarity of card 7": (card7["accounts"], rarity(card7)),
        "rarity of card 9": (card9["accounts"], rarity(card9)),
        "rarity of the relay-kit headers (not alone)": (headers["accounts"], rarity(headers)),
        "rarity of the exercise template": (template["accounts"], rarity(template)),
        "surprise of that pair, after 12 possible pairs": (5, surprise(template, headers, 5, tried)),
        "surprise of card 7 and relay-kit headers": (3, surprise(card7, headers, 3, tried)),
    }
    (pair,) = nodes_of(engine, headers["k"], template["k"])
    expected["lift of template and relay-kit headers"] = (holders_of(engine, pair["node"]), pair["bits"])
    shown = shown_numbers()
    for label, (holders, bits) in expected.items():
        assert shown[label] == (str(holders), f"{bits:.1f}"), label
    assert not nodes_of(engine, card7["k"], headers["k"]), "the page says that this pair is not used"
    assert surprise(card7, headers, 3, tried) < MIN_PAIR_BITS


def holders_of(engine, node: int) -> int:
    (row,) = engine.fetch(f"SELECT count(*) AS n FROM infrastructure_edges WHERE node = {node}").to_pylist()
    return row["n"]


def nodes_of(engine, k1: int, k2: int) -> list[dict]:
    return engine.fetch(f"SELECT * FROM nodes WHERE k1 = {min(k1, k2)} AND k2 = {max(k1, k2)}").to_pylist()


def test_groups_of_the_example(engine):
    rows = engine.fetch("SELECT layer, accounts, requests, entities, verified, covert FROM group_measures").to_pylist()
    found = {(r["layer"], r["accounts"]): r for r in rows}
    names = {
        "operator: the five": ("infrastructure", 5), "operator: the school": ("infrastructure", 8),
        "harvest: the exercise template": ("content", 5), "harvest: the school's prompt": ("content", 8),
    }  # fmt: skip
    assert len(rows) == len(found) == len(names)
    for label, group in names.items():
        assert shown_numbers()[label] == (str(group[1]), str(found[group]["requests"])), label
        assert found[group]["entities"] == (5 if group[1] == 5 else 1)
        # Two members without ties are added: all five of five are 3/7 of the way from half to all.
        assert found[group]["covert"] == (pytest.approx(3 / 7, abs=1e-6) if group[1] == 5 else 0.0)
    members = engine.fetch("SELECT DISTINCT i.account_id FROM group_members m JOIN account_index i ON i.a = m.a")
    assert set(members["account_id"].to_pylist()) == {*example.CARDS, *example.PUPILS}


def test_ties_of_the_example(engine):
    rows = engine.fetch(
        """SELECT i.account_id, m.bits, (SELECT count(*) FROM infrastructure_edges e WHERE e.a = m.a) AS nodes
           FROM operator_members m JOIN account_index i ON i.a = m.a"""
    ).to_pylist()
    found = {row["account_id"]: (row["nodes"], row["bits"]) for row in rows}
    assert (found["ash"], found["elm"]) == ((4, 22.0), (3, 16.0))
    assert "Ash holds four nodes" in TEXT
    assert "a tie of 22 bits; elm's is 16" in TEXT


def test_prompts_of_the_example(engine):
    (row,) = engine.fetch(
        """SELECT count(DISTINCT r.exchange_key) AS requests, count(DISTINCT f.prompt_key) AS prompts,
                  count(DISTINCT f.head_key) AS heads
           FROM group_requests r JOIN features f ON f.exchange_key = r.exchange_key
           JOIN group_measures m ON m.g = r.g WHERE m.layer = 'content' AND m.accounts = 5"""
    ).to_pylist()
    assert row == {"requests": 60, "prompts": 60, "heads": 1}
    assert "The 60 template requests of the five have 60 different prompt keys and one head key." in TEXT


def test_skeletons_mask_numbers():
    texts = ("Solve exercise 12 below", "solve exercise 7 below!")
    assert all(f"`{text}`" in TEXT for text in texts)
    rows = [{"exchange_id": f"s-{n}", "ts": 0, "account_id": "a", "system": text} for n, text in enumerate(texts)]
    batch = pa.RecordBatch.from_pylist(rows, schema=EXCHANGE.arrow)
    one, other = featurise(batch, example.SECRET)["system_key"].to_pylist()
    assert one == other is not None


def test_harvest_shares_of_the_example(engine):
    shares = engine.fetch(
        """SELECT i.account_id, CAST(h.requests AS DOUBLE) / p.exchanges AS share
           FROM group_members h JOIN group_measures m ON m.g = h.g AND m.layer = 'content'
           JOIN account_index i ON i.a = h.a JOIN profile p ON p.account_id = i.account_id"""
    ).to_pylist()
    found = {row["account_id"]: row["share"] for row in shares}
    assert f"The harvest share of ash is {found['ash']:.2f}" in TEXT
    assert f"that of elm is {found['elm']:.2f} (12 of its 30 requests)" in TEXT


def test_facts_said_in_passing():
    taken_off = {fact.name: f"(\N{MINUS SIGN}{-fact.bits:.0f})" for fact in INNOCENCE}
    assert f"accounts are verified, whoever they are of {taken_off['verified_members']}" in PROSE
    assert f"openly stands behind nine tenths of them {taken_off['one_open_entity']}" in PROSE
    assert f"{Settings().level:.0%}".replace("%", " %") + " by default" in PROSE
    assert f"If more than {Settings().max_rejected:.0%}".replace("%", " %") in PROSE
    for table in ("exchange", "features", "profile", "holds"):
        assert table.upper() in TEXT
        assert table in TABLES
    for tested, bits in ((2, "7.6"), (1000, "16.6")):
        assert f"{np.log2(tested / 0.01):.1f}" == bits
        assert bits in TEXT


def test_constants_are_the_codes():
    found = CONSTANT.findall(TEXT)
    assert len(found) > 10
    for value, name in found:
        module, _, constant = name.rpartition(".")
        assert str(getattr(importlib.import_module(module), constant)) == value, name
