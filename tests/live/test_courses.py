"""What is remembered of accounts, read again with less room than when it was written."""

import pytest

from stillhunt.live.betting import Stake
from stillhunt.live.courses import Courses

SECRET = b"the secret of snapshots"


@pytest.mark.parametrize("room", [1, 2, 3, 4, 9])
def test_an_account_that_is_forgotten_does_not_come_back_with_stakes(tmp_path, room):
    courses = Courses()
    for account in (1, 2, 3, 4):  # the first is the longest unheard of
        courses.of(account).requests = 10 * account
        courses.of(account).stakes["c-1"] = Stake([account / 4, 0.0, 0.0], [1, 0, 0])
    courses.write(tmp_path / "snapshot", SECRET)
    read = Courses.read(tmp_path / "snapshot", SECRET, most=room)
    kept = (1, 2, 3, 4)[-room:]
    assert len(read) == len(kept)
    for account in kept:
        assert read.of(account) == courses.of(account)
    # What was forgotten begins anew: evidence without its requests would count for more than it is worth.
    for account in {1, 2, 3, 4} - set(kept):
        assert (read.of(account).requests, read.of(account).stakes) == (0, {})
