"""What of a run a watch list is compiled from: requests of its campaigns' accounts, and of innocent customers."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillhunt.engine.base import Engine
from stillhunt.live.rates import MOST_REQUESTS
from stillhunt.live.watchkeys import COLUMNS as FACTS
from stillhunt.runs import Run
from stillhunt.schema import ACCOUNT_KEYS, CAMPAIGNS, HARVESTED, MEMBERS, OPERATORS, PROFILE
from stillhunt.separation.traits import COLUMNS as TRAITS
from stillhunt.traffic import once_each

NEEDED: Final = (CAMPAIGNS, MEMBERS, OPERATORS, PROFILE, HARVESTED, ACCOUNT_KEYS)
"""Tables of a run that are read here, beside its features."""
OWN_REQUESTS: Final = 1_000
"""Requests of one of the campaigns' accounts that are looked at; bounds memory, not what is watched of an account."""
INNOCENT_ACCOUNTS: Final = 100_000
"""Innocent accounts that are looked at: enough for rates of one in 30,000."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Campaigns:
    """What the run called, by number."""

    rows: list[dict[str, Any]]
    members: list[dict[str, Any]]
    accounts: list[set[str]]
    """Accounts of each: its members, and not those whom its operators alone tie to it."""


@dataclass(frozen=True)
class Side:
    """Requests, account by account, each in order of time.

    Attributes:
        rows: The columns that keys and traits are made of.
        account: Number of the account of each; `names` are their ids.
        entity: Number of who the account openly is.
        group: Campaign that the request is held to harvest for, -1 for none.
        sure: How likely it does.
    """

    rows: pa.Table
    account: Ints
    entity: Ints
    names: list[str]
    group: Ints
    sure: NDArray[np.float64]


def campaigns_of(run: Run) -> Campaigns:
    """Return the campaigns of a run with their members.

    Others of whom an operator's group holds a key, but no request, stand with the innocent: honest fleets that ask the
    same questions are tied to a harvester by nothing else.
    """
    rows = run.table(CAMPAIGNS).sort_by("campaign_id").to_pylist()
    members = run.table(MEMBERS).to_pylist()
    number = {row["campaign_id"]: n for n, row in enumerate(rows)}
    accounts: list[set[str]] = [set() for _ in rows]
    for member in members:
        accounts[number[member["campaign_id"]]].add(member["account_id"])
    return Campaigns(rows, members, accounts)


def sides(engine: Engine, run: Run, campaigns: Campaigns) -> tuple[Side, Side]:
    """Return the requests of the campaigns' accounts, and those of innocent customers."""
    once_each(engine, run.features)
    for table in (PROFILE, HARVESTED, ACCOUNT_KEYS):
        engine.load(f"run_{table.name}", [run.path / f"{table.name}.parquet"])
    insiders = sorted(set().union(*campaigns.accounts))
    engine.register("insiders", pa.table({"account_id": pa.array(insiders, pa.string())}))
    engine.create(
        "watched_accounts",
        f"""SELECT p.account_id, p.entity, k.payment, k.mail_domain, k.mail_pattern,
                   p.account_id IN (SELECT account_id FROM insiders) AS own
            FROM run_profile p LEFT JOIN run_account_keys k ON k.account_id = p.account_id
            WHERE p.account_id IN (SELECT account_id FROM insiders)
               OR p.account_id IN (SELECT account_id FROM run_profile ORDER BY md5(account_id)
                                   LIMIT {INNOCENT_ACCOUNTS})""",
    )
    return _side(engine, own=True, campaigns=campaigns), _side(engine, own=False, campaigns=campaigns)


def _side(engine: Engine, *, own: bool, campaigns: Campaigns) -> Side:
    of_account = ("payment", "mail_domain", "mail_pattern")
    columns = [f"f.{c}" for c in dict.fromkeys((*FACTS, "reasoning_out", *TRAITS)) if c not in of_account]
    most, order = (OWN_REQUESTS, "md5(f.exchange_id)") if own else (MOST_REQUESTS, "f.ts, f.exchange_id")
    rows = engine.fetch(
        f"""SELECT * FROM (
                SELECT f.account_id, a.entity, f.ts, f.exchange_id, h.campaign_id, coalesce(h.posterior, 1.0) AS sure,
                       coalesce(f.system_key, f.head_key, f.tail_key, 0) AS wording,
                       a.payment, a.mail_domain, a.mail_pattern, {", ".join(columns)},
                       row_number() OVER (PARTITION BY f.account_id ORDER BY {order}) AS place
                FROM features f JOIN watched_accounts a ON a.account_id = f.account_id AND a.own = {str(own).lower()}
                LEFT JOIN run_{HARVESTED.name} h ON h.exchange_id = f.exchange_id) q
            WHERE place <= {most} ORDER BY account_id, ts, exchange_id"""
    ).combine_chunks()
    number = {row["campaign_id"]: n for n, row in enumerate(campaigns.rows)}
    accounts = rows["account_id"].combine_chunks().dictionary_encode()
    harvest = rows["campaign_id"].combine_chunks().dictionary_encode()
    of = np.array([*(number[c] for c in harvest.dictionary.to_pylist()), -1], np.int64)
    return Side(
        rows,
        account=_numbers(accounts.indices),
        entity=_numbers(rows["entity"].combine_chunks().dictionary_encode().indices),
        names=accounts.dictionary.to_pylist(),
        group=of[_numbers(harvest.indices.fill_null(len(of) - 1))],
        sure=rows["sure"].to_numpy().astype(np.float64),
    )


def _numbers(indices: pa.Array) -> Ints:
    return np.asarray(indices).astype(np.int64)
