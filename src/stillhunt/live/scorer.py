"""The scorer: one request in, one verdict out, within a millisecond."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stillhunt.config import load_secret
from stillhunt.errors import StillhuntError
from stillhunt.features.keyed import Hasher
from stillhunt.features.single import Featuriser
from stillhunt.live.betting import Bets, Course
from stillhunt.live.budget import Budget, UnderSteps
from stillhunt.live.courses import Courses
from stillhunt.live.incoming import AccountFacts, conformed
from stillhunt.live.judgement import Judgement, Of
from stillhunt.live.judging import Judging
from stillhunt.live.log import DecisionLog
from stillhunt.live.matching import Matcher, Shown
from stillhunt.live.policy import DEFAULT, Policy, Rule
from stillhunt.live.regrowth import DAY, Regrowth
from stillhunt.live.round import Round
from stillhunt.live.shared import Alone, Sharing
from stillhunt.live.verdict import Action, Verdict
from stillhunt.live.watchlist import WatchList
from stillhunt.runs import Run

LOOK_AGAIN_SECONDS = 1.0
"""How often a scorer looks whether its watch list was replaced."""
_KEY = 2**64 - 1
"""Keys of the list have no sign, hashes have one."""
_SPENT = "The policy has passed its harm budget of {:g} innocents per million requests, so this is only simulated."


class _Knowledge:
    """What follows from one watch list; replaced as a whole when the list is."""

    def __init__(self, watchlist: WatchList) -> None:
        self.watchlist = watchlist
        self.matcher, self.bets = Matcher(watchlist), Bets(watchlist)
        self.regrowth = Regrowth(self.bets, [g["campaign_id"] for g in watchlist.groups], watchlist.version)
        self.judging = Judging(watchlist)


class Scorer:
    """Scores requests against a watch list.

    One scorer belongs to one thread or event loop; several workers have one each, and share by `sharing` what must be
    counted together.

    Attributes:
        policy: What is done at which evidence.
        budget: What the policy has touched so far.
        courses: The accounts remembered.
        log: Where every decision but `allow` is written down, if anywhere.
        trouble: Failures since the start, by kind: `reload`, `sharing`, `expired`, and `log` for decisions lost to it.
    """

    def __init__(  # noqa: PLR0913  all but the list is optional
        self,
        watchlist: WatchList,
        *,
        policy: Policy = DEFAULT,
        secret: bytes | None = None,
        courses: Courses | None = None,
        sharing: Sharing | None = None,
        log: DecisionLog | None = None,
        now: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        """Take a watch list that was read or compiled already; `now` gives the time in µs UTC."""
        self._secret = secret or load_secret()
        self._known = _Knowledge(watchlist)
        self.policy, self.budget = policy, Budget(policy.harm_budget)
        self.courses = courses if courses is not None else Courses()
        self._sharing = sharing or Alone()
        self._now, self.log = now, log
        self._under = UnderSteps()
        self._account, self._organisation = Hasher("account", self._secret), Hasher("organisation", self._secret)
        self._featurise, self._facts = Featuriser(self._secret), AccountFacts(self._secret)
        self._path: Path | None = None
        self._seen: tuple[int, int, int] | None = None
        self._looked = 0.0
        self.trouble = {"reload": 0, "sharing": 0, "expired": 0, "log": 0}

    @classmethod
    def from_run(cls, run: Run, *, secret: bytes | None = None, **options: Any) -> "Scorer":
        """Compile the watch list of a run and score with it; options are those of the class."""
        from stillhunt.live.compile import compile_watchlist  # noqa: PLC0415  its engine is a hunt's, not a gateway's

        secret = secret or load_secret()
        return cls(compile_watchlist(run, secret), secret=secret, **options)

    @classmethod
    def load(cls, path: str | Path, *, secret: bytes | None = None, **options: Any) -> "Scorer":
        """Read a watch list file into memory and score with it; when the file is replaced, the new one is taken.

        Raises:
            UsageError: There is no such file.
            ServiceError: It is damaged, or was not signed with the provider's secret.
        """
        secret = secret or load_secret()
        seen = _stamp(Path(path))  # before it is read: a list that replaces it meanwhile is then news
        scorer = cls(WatchList.read(path, secret), secret=secret, **options)
        scorer._path, scorer._seen = Path(path), seen
        return scorer

    @property
    def watchlist(self) -> WatchList:
        """The watch list in use."""
        return self._known.watchlist

    def score(self, exchange: Mapping[str, Any], *, in_time: Callable[[], bool] = lambda: True) -> Verdict:
        """Decide on one request.

        Args:
            exchange: Columns of EXCHANGE as far as they are known before the answer, `account_id` among them, and
                optionally `payment_id` and `email_domain` of ACCOUNT. What is missing or odd is unknown, and never
                raises.
            in_time: Asked once, when the verdict is made, whether whoever asked still waits for it. A verdict that is
                late touches nobody, and is logged as such.

        Returns:
            The verdict.
        """
        self.look_again()
        row = conformed(exchange)
        features = self._featurise(row)
        features.update(self._facts(exchange))
        verdict = self.decide(features, row.get("account_id"), row.get("ts") or self._now(), in_time=in_time)
        if self.log is not None and verdict.action:
            self.trouble["log"] += not self.log.add(row, verdict, row.get("ts") or self._now())
        return verdict

    def decide(
        self,
        features: Mapping[str, Any],
        account_id: str | None,
        moment: int,
        *,
        in_time: Callable[[], bool] = lambda: True,
    ) -> Verdict:
        """Decide on one request by its FEATURES, and `payment`, `mail_domain` and `mail_pattern` of its account.

        Without an account nothing is remembered, only what the request shows itself counts, and no step on accounts is
        taken: else all who come without one would answer for each other.
        """
        shown = self._known.matcher(features)
        account = self._account(account_id) & _KEY if account_id else None
        judgements = self._judge(account, moment, shown)
        if account is not None:
            organisation = features.get("org_id")
            keys = (account, self._organisation(organisation) & _KEY) if organisation else (account,)
            judgements += self._known.judging.held(keys, shown)
        rule, judgement = self.policy.decide(judgements, moment)
        verdict = self._verdict(rule, judgement, moment, late=not in_time())
        self._count(verdict, account, moment)
        return verdict

    def _judge(self, account: int | None, moment: int, shown: Mapping[str, Shown]) -> list[Judgement]:
        """Go by what the hunt found of an account, or bet on one that it did not name."""
        known, outcomes = self._known, {campaign: of.outcomes for campaign, of in shown.items()}
        course = self.courses.of(account) if account is not None else Course()
        if account is not None:
            if known.judging.names(account):
                known.bets.speak(course, outcomes, moment)
                return known.judging.members(account, shown, course)
            if not course.requests:
                self._sharing.arrived(account, moment // DAY, outcomes, known.regrowth)
        bits = known.bets.follow(course, outcomes)
        known.bets.speak(course, outcomes, moment)
        of = Of.account if account is not None else Of.request
        return known.judging.strangers(bits, shown, course, known.regrowth, of)

    def _verdict(self, rule: Rule | None, judgement: Judgement, moment: int, *, late: bool) -> Verdict:
        j, policy = judgement, self.policy
        dry = [sentence for wrong, sentence in self._why_dry() if wrong] if rule else []
        return Verdict(
            action=rule.action if rule else Action.allow,
            bits=j.bits,
            reasons=(*j.reasons, *dry),
            campaign_id=j.campaign_id,
            simulated=policy.dry or bool(dry),
            group_bits=j.group_bits,
            harvest_probability=j.probability,
            account_probability=j.account,
            late=late,
            member=j.member,
            expires=(j.last or moment) + rule.lasts if rule else None,
            reversible=rule.reversible if rule else True,
            appeal=policy.appeal if rule else None,
            on_failure=rule.on_failure if rule else "open",
            policy=policy.title,
            watchlist=self._known.watchlist.version,
        )

    def _count(self, verdict: Verdict, account: int | None, moment: int) -> None:
        """Count what was carried out; nothing more once the budget is spent, so that other workers find it spent."""
        if self.budget.spent:
            return
        action, again = verdict.enforced, False
        if action <= Action.watch:  # touches nobody, as nearly all do
            self.budget.count(action, 1.0)
            return
        if action.of_account and account is not None and verdict.expires is not None:
            again = self._under.again(account, moment, verdict.expires)
        self.budget.count(action, verdict.touched_probability, again=again)

    @property
    def simulated(self) -> bool:
        """Whether nothing is carried out now: by the policy, with an expired list, or beyond the harm budget."""
        return self.policy.dry or self.budget.spent or self.watchlist.expired(self._now())

    def _why_dry(self) -> tuple[tuple[bool, str], ...]:
        expired = self._known.watchlist.expired(self._now())
        self.trouble["expired"] += expired
        return (
            (expired, "The watch list has expired, so this is only simulated: hunt again and compile a new one."),
            (
                self.budget.spent,
                _SPENT.format(self.budget.per_million),
            ),
        )

    def look_again(self) -> None:
        """Take the watch list anew if its file was replaced; a file that is refused leaves the old one in use."""
        if self._path is None or time.monotonic() - self._looked < LOOK_AGAIN_SECONDS:
            return
        self._looked = time.monotonic()
        stamp = _stamp(self._path)
        if stamp is None or stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._known = _Knowledge(WatchList.read(self._path, self._secret))
        except StillhuntError:
            self.trouble["reload"] += 1

    def synchronise(self) -> None:
        """Tell other workers what was counted here, and learn what they counted; call it every second or so.

        It waits for the server, and is for where nothing else does meanwhile. Where requests come, call `share` and
        `take` between them, and in another thread `exchange` on what `share` returned.
        """
        told = self.share()
        self.take(told, reached=told.exchange())

    def share(self) -> Round:
        """Return what other workers are to be told of what was counted here; waits for nobody."""
        return self._sharing.share(self._known.regrowth, self.budget)

    def take(self, told: Round, *, reached: bool) -> None:
        """Take over what other workers counted, as a round has learned it; waits for nobody."""
        if reached:
            self._sharing.take(told, self._known.regrowth, self.budget)
        self.trouble["sharing"] += not reached

    def health(self) -> dict[str, Any]:
        """Return how the scorer is, as JSON takes it."""
        return {
            "watchlist": self.watchlist.version,
            "expired": self.watchlist.expired(self._now()),
            "campaigns": len(self.watchlist.groups),
            "watched_keys": len(self.watchlist.arrays["watch_key"]),
            "members": len(self.watchlist.arrays["members_key"]),
            "accounts_remembered": len(self.courses),
            "policy": self.policy.title,
            "simulated": self.simulated,
            "requests": self.budget.requests,
            "touched": self.budget.touched,
            "innocent_per_million": self.budget.rate,
            "budget_spent": self.budget.spent,
            "trouble": dict(self.trouble),
        }


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What tells one file at a path from the next; None if there is none just now."""
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_ino, told.st_size
