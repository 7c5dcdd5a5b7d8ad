"""The watch list as a file: what a run left in it, whom it is refused from, and how a new one is taken."""

import pytest

from live.conftest import SECRET
from stillhunt.errors import ServiceError, UsageError
from stillhunt.live.compile import compile_watchlist
from stillhunt.live.courses import Courses
from stillhunt.live.scorer import Scorer
from stillhunt.live.watchlist import ARRAYS, WatchList
from stillhunt.runs import Run, write_table
from stillhunt.schema import CAMPAIGNS, HARVESTED, MEMBERS, OPERATORS


def test_it_comes_back_from_its_file_as_it_was(hunted, tmp_path):
    hunted.watchlist.write(tmp_path / "w", SECRET)
    read = WatchList.read(tmp_path / "w", SECRET)
    assert read.header == hunted.watchlist.header
    assert read.version == hunted.watchlist.version
    for name in ARRAYS:
        assert (read.arrays[name] == hunted.watchlist.arrays[name]).all()


def test_a_key_costs_a_few_tens_of_bytes_and_members_are_no_ids(hunted, tmp_path):
    hunted.watchlist.write(tmp_path / "w", SECRET)
    arrays = hunted.watchlist.arrays
    assert (tmp_path / "w").stat().st_size < 24 * (len(arrays["watch_key"]) + len(arrays["members_key"])) + 100_000
    data = (tmp_path / "w").read_bytes()
    assert not any(row["account_id"].encode() in data for row in hunted.requests[:200])


@pytest.mark.parametrize("place", [0, 20, 200, 5000, -40, -1])
def test_one_changed_byte_is_refused(hunted, tmp_path, place):
    hunted.watchlist.write(tmp_path / "w", SECRET)
    data = bytearray((tmp_path / "w").read_bytes())
    data[place] ^= 1
    (tmp_path / "w").write_bytes(data)
    with pytest.raises(ServiceError, match="is refused"):
        WatchList.read(tmp_path / "w", SECRET)


@pytest.mark.parametrize("size", [0, 10, 40, 3000])
def test_a_file_that_was_cut_off_is_refused(hunted, tmp_path, size):
    hunted.watchlist.write(tmp_path / "w", SECRET)
    (tmp_path / "w").write_bytes((tmp_path / "w").read_bytes()[:size])
    with pytest.raises(ServiceError, match="is refused"):
        WatchList.read(tmp_path / "w", SECRET)


def test_another_secret_another_kind_and_no_file_are_refused(hunted, tmp_path):
    hunted.watchlist.write(tmp_path / "w", SECRET)
    with pytest.raises(ServiceError, match="another secret"):
        WatchList.read(tmp_path / "w", b"a secret of somebody else")
    Courses().write(tmp_path / "c", SECRET)
    with pytest.raises(ServiceError, match="is refused"):
        WatchList.read(tmp_path / "c", SECRET)
    with pytest.raises(UsageError, match="cannot be read"):
        WatchList.read(tmp_path / "none", SECRET)


def test_a_run_without_campaigns_makes_an_empty_list_that_scores(hunted, tmp_path):
    run = Run(tmp_path, hunted.run.info)
    (tmp_path / "features").symlink_to(hunted.run.path / "features")
    for file in hunted.run.path.glob("*.parquet"):
        (tmp_path / file.name).symlink_to(file)
    for table in (CAMPAIGNS, MEMBERS, HARVESTED, OPERATORS):
        (tmp_path / f"{table.name}.parquet").unlink()
        write_table(tmp_path, table, table.empty())
    watchlist = compile_watchlist(run, SECRET)
    watchlist.write(tmp_path / "w", SECRET)
    scorer = Scorer.load(tmp_path / "w", secret=SECRET)
    assert {scorer.score(row).bits for row in hunted.requests[:50]} == {0.0}


def test_a_replaced_file_is_taken_without_a_restart_and_a_damaged_one_is_not(hunted, tmp_path, monkeypatch):
    monkeypatch.setattr("stillhunt.live.scorer.LOOK_AGAIN_SECONDS", 0.0)
    path = tmp_path / "w"
    hunted.watchlist.write(path, SECRET)
    scorer = Scorer.load(path, secret=SECRET)
    first = scorer.watchlist.version
    WatchList({**hunted.watchlist.header, "run": "the-next"}, hunted.watchlist.arrays).write(path, SECRET)
    scorer.score(hunted.requests[0])
    assert scorer.watchlist.version.startswith("the-next@")
    assert scorer.watchlist.version != first
    damaged = tmp_path / "damaged"
    damaged.write_bytes(path.read_bytes()[:-1] + b"?")
    damaged.replace(path)
    assert scorer.score(hunted.requests[0]).watchlist.startswith("the-next@")
    assert scorer.trouble["reload"] == 1
    path.unlink()
    assert scorer.score(hunted.requests[0]).watchlist.startswith("the-next@")


def test_a_list_that_is_replaced_while_the_first_is_read_is_taken_next(hunted, tmp_path, monkeypatch):
    monkeypatch.setattr("stillhunt.live.scorer.LOOK_AGAIN_SECONDS", 0.0)
    path, read = tmp_path / "w", WatchList.read
    hunted.watchlist.write(path, SECRET)

    def and_replaced(path, secret):
        found = read(path, secret)
        WatchList({**hunted.watchlist.header, "run": "the-next"}, hunted.watchlist.arrays).write(path, secret)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(WatchList, "read", and_replaced)
        scorer = Scorer.load(path, secret=SECRET)
    assert scorer.watchlist.version == hunted.watchlist.version
    assert scorer.score(hunted.requests[0]).watchlist.startswith("the-next@")


def test_what_was_remembered_is_remembered_after_a_restart(hunted, tmp_path):
    half = len(hunted.requests) // 2
    whole = Scorer(hunted.watchlist, secret=SECRET)
    for row in hunted.requests[:half]:
        whole.score(row)
    whole.courses.write(tmp_path / "c", SECRET)
    again = Scorer(hunted.watchlist, secret=SECRET, courses=Courses.read(tmp_path / "c", SECRET))
    assert len(again.courses) == len(whole.courses) > 100
    for row in hunted.requests[half : half + 500]:
        assert again.score(row).bits == pytest.approx(whole.score(row).bits)


def test_memory_is_bounded_and_the_longest_unheard_of_are_forgotten():
    courses = Courses(most=3)
    for account in (1, 2, 3, 1, 4):
        courses.of(account).requests += 1
    assert len(courses) == 3
    assert courses.of(1).requests == 2
    assert courses.of(2).requests == 0
