"""From measures to evidence: e-values per test, averaged in families, multiplied over families, chosen by e-BH."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stillhunt.engine.base import Engine
from stillhunt.engine.sampling import sampled_by_hash
from stillhunt.evidence.combine import FAMILIES, family_bits, pattern_bits
from stillhunt.evidence.evalues import Ranks, e_bh, e_bh_confidence
from stillhunt.evidence.reference import OPEN_ENTITY, Kind, Reference
from stillhunt.evidence.tests import INNOCENCE, TESTS, GroupTest

EXEMPLARS = 3
Ranked = Callable[[Kind, GroupTest], Ranks]
ASKING = ("marked_strangers", "marked_work", "machine_asked", "secret_asked", "fast_asked")
"""Conjunctions in which what is asked takes part."""
SECRET = ("secret_asked", "fast_asked")
"""Those of them that hold for every request of accounts which share in secret, if its prompt elicits."""
WORKING = ("clockwork", "fast_even")
"""Tests of how accounts work, whatever they ask."""
WORKED_AS = {"clockwork": "clockwork", "machine_asked": "works", "fast_asked": "calls", "fast_even": "calls"}
"""By test, the column of `group_conduct` by which the accounts of a group that it speaks against are like machines."""
_EXCESS = (
    "benign groups of the reference get more than e-values may on the average, so that much is no evidence",
    "a reference whose groups do not",
)
_NO_CONTENT = (
    "what these requests ask is not what a harvest asks, whoever runs the accounts",
    "requests that elicit training material, or that concentrate on few capabilities",
)


@dataclass(frozen=True)
class Assessment:
    """One tested group.

    Attributes:
        measures: Its row of `group_measures`.
        evidence: Rows for EVIDENCE without ids.
        bits: Evidence of harvesting, log2 of the e-value.
        called: Whether e-BH calls it at the run's level.
        confidence: 1 - the lowest level at which e-BH still calls it.
    """

    measures: Mapping[str, Any]
    evidence: list[dict[str, Any]]
    bits: float
    called: bool
    confidence: float

    def family_bits(self, family: str) -> float:
        """Bits of one family of tests."""
        return _family_bits(self.evidence)[family]

    def exceeds(self, *tests: str) -> bool:
        """Whether it shows more than 95 % of benign groups do, by any of these tests."""
        return _exceeds(self.evidence, tests)

    @property
    def takes_content(self) -> bool:
        """Whether what is asked, or how it is asked, speaks for a harvest."""
        return _takes_content(self.evidence)

    @property
    def worked_as(self) -> str | None:
        """The column of `group_conduct` by which its accounts are like machines, if that speaks loudest against it.

        Of those that are faster than people it is enough that they call: their pace tells them from others.
        """
        bits = {row["test"]: row["bits"] for row in self.evidence if row["family"] in {"machines", "conjunction"}}
        loudest = max((test for test in bits if bits[test] > 0), key=lambda test: bits[test], default=None)
        return WORKED_AS.get(loudest or "")

    @property
    def relays_people(self) -> bool:
        """Whether conversations of people, relayed in secret, speak louder than questions or machines do.

        A relay puts a prompt of its own before what people ask, and that may elicit: sharing in secret and asking is
        then true of whatever it carries.
        """
        return _relays_people(self.evidence)

    @property
    def why(self) -> str:
        """The strongest reasons in words, for what speaks on the side that won."""
        if self.called:
            rows = [e for e in self.evidence if e["bits"] > 0]
            lead = f"called with {self.bits:.1f} bits: "
        else:
            rows = [e for e in self.evidence if e["bits"] <= 0]
            lead = f"not called at {self.bits:.1f} bits: "
        rows = sorted(rows, key=lambda e: -abs(e["bits"]))[:3]
        return lead + ("; ".join(e["reason"] for e in rows) or "no test speaks strongly either way")


def assess_groups(engine: Engine, reference: Reference, level: float) -> list[Assessment]:
    """Test every row of `group_measures`; the expected share of false campaigns among those called is at most `level`.

    That holds as far as benign groups of the run are exchangeable with the reference and families are independent
    under the null; see docs/decisions.
    """
    conditions = ", ".join(f"coalesce({i.condition}, false) AS {i.name}" for i in INNOCENCE)
    rows = engine.fetch(f"SELECT *, {conditions} FROM group_measures ORDER BY g").to_pylist()
    ranks = reference.ranks()
    evidence = [_evidence(row, reference, ranks) for row in rows]
    bits = np.array([_total(e) for e in evidence])
    # Verified customers are known, and the contract is the remedy: their groups are no candidates, whatever they do,
    # and so do not count among the groups tried.
    candidates = np.array([not row["verified_members"] for row in rows], bool)
    called, confidence = np.zeros(len(rows), bool), np.zeros(len(rows))
    # What may be called by mistake is shared out by accounts and requests: a hundred handfuls of strangers with one
    # question in common must not raise the bar for a network of thousands.
    weights = np.sqrt(np.array([float(row["accounts"]) * row["requests"] for row in rows], np.float64))[candidates]
    called[candidates] = e_bh(bits[candidates], level, weights)
    confidence[candidates] = e_bh_confidence(bits[candidates], weights)
    return [
        Assessment(row, evidence[i], round(float(bits[i]), 3), bool(called[i]), round(float(confidence[i]), 6))
        for i, row in enumerate(rows)
    ]


def _evidence(row: Mapping[str, Any], reference: Reference, ranks: Ranked) -> list[dict[str, Any]]:
    tested = [_one_test(test, row, ranks) for test in TESTS]
    taken_off = [
        (fact.name, fact.bits, fact.says, fact.would_change, "innocence") for fact in INNOCENCE if row[fact.name]
    ]
    if reference.excess > 0:
        taken_off.append(("reference_excess", -reference.excess, *_EXCESS, "correction"))
    if row["layer"] == "content" and not _takes_content(tested):
        # What an operator's innocent customers send goes through the same accounts; only harvest content is a harvest.
        left = round(pattern_bits(_family_bits(tested)) + sum(t[1] for t in taken_off), 4)
        taken_off.append(("no_harvest_content", -max(left, 0.0), *_NO_CONTENT, "correction"))
    return tested + [
        {
            "family": family,
            "test": name,
            "statistic": None,
            "reference": None,
            "bits": bits,
            "reason": says,
            "would_change": would_change,
        }
        for name, bits, says, would_change, family in taken_off
    ]


def _one_test(test: GroupTest, row: Mapping[str, Any], ranks: Ranked) -> dict[str, Any]:
    value = row[test.name]
    like = ranks(Kind(row["layer"], row["largest_entity"] >= OPEN_ENTITY, row["known"], row["accounts"]), test)
    known = value is not None and len(like.values) > 0
    e = like.e_value(float(value)) if known else 1.0
    usual = like.usual
    if not known:
        reason = f"{test.name.replace('_', ' ')} is unknown: the logs do not carry what it needs"
    else:
        reason = (test.hit if e > 1 else test.passed).format(value=value, reference=usual)
    return {
        "family": test.family,
        "test": test.name,
        "statistic": value,
        "reference": usual,
        "bits": round(float(np.log2(e)), 4),
        "reason": reason,
        "would_change": test.would_change,
    }


def _takes_content(evidence: list[dict[str, Any]]) -> bool:
    """Whether what is asked speaks, or how it is asked.

    Where people's conversations are relayed, how accounts work and that they share in secret is the relay's, whatever
    the text: of a text that speaks only if it is evidence by itself.
    """
    if _family_bits(evidence)["content"] > 0:
        return True
    of_accounts = {*SECRET, *WORKING} if _relays_people(evidence) else set[str]()
    return _exceeds(evidence, {*ASKING, *WORKING} - of_accounts) or any(
        row["bits"] > 0 for row in evidence if row["test"] in of_accounts
    )


def _relays_people(evidence: list[dict[str, Any]]) -> bool:
    bits = {row["test"]: row["bits"] for row in evidence}
    asked = max(*(bits[test] for test in ASKING if test not in SECRET), _family_bits(evidence)["content"])
    return bool(bits["relayed_people"] > max(asked, 0.0))


def _exceeds(evidence: list[dict[str, Any]], tests: Collection[str]) -> bool:
    told = (row for row in evidence if row["test"] in tests and None not in (row["statistic"], row["reference"]))
    return any(row["statistic"] > row["reference"] for row in told)


def _family_bits(evidence: list[dict[str, Any]]) -> dict[str, float]:
    """Bits of each family of tests."""
    return {f: family_bits({row["test"]: row["bits"] for row in evidence if row["family"] == f}) for f in FAMILIES}


def _total(evidence: list[dict[str, Any]]) -> float:
    """Bits of a group: those of its families, less what speaks for innocence and what corrects."""
    taken_off: float = sum(row["bits"] for row in evidence if row["family"] in {"innocence", "correction"})
    return taken_off + pattern_bits(_family_bits(evidence))


def exemplars(engine: Engine) -> dict[int, list[str]]:
    """Ids of a few requests of each group, the same in every run over the same logs."""
    chosen = sampled_by_hash(engine, "group_requests", "g", EXEMPLARS)
    table = engine.fetch(
        f"""SELECT s.g, f.exchange_id FROM ({chosen}) s JOIN features f ON f.exchange_key = s.exchange_key
            ORDER BY s.g, s.exchange_key"""
    )
    found: dict[int, list[str]] = {}
    for g, exchange_id in zip(table["g"].to_pylist(), table["exchange_id"].to_pylist(), strict=True):
        found.setdefault(g, []).append(exchange_id)
    return found
