"""A world: its span, its accounts, its requests, and what its provider records."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from foreign.addresses import Internet
from foreign.clocks import DAY, HOUR
from foreign.corpus import Corpus, Item, Talk
from foreign.ledger import Ledger

_MAIL = ("gmail.com", "outlook.com", "yahoo.com", "icloud.com", "proton.me", "qq.com", "web.de", "hotmail.com")
_MAIL_SHARE = (0.5, 0.15, 0.1, 0.1, 0.04, 0.04, 0.03, 0.04)
_WORDS = (
    "north",
    "blue",
    "core",
    "data",
    "green",
    "bright",
    "lab",
    "works",
    "soft",
    "cloud",
    "river",
    "stone",
    "labs",
    "io",
)


@dataclass
class Account:
    """A row of the accounts file, and what the truth knows of it."""

    account_id: str
    kind: str
    created_at: int
    country: str
    email_domain: str
    payment_id: str | None
    org_id: str | None = None
    plan: str = "standard"
    pathway: str = "standard"
    verified: bool = False
    suspended_at: int | None = None
    operator: str | None = None
    model: str = "large-2"
    device: str | None = None


@dataclass
class World:
    """What all behaviours share while they add to it."""

    rng: np.random.Generator
    corpus: Corpus
    start: int
    days: int
    innocents: int
    """How many innocent accounts are wanted."""
    release: int
    """When `large-3` becomes available."""
    accounts: list[Account] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def span(self) -> tuple[int, int]:
        """The first midnight, and how many days there are."""
        return self.start, self.days

    @property
    def end(self) -> int:
        """The end of the last day."""
        return self.start + self.days * DAY

    @cached_property
    def internet(self) -> Internet:
        """The networks of this world."""
        return Internet(self.rng, self.corpus)

    @cached_property
    def _people(self) -> list[list[Talk]]:
        return [self.corpus.people[i] for i in self.rng.permutation(len(self.corpus.people))]

    @cached_property
    def _questions(self) -> list[str]:
        return [self.corpus.questions[i] for i in self.rng.permutation(len(self.corpus.questions))]

    @cached_property
    def _pools(self) -> dict[str, list[Item]]:
        return {k: [pool[i] for i in self.rng.permutation(len(pool))] for k, pool in self.corpus.pools.items()}

    def token(self, length: int = 10) -> str:
        """Return a made-up id that says nothing."""
        return bytes(self.rng.integers(0, 256, size=length, dtype=np.uint8)).hex()[:length]

    def chance(self, p: float) -> bool:
        """Return True with probability `p`."""
        return bool(self.rng.uniform() < p)

    def choose(self, options: Any) -> Any:
        """Return one of the options."""
        return options[int(self.rng.integers(len(options)))]

    def talks(self) -> list[Talk]:
        """Deal all conversations of a real person whom nobody else plays, or single questions when people run out."""
        own = list(self._people.pop()) if self._people else []
        extra = int(self.rng.geometric(0.3)) if own else int(self.rng.geometric(0.12))
        taken = [self._questions.pop() for _ in range(min(extra, len(self._questions)))]
        return own + [Talk([question]) for question in taken]

    def people_left(self) -> int:
        """Return how many real people with conversations have no account yet."""
        return len(self._people)

    def take(self, pool: str, n: int) -> list[Item]:
        """Deal up to `n` entries of a work list, which nobody else gets after that."""
        items = self._pools[pool]
        taken, self._pools[pool] = items[:n], items[n:]
        return taken

    def see(self, pool: str, n: int) -> list[Item]:
        """Return up to `n` entries of a work list, which stay there for others: public sets are used by both sides."""
        items = self.corpus.pools[pool]
        return [items[i] for i in self.rng.permutation(len(items))[:n]]

    def public_mail(self) -> str:
        """Return a public mail service."""
        return str(self.rng.choice(_MAIL, p=np.array(_MAIL_SHARE)))

    def company_domain(self) -> str:
        """Return a made-up company's domain."""
        suffix = self.choose(("com", "io", "ai", "de", "co"))
        return f"{self.choose(_WORDS)}{self.choose(_WORDS)}{self.rng.integers(10, 9999)}.{suffix}"

    def open_account(self, kind: str, *, country: str | None = None, **more: Any) -> Account:
        """Open an account; what is not given is that of a private person."""
        aged = self.start - int(self.rng.exponential(200) * DAY)
        recent = self.start + int(self.rng.uniform(-20, self.days * 0.5) * DAY)
        usual = {
            "created_at": recent if self.chance(0.12) else aged,
            "email_domain": self.public_mail() if self.chance(0.9) else self.company_domain(),
            "payment_id": f"card_{self.token(12)}" if self.chance(0.85) else None,
            "plan": self.choose(("free", "standard", "standard", "plus")),
            "verified": self.chance(0.06),
            "model": self.choose(("large-2", "large-2", "small-2")),
            "device": self.token(16),
        }
        account = Account(f"acct_{self.token(14)}", kind, country=country or self.internet.country(), **(usual | more))
        account.created_at = min(account.created_at, self.end)
        self.accounts.append(account)
        return account

    def model_at(self, account: Account, ts: np.ndarray, pace: float = 0.08) -> list[str]:
        """Return the model asked for at each time: after the release people move over, `pace` of them a day."""
        moved = self.release + int(self.rng.exponential(1 / pace) * DAY) + HOUR
        return (
            np.where(ts > moved, "large-3", account.model).tolist()
            if account.model != "small-2"
            else [account.model] * len(ts)
        )
