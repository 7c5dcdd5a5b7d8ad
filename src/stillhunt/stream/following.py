"""One call from addresses to alarms: what `stillhunt watch` does."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from stillhunt.config import load_secret
from stillhunt.errors import UsageError
from stillhunt.live.courses import Courses
from stillhunt.live.log import DecisionLog
from stillhunt.live.permit import load_policy
from stillhunt.live.scorer import Scorer
from stillhunt.stream.opening import open_source
from stillhunt.stream.source import Once
from stillhunt.stream.watch import LEVEL_BITS, Alarm, Watch

GROUP: Final = "stillhunt"
"""Name under which servers remember how far was read."""


class Following:
    """Follows logs and yields alarms; `counts` tells what was met.

    Args:
        sources: Files, folders, patterns, or the address of one stream; one of them needs no list.
        watchlist: Watch list file.
        policy: Policy file.
        format: Log format; recognised line by line when not given.
        level: Evidence from which on an alarm is told, in bits.
        members: Whether members of the watch list are worth an alarm.
        group: Name under which a server remembers how far was read.
        memory: File in which the evidence of accounts and the exchanges counted outlast a restart; beside it stand
            `<memory>.counted`, and for files `<memory>.read`.
        log: Decision log to write.
        end: Of files, whether to stop once all is read.
    """

    def __init__(  # noqa: PLR0913  what to read, by what, and what to keep; all but three optional
        self,
        sources: str | Sequence[str],
        watchlist: str | Path,
        policy: str | Path,
        *,
        format: str | None = None,  # noqa: A002  as the option is called
        level: float = LEVEL_BITS,
        members: bool = False,
        group: str = GROUP,
        memory: str | Path | None = None,
        log: str | Path | None = None,
        end: bool = False,
    ) -> None:
        """Open everything.

        Raises:
            UsageError: A file or address is wrong.
            ServiceError: A file is damaged, or a server cannot be reached.
        """
        self._secret = load_secret()
        self._memory = Path(memory) if memory else None
        self._counted = Path(f"{memory}.counted") if memory else None
        if self._memory is not None and not self._memory.absolute().parent.is_dir():
            raise UsageError(f"The memory '{memory}' cannot be written (its folder is missing): make the folder first.")
        if self._memory is not None and self._memory.is_dir():
            raise UsageError(f"The memory '{memory}' is a folder: name a file.")
        courses, once = self._remembered()
        self.scorer = Scorer.load(
            watchlist, secret=self._secret, policy=load_policy(policy, self._secret), courses=courses,
            log=DecisionLog(log, self._secret) if log else None,
        )  # fmt: skip
        self.watch = Watch(self.scorer, format=format, level=level, members=members, once=once)
        sources = [sources] if isinstance(sources, str) else sources
        files = not any("://" in source for source in sources)
        state = f"{memory}.read" if memory and files else None
        self._source = open_source(sources, group=group, state=state, end=end)

    def __iter__(self) -> Iterator[Alarm]:
        """Yield alarms as they come."""
        try:
            yield from self.watch.run(self._source, self._keep)
        finally:
            self._source.close()

    def _remembered(self) -> tuple[Courses | None, Once | None]:
        """Read what an earlier watch remembered; a file of that name that is no memory is refused, not overwritten.

        What was counted stands alone only if the first writing broke off between the two: then all is read again.
        """
        if self._memory is None or self._counted is None or not self._memory.exists():
            return None, None
        courses = Courses.read(self._memory, self._secret)
        return courses, Once.read(self._counted, self._secret) if self._counted.exists() else None

    def _keep(self) -> None:
        """Write what must outlast a crash; first what was counted, so that a crash between the two doubles nothing."""
        if self._memory is not None and self._counted is not None:
            self.watch.once.write(self._counted, self._secret)
            self.scorer.courses.write(self._memory, self._secret)
        if self.scorer.log is not None:
            self.scorer.log.flush()
