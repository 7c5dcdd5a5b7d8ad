"""The watch: exchanges as they come go to the scorer, and an alarm is told when an account or a campaign crosses it.

An exchange counts once: lines that a source hands on again are known by their exchange ids. The remembered ids and the
evidence of accounts are written before a batch is committed, so a restart neither forgets nor counts twice what is
within the window.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from stillhunt.errors import UsageError
from stillhunt.ingest.formats import format_named, recognise
from stillhunt.ingest.pending import Pending
from stillhunt.ingest.read import read_record
from stillhunt.ingest.rejects import Rejects
from stillhunt.live.scorer import Scorer
from stillhunt.live.verdict import Verdict
from stillhunt.schema import EXCHANGE
from stillhunt.stream.source import Batch, Line, Once, Source

LEVEL_BITS: Final = 6.0
"""Evidence from which on an account is worth an alarm by default: an innocent one ever shows it one time in 64."""
STEP_BITS: Final = 4.0
"""An account of which an alarm told is told of again when its evidence has grown by so much."""
KEEP_SECONDS: Final = 5.0
"""How often batches are committed at the most; after a crash so much is read again."""
MOST_TOLD: Final = 100_000
"""Accounts and campaigns of which it is remembered that an alarm was told; one forgotten is told of again."""
ITS_OWN_FAULT: Final = (ArithmeticError, LookupError, TypeError, ValueError)
"""Errors that an exchange raises by what stands in it: it would raise them again whenever it is read."""
KNOWN_ONLY_AFTER: Final = ("response", "reasoning_out", "status", "stop_reason", "output_tokens", "reasoning_tokens")
"""Columns that a log has and a gateway had not."""


@dataclass(frozen=True)
class Alarm:
    """An account, or a campaign that grows again, has crossed the level.

    Attributes:
        kind: `account` or `campaign`.
        ts: Time of the request that crossed it, µs UTC.
        account_id: The account; of a campaign, the one whose request crossed it.
        exchange_id: That request.
        campaign_id: The campaign that the evidence points to.
        bits: The evidence: against the account, or that the campaign grows again.
        action: What the policy says, and whether it is only said.
        simulated: Whether it is.
        member: Whether the hunt had named the account already.
        reasons: Why, in words.
    """

    kind: str
    ts: int | None
    account_id: str
    exchange_id: str
    campaign_id: str | None
    bits: float
    action: str
    simulated: bool
    member: bool
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {**asdict(self), "reasons": [*self.reasons]}


@dataclass
class Counts:
    """What a watch has met."""

    exchanges: int = 0
    repeated: int = 0
    rejected: int = 0
    skipped: int = 0
    alarms: int = 0


class Watch:
    """Scores exchanges as they come.

    Attributes:
        counts: What was met.
        reasons: Why lines were rejected: by sentence how many, and where the first stood. Sentences quote nothing.

    Args:
        scorer: Scores them.
        format: Name of the log format; recognised line by line when not given.
        level: Evidence from which on an alarm is told, in bits.
        once: Ids met before.
        members: Whether members of the watch list are worth an alarm too; the hunt has told of them already.
        keep_seconds: How often what must outlast a crash is written down and batches are committed, at the most.
    """

    def __init__(  # noqa: PLR0913  all but the scorer is optional
        self,
        scorer: Scorer,
        *,
        format: str | None = None,  # noqa: A002  as the option is called
        level: float = LEVEL_BITS,
        once: Once | None = None,
        members: bool = False,
        keep_seconds: float = KEEP_SECONDS,
    ) -> None:
        """Begin without an alarm.

        Raises:
            UsageError: There is no such format, or the level is no number.
        """
        if not math.isfinite(level):
            raise UsageError(f"The level of an alarm is {level}: give a number of bits, such as {LEVEL_BITS:g}.")
        self._format = format_named(format) if format is not None else None
        self.scorer, self._level, self._members = scorer, level, members
        self._keep_seconds = keep_seconds
        self.once, self.counts = once if once is not None else Once(), Counts()
        self.reasons: dict[str, tuple[int, str]] = {}
        self._told: OrderedDict[tuple[str, str], float] = OrderedDict()

    def run(self, source: Source, keep: Callable[[], None] = lambda: None) -> Iterator[Alarm]:
        """Score what a source hands on, and yield alarms.

        Args:
            source: Where lines come from. Batches are committed once their alarms were taken and `keep` was called.
            keep: Writes down what must outlast a crash.
        """
        waiting: list[Batch] = []
        kept = time.monotonic()
        try:
            for batch in source.batches():
                yield from self.take(batch)
                if batch.mark:
                    waiting.append(batch)
                # Also when nothing new comes: lines that trickle in would else have all that is kept written for each.
                if waiting and time.monotonic() - kept >= self._keep_seconds:
                    _commit(source, waiting, keep)
                    kept = time.monotonic()
        finally:
            _commit(source, waiting, keep)

    def take(self, batch: Batch) -> Iterator[Alarm]:
        """Score one batch, and yield alarms."""
        for row in self._rows(batch.lines):
            yield from self.score(row)

    def score(self, row: Mapping[str, Any]) -> Iterator[Alarm]:
        """Score one row of EXCHANGE unless it was met before, and yield the alarms that it raises.

        One that cannot be scored is rejected, or a watch would meet it again and end again whenever it was started.
        """
        if not self.once.is_new(str(row["account_id"]), str(row["exchange_id"])):
            self.counts.repeated += 1
            return
        asked = {name: value for name, value in row.items() if name not in KNOWN_ONLY_AFTER}
        asked["headers"] = dict(row["headers"]) if row.get("headers") else None
        try:
            verdict = self.scorer.score(asked)
        except ITS_OWN_FAULT as error:
            where = f"exchange {row['exchange_id']}"
            self._reject(f"The exchange cannot be scored ({type(error).__name__}).", where)
            return
        self.counts.exchanges += 1
        for alarm in self._alarms(asked, verdict):
            self.counts.alarms += 1
            yield alarm

    def _alarms(self, row: Mapping[str, Any], verdict: Verdict) -> Iterator[Alarm]:
        account, campaign = str(row["account_id"]), verdict.campaign_id or ""
        if verdict.bits >= self._level and (self._members or not verdict.member):
            before = self._told.get((account, campaign))
            if before is None or (not verdict.member and verdict.bits >= before + STEP_BITS):
                self._tell((account, campaign), verdict.bits)
                yield _alarm("account", row, verdict, verdict.bits)
        if campaign and verdict.group_bits >= self._level:
            before = self._told.get(("", campaign))
            if before is None or verdict.group_bits >= before + STEP_BITS:
                self._tell(("", campaign), verdict.group_bits)
                yield _alarm("campaign", row, verdict, verdict.group_bits)

    def _tell(self, of: tuple[str, str], bits: float) -> None:
        """Remember at which evidence an alarm was told."""
        self._told[of] = bits
        self._told.move_to_end(of)
        if len(self._told) > MOST_TOLD:
            self._told.popitem(last=False)

    def _rows(self, lines: Sequence[Line]) -> Iterator[Mapping[str, Any]]:
        """Read lines as a hunt reads them, and yield the rows of EXCHANGE that they hold."""
        rejects = Rejects()
        pending = Pending(EXCHANGE, rejects, max(1, len(lines)))
        for line in lines:
            record = read_record(line.data)
            form = self._format or (recognise(record) if isinstance(record, dict) else None)
            if pending.take(record, len(line.data), line.where, 0, form):
                yield from _sound(pending)
        yield from _sound(pending)
        self.counts.skipped += rejects.skipped
        for refused in rejects.table().to_pylist():
            self._reject(refused["reason"], refused["file"])

    def _reject(self, reason: str, where: str) -> None:
        number, first = self.reasons.get(reason, (0, where))
        self.reasons[reason] = (number + 1, first)
        self.counts.rejected += 1


def _sound(pending: Pending) -> Iterator[Mapping[str, Any]]:
    for rows in pending.flush():
        yield from rows.to_pylist()


def _commit(source: Source, waiting: list[Batch], keep: Callable[[], None]) -> None:
    if waiting:
        keep()
    while waiting:
        source.commit(waiting[0])
        del waiting[0]


def _alarm(kind: str, row: Mapping[str, Any], verdict: Verdict, bits: float) -> Alarm:
    return Alarm(
        kind, row["ts"], str(row["account_id"]), str(row["exchange_id"]), verdict.campaign_id, round(bits, 3),
        verdict.action.name, verdict.simulated, verdict.member, verdict.reasons,
    )  # fmt: skip
