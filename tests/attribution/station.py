"""A transfer station: one operator, three campaigns for three labs, and innocent customers on the same accounts."""

import gzip
import json
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stillhunt.simulate import scenarios
from stillhunt.simulate.campaigns import Operation
from stillhunt.simulate.operators import Campaign, Operator
from stillhunt.simulate.population import People
from stillhunt.simulate.simulator import Simulated, simulate

LABS = {"station-reasoning": "Lab Ash", "station-grading": "Lab Birch", "station-rewriting": "Lab Cedar"}
"""Who profits from which campaign: what the logs do not say."""
CUSTOMERS = 0.6


@dataclass
class Station:
    """The simulated world, with what a provider may know of the labs from elsewhere."""

    made: Simulated
    campaign_of: dict[str, str]
    lines: list[dict]

    def taken(self) -> Counter:
        """Harvesting requests by campaign."""
        return Counter(self.campaign_of.values())

    @cached_property
    def accounts(self) -> set[str]:
        """Accounts of the station."""
        rows = map(json.loads, (self.made.truth / "accounts.jsonl").read_text(encoding="utf-8").splitlines())
        return {row["account_id"] for row in rows if row["operator"] == "station"}

    @cached_property
    def registered(self) -> list[dict]:
        """The accounts file."""
        return pq.read_table(self.made.accounts_file).to_pylist()

    def prompts(self, campaign: str | None) -> list[str]:
        """Two prompts of a campaign, or of the station's customers, as known from an earlier case."""
        of = (
            line["prompt"]
            for line in self.lines
            if line["account_id"] in self.accounts and self.campaign_of.get(line["exchange_id"]) == campaign
        )
        return [prompt for _, prompt in zip(range(2), (p for p in of if len(p.split()) > 12), strict=False)]

    def labs(self) -> list[dict]:
        """The three labs: texts known of each, and working hours or who pays for accounts of the station."""
        own = [row for row in self.registered if row["account_id"] in self.accounts]
        cards, mail = (sorted({row[column] for row in own}) for column in ("payment_id", "email_domain"))
        beside = {
            "Lab Ash": {"payment_ids": cards},
            "Lab Birch": {"hours": [{"from": 9, "to": 18, "utc_offset": 8}]},
            "Lab Cedar": {"mail_domains": [domain for domain in mail if domain.endswith(".example")]},
        }
        return [{"name": lab, "prompts": self.prompts(of), **beside[lab]} for of, lab in LABS.items()]

    def decoys(self) -> list[dict]:
        """Who runs the accounts, with all of their infrastructure, and a lab that is known by what customers say."""
        seen = [line for line in self.lines if line["account_id"] in self.accounts]
        own = [row for row in self.registered if row["account_id"] in self.accounts]
        runs = {
            "name": "Transfer Ltd",
            "says": "sells access to whoever pays",
            "payment_ids": sorted({row["payment_id"] for row in own}),
            "ips": sorted({line["ip"] for line in seen}),
            "user_agents": sorted({line["user_agent"] for line in seen}),
            "device_ids": sorted({line["device_id"] for line in seen if line.get("device_id")}),
        }
        countries = sorted({line["country"] for line in seen if line.get("country")})
        return [runs, {"name": "Lab Dogwood", "prompts": self.prompts(None), "countries": countries}]


def cast() -> list:
    """People, and a station whose campaigns go through the same accounts; look-alikes are tested elsewhere."""
    station = Operator("station", 40, card_reuse=20, device_reuse=1_000, innocent_share=CUSTOMERS)
    harvests = (
        Campaign("station-reasoning", "reasoning", "reasoning_prefix", 16.0),
        Campaign("station-grading", "grading", "rubric_grading", 12.0, clock="office"),
        Campaign("station-rewriting", "rewriting", "safe_rewriting", 16.0),
    )
    return [People("people", 700), Operation(station, harvests)]


def build(folder: Path, seed: int) -> Station:
    """Simulate the world; the logs are read back as a provider has them."""
    with pytest.MonkeyPatch.context() as patch:
        scenario = replace(scenarios.SCENARIOS["benign"], actors=lambda *_: cast())
        patch.setattr(scenarios, "SCENARIOS", {"station of three": scenario})
        made = simulate(folder, accounts=740, days=3, seed=seed, scenario="station of three", form="jsonl")
    truth = pq.read_table(made.truth / "exchanges.parquet")
    campaign_of = dict(zip(truth["exchange_id"].to_pylist(), truth["campaign"].to_pylist(), strict=True))
    lines = [
        json.loads(line)
        for file in sorted(made.logs.iterdir())
        for line in gzip.decompress(file.read_bytes()).splitlines()
    ]
    return Station(made, campaign_of, lines)
