"""What is asked of a campaign: the operator's network of accounts, and the harvest that runs through it.

The two are apart because they are apart in the world: one operator serves several campaigns and innocent customers
through the same accounts, and one campaign may use several operators.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Operator:
    """Who registers, pays and proxies.

    Attributes:
        name: Name of the operator.
        accounts: Accounts in use at one time.
        card_reuse: Accounts on one card.
        address_reuse: Accounts that leave through one address.
        network: Kind of network of those addresses.
        header_reuse: Accounts that show one frozen header tuple; 0 gives each account a client like anybody's.
        device_reuse: Accounts that show one device id; 0 sends none.
        mail_share: Share of accounts whose mail is at the operator's few domains.
        signup_spread_days: Days over which accounts were registered, up to `signup_age_days` before the run.
        signup_age_days: Days between the last sign-up and the start of the run.
        innocent_share: Share of all calls that are those of unrelated paying customers.
        rotation: `lru` visits accounts in cyclic order, `random` does not, `own` leaves each account to itself.
        sticky: Calls that stay together on an account before the next one is taken.
        retries: Share of calls that meet a limit and are sent again, word for word, on another account.
        pools: Pools that the accounts are split into. The first ban strikes the first pool, and its calls move to the
            same place in the second; and so on. Pools share neither cards nor exits nor devices.
        failover_hours: Hours within which the calls of a banned account have moved to the next pool.
        bans: Days of the run on which accounts are suspended, each with the share (of the pool) that is.
        replaced: Whether the suspended are replaced the same day, where there is no next pool.
        pathways: Pathways of the accounts.
        silent: Whether the accounts' metadata is stripped.
    """

    name: str
    accounts: int
    card_reuse: int = 25
    address_reuse: int = 12
    network: str = "hosting"
    header_reuse: int = 1_000_000
    device_reuse: int = 40
    mail_share: float = 0.7
    signup_spread_days: float = 6.0
    signup_age_days: float = 12.0
    innocent_share: float = 0.0
    rotation: Literal["lru", "random", "own"] = "lru"
    sticky: int = 1
    retries: float = 0.02
    pools: int = 1
    failover_hours: float = 8.0
    bans: tuple[tuple[float, float], ...] = ()
    replaced: bool = True
    pathways: tuple[str, ...] = ("standard",)
    silent: bool = False


@dataclass(frozen=True)
class Campaign:
    """Whose prompts, for which capability.

    Attributes:
        name: Name of the campaign.
        capability: What it takes.
        style: One of STYLES: how it asks.
        rate: Harvesting calls per account and day while it runs.
        share: Share of the operator's accounts that carry it.
        from_account: Where in the operator's accounts its part begins, as a share.
        paraphrase: `none`, `account` or `request`: who varies the wording of the template; `bare` asks the items
            alone, without any.
        clock: `flat` day and night, `paced` at even spacing, `office`: cover of working hours, or `sessions`: each
            account sits at its work like a person, in the hours of its exit's country (it then sends its own calls,
            whatever the rotation).
        work_list: `round_robin` hands items out in order, `residues` gives each account its own residue of one list,
            `shuffled` its own residue in an order of its own.
        public_list: Whether the list is the public one that evaluators and classes use, not its own.
        samples: Times that each item is asked.
        repeats: Share of a shuffled list's calls that ask again what the account asked before.
        start_day: Day on which it begins.
        pivot_to_release: Whether it moves half of its calls to a new model within a day, and all soon after.
        relay: Whether its calls are the relayed prompts of people who know nothing of it.
        temperature: Fixed decoding setting.
    """

    name: str
    capability: str
    style: str
    rate: float
    share: float = 1.0
    from_account: float = 0.0
    paraphrase: Literal["none", "account", "request", "bare"] = "none"
    clock: Literal["flat", "paced", "office", "sessions"] = "flat"
    work_list: Literal["round_robin", "residues", "shuffled"] = "round_robin"
    public_list: bool = False
    samples: int = 1
    repeats: float = 0.0
    start_day: float = 0.0
    pivot_to_release: bool = True
    relay: bool = False
    temperature: float = 0.7
