"""What is remembered of accounts: a bounded number of them, the longest unheard-of forgotten first.

An account that is forgotten and comes back begins anew, so its evidence is then of what it did since. A snapshot is a
signed file of arrays; a scorer that starts from it goes on where the other stopped.
"""

from collections import OrderedDict
from pathlib import Path
from typing import Final

import numpy as np

from stillhunt.live.betting import Course, Stake
from stillhunt.live.container import Arrays, Container

FILE: Final = Container(b"STILLHUNT COURS2", "snapshot", "remove it, and evidence begins anew")
MOST_ACCOUNTS: Final = 200_000
"""Accounts remembered by default: about 100 MB when all of them have shown something."""


class Courses:
    """The accounts that a scorer remembers, by the keyed hash of their id."""

    def __init__(self, most: int = MOST_ACCOUNTS) -> None:
        """Remember at most so many."""
        self.most = most
        self._of: OrderedDict[int, Course] = OrderedDict()

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._of)

    def of(self, account: int) -> Course:
        """Return an account's course, a new one if it is not remembered."""
        course = self._of.get(account)
        if course is None:
            course = self._of[account] = Course()
            if len(self._of) > self.most:
                self._of.popitem(last=False)
        else:
            self._of.move_to_end(account)
        return course

    def write(self, path: str | Path, secret: bytes) -> None:
        """Write a snapshot, whole or not at all.

        Raises:
            UsageError: The file cannot be written.
        """
        campaigns = sorted({campaign for course in self._of.values() for campaign in course.stakes})
        number = {campaign: n for n, campaign in enumerate(campaigns)}
        stakes = [
            (row, number[campaign], stake.best, stake.at_work, stake.last)
            for row, course in enumerate(self._of.values())
            for campaign, stake in course.stakes.items()
        ]
        arrays: Arrays = {
            "account": np.array(list(self._of), np.uint64),
            "requests": np.array([course.requests for course in self._of.values()], np.uint32),
            "row": np.array([s[0] for s in stakes], np.uint32),
            "campaign": np.array([s[1] for s in stakes], np.uint16),
            "best": np.array([s[2] for s in stakes], np.uint8).reshape(-1, 3),
            "at_work": np.array([s[3] for s in stakes], np.float64).reshape(-1, 3),
            "last": np.array([s[4] for s in stakes], np.int64),
        }
        FILE.write(Path(path), {"campaigns": campaigns}, arrays, secret)

    @classmethod
    def read(cls, path: str | Path, secret: bytes, most: int = MOST_ACCOUNTS) -> "Courses":
        """Read a snapshot.

        Raises:
            UsageError: There is no such file.
            ServiceError: It is damaged, or was not signed with this secret.
        """
        header, arrays = FILE.read(Path(path), secret)
        courses = cls(most)
        accounts = arrays["account"].tolist()
        for account, requests in zip(accounts, arrays["requests"].tolist(), strict=True):
            courses.of(account).requests = requests
        rows = (arrays[name].tolist() for name in ("row", "campaign", "at_work", "best", "last"))
        for row, campaign, at_work, best, last in zip(*rows, strict=True):
            if accounts[row] in courses._of:  # with less room than when it was written, the oldest are forgotten
                courses.of(accounts[row]).stakes[header["campaigns"][campaign]] = Stake(at_work, best, last)
        return courses
