"""The decision records are complete, listed, and true where the code can say so."""

import re

import pyarrow as pa
import pytest

from docs.repository import ROOT, shown
from stillhunt.features.accounts import account_keys
from stillhunt.features.featurise import featurise
from stillhunt.schema import ACCOUNT, EXCHANGE

FOLDER = ROOT / "docs" / "decisions"
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))
PARTS = ("**Context.**", "**Decision.**", "**Consequence.**", "**What would change it.**")


@pytest.mark.parametrize("record", RECORDS, ids=shown)
def test_a_record_is_complete_and_listed(record):
    text = record.read_text(encoding="utf-8")
    assert text.startswith(f"# {record.name[:4]} ")
    places = [text.find(part) for part in PARTS]
    assert -1 not in places
    assert places == sorted(places)
    title = text.splitlines()[0].removeprefix(f"# {record.name[:4]} ")
    assert f"| [{record.name[:4]}]({record.name}) | " in (FOLDER / "README.md").read_text(encoding="utf-8")
    assert len(title) > 10


def test_numbers_have_no_gaps():
    assert [int(record.name[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))


def listed(mark: str) -> set[str]:
    """The columns in lines of decision 0006 that begin with a mark."""
    text = (FOLDER / "0006-keyed-hashes.md").read_text(encoding="utf-8")
    lines = re.findall(rf"^{mark}: (.+)$", text, re.MULTILINE)
    assert lines
    return {name for line in lines for name in re.findall(r"`(\w+)`", line)}


def test_what_is_keyed_and_what_is_not():
    """With another secret exactly the columns change that the record calls keyed."""
    call = {
        "exchange_id": "x-1", "ts": 1_772_409_600_000_000, "account_id": "a-1", "api_key_id": "k-1",
        "conversation_id": "c-1", "system": "You answer questions about old bridges.",
        "opening": "Good morning, may I ask you something about bridges?",
        "prompt": "Which bridge over the river is the oldest one, who paid for it, and which kings ever crossed it?",
        "tools": ["atlas"], "ip": "203.0.113.7", "ja4": "t13d1516h2_8daaf6152771_02713d6af862",
        "user_agent": "tide-sdk/2.0.1", "headers": [("x-stainless-lang", "js")], "device_id": "d-1",
        "reasoning_in": ["r-1"], "reasoning_out": ["r-2"],
    }  # fmt: skip
    account = {"account_id": "a-1", "email_domain": "bridges-and-sons.example", "payment_id": "p-1"}
    calls = pa.RecordBatch.from_pylist([call], schema=EXCHANGE.arrow)
    accounts = pa.Table.from_pylist([account], schema=ACCOUNT.arrow)
    one, other = (
        featurise(calls, secret).to_pylist()[0] | account_keys(accounts, secret).to_pylist()[0]
        for secret in (b"the first secret of the test", b"the second secret of the test")
    )
    keyed, plain = listed("keyed"), listed("not keyed")
    assert {name for name in one if one[name] != other[name]} == keyed
    assert all(one[name] is not None for name in plain)
