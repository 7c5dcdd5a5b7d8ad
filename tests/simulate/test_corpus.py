"""Real prompts and arrivals, where a corpus is at hand."""

import hashlib
import json
from collections import Counter, defaultdict

import numpy as np
import pyarrow.parquet as pq
import pytest

from stillhunt.errors import UsageError
from stillhunt.simulate import traces
from stillhunt.simulate.corpus import Corpus
from stillhunt.simulate.ids import mix
from stillhunt.simulate.simulator import simulate


@pytest.fixture(scope="module")
def proof(corpus, tmp_path_factory):
    return simulate(
        tmp_path_factory.mktemp("corpus") / "proof", scenario="proof", accounts=900, days=3, seed=2, corpus=corpus
    )


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"The corpus lacks '.*ip_reputation_ranges\.parquet'"):
        simulate(tmp_path / "out", accounts=400, days=1, corpus=tmp_path)


@pytest.mark.corpus
def test_no_long_text_is_said_by_two_people_by_accident(proof):
    kinds = {}
    for line in (proof.truth / "accounts.jsonl").read_text().splitlines():
        row = json.loads(line)
        kinds[row["account_id"]] = row["kind"]
    owners = defaultdict(set)
    for file in proof.logs.glob("*.parquet"):
        rows = pq.read_table(file, columns=["account_id", "prompt"]).to_pydict()
        for account, prompt in zip(rows["account_id"], rows["prompt"], strict=True):
            if kinds[account] == "person" and len(prompt.split()) >= 12:
                owners[hashlib.sha256(prompt.encode()).digest()].add(account)
    assert len(owners) > 500
    shared = sum(len(accounts) > 1 for accounts in owners.values())
    assert shared < 0.005 * len(owners)


@pytest.mark.corpus
def test_harvest_and_truth_agree(proof):
    harvest = pq.read_table(proof.truth / "exchanges.parquet")
    assert set(harvest["campaign"].to_pylist()) == {"delta-reasoning", "delta-tools", "ridge-grading"}
    calls = set()
    for file in proof.logs.glob("*.parquet"):
        calls |= set(pq.read_table(file, columns=["exchange_id"])["exchange_id"].to_pylist())
    assert set(harvest["exchange_id"].to_pylist()) <= calls


@pytest.mark.corpus
def test_enlisted_people_keep_to_their_own_texts(corpus):
    source = Corpus(corpus, 3)
    authors = mix(np.arange(60), 4)
    source.enlist("person", authors)
    first = source.texts("person", np.ones(60, dtype=np.uint64), authors).to_pylist()
    assert len(set(first)) == 60
    assert source.texts("person", np.ones(1, dtype=np.uint64), authors[7:8]).to_pylist() == [first[7]]
    stranger = source.texts("person", np.ones(1, dtype=np.uint64), mix(999, 1)).to_pylist()
    assert stranger[0] not in first


@pytest.mark.corpus
def test_traces_are_arrivals_of_real_tenants(corpus):
    loads = traces.tenant_loads(corpus)
    assert len(loads) > 100
    assert all(load.sum() == pytest.approx(1.0) for load in loads)
    pauses = traces.think_seconds(corpus)
    assert 20 < np.median(pauses) < 300
    ranges = traces.ranges(corpus)
    assert {len(found) for found in ranges.values()} == {16}
    assert Counter(mark[:3] for mark in traces.handshakes(corpus)).keys() == {"t13"}
