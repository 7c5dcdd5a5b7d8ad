"""`stillhunt watch`, as a program: alarms as JSON lines, restarts, and mistakes."""

import json
import shutil
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
from gateway.place import account
from gateway.running import DEADLINE, wait_until

from stillhunt.errors import ServiceError, UsageError
from stillhunt.ingest.read import read
from stillhunt.ingest.rejects import Rejects
from stillhunt.live.scorer import Scorer
from stillhunt.live.verdict import Action
from stillhunt.stream import watch as watching
from stillhunt.stream.following import Following
from stillhunt.stream.opening import open_source
from stillhunt.stream.source import Batch, Line, Once
from stillhunt.stream.watch import Watch

BLOCKED, SUSPENDED = account(Action.block_request), account(Action.suspend_account)


def command(place, *more):
    files = ["--watchlist", str(place.watchlist), "--policy", str(place.policy)]
    return [sys.executable, "-m", "stillhunt", "watch", str(place.folder / "calls.jsonl"), *files, "--members", *more]


def test_alarms_come_as_the_log_grows_and_once(place, line):
    log, memory = place.folder / "calls.jsonl", place.folder / "memory"
    log.write_bytes(line(1) + b"\n" + line(2, BLOCKED) + b"\n" + line(3, BLOCKED) + b"\nno json\n")
    with (place.folder / "out").open("wb") as out:
        # Whoever runs the tests in the background has it ignored, and programs inherit that.
        heard = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731  runs in the child alone
        process = subprocess.Popen(
            command(place, "--memory", str(memory)),
            stdout=out,
            stderr=subprocess.PIPE,
            preexec_fn=heard,  # noqa: PLW1509
        )
        try:
            wait_until(lambda: (place.folder / "out").read_bytes().count(b"\n") == 1)
            with log.open("ab") as file:
                file.write(line(4, SUSPENDED) + b"\n")
            wait_until(lambda: (place.folder / "out").read_bytes().count(b"\n") == 2)
            wait_until((place.folder / "memory.read").exists)
        finally:
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=DEADLINE)
    assert process.returncode == 130
    assert b"4 exchanges, 0 repeated, 1 rejected" in told
    assert b"calls.jsonl, byte " in told
    assert b": The line is not JSON: write one object a line." in told
    first, second = (json.loads(text) for text in (place.folder / "out").read_text().splitlines())
    assert (first["account_id"], first["action"], first["exchange_id"]) == (BLOCKED, "block_request", "x-2")
    assert (second["account_id"], second["campaign_id"], second["kind"]) == (SUSPENDED, "c-made-up", "account")
    assert "Hello" not in json.dumps([first, second])


def test_a_restart_goes_on_where_it_ended_and_counts_nothing_twice(place, line):
    log, memory = place.folder / "calls.jsonl", place.folder / "memory"
    log.write_bytes(b"".join(line(n) + b"\n" for n in range(5)))

    def follow(**more):
        following = Following(
            [str(log)], place.watchlist, place.policy, members=True, memory=memory, end=True, **more
        )  # fmt: skip
        return list(following), following.watch.counts, len(following.scorer.courses)

    assert follow()[1].exchanges == 5
    with log.open("ab") as file:
        file.write(line(4) + b"\n" + line(5, SUSPENDED) + b"\n")
    alarms, counts, remembered = follow()
    assert (counts.exchanges, counts.repeated, len(alarms), remembered) == (1, 1, 1, 2)
    (place.folder / "memory.read").unlink()  # all is handed on again
    assert follow()[1].repeated == 7


def test_a_batch_is_committed_only_after_its_alarms_were_taken(place, line):
    committed = []

    class Two:
        def batches(self):
            for n in range(2):
                yield Batch(
                    [Line(line(n, account(action)), "") for action in (Action.slow, Action.step_up)][n : n + 1], n + 1
                )

        def commit(self, batch):
            committed.append(batch.mark)

        def close(self):
            pass

    alarms = Watch(Scorer.load(place.watchlist), members=True, level=1.0, keep_seconds=0.0).run(Two())
    next(alarms)
    assert committed == []
    next(alarms)
    assert committed == [1]
    assert list(alarms) == []
    assert committed == [1, 2]


class Trickle:
    """A line every second, nothing new in between, and a clock that goes on with it."""

    def __init__(self, lines):
        self._lines, self.now, self.committed = lines, 0.0, []

    def batches(self):
        for number, line in enumerate(self._lines):
            yield Batch([Line(line, "")], number + 1)
            for _ in range(4):
                self.now += 0.25
                yield Batch(())

    def commit(self, batch):
        self.committed.append((self.now, batch.mark))

    def close(self):
        pass

    def monotonic(self):
        return self.now


def test_where_lines_trickle_in_what_is_kept_is_written_every_five_seconds_and_at_the_end(place, line, monkeypatch):
    source, kept = Trickle([line(n) for n in range(12)]), []
    monkeypatch.setattr(watching, "time", source)
    assert list(Watch(Scorer.load(place.watchlist)).run(source, lambda: kept.append(source.now))) == []
    assert kept == [5.0, 10.0, 12.0]
    assert source.committed == [(at, n) for n in range(1, 13) for at in (5.0 if n <= 5 else 10.0 if n <= 10 else 12.0,)]


def test_what_was_not_kept_before_a_crash_is_read_again_and_counts_once(place, line, monkeypatch):
    log, memory, crashed = (place.folder / name for name in ("calls.jsonl", "memory", "crashed"))
    clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(watching, "time", clock)
    who = [account(action) for action in (Action.slow, Action.step_up, Action.block_request)]
    both = [line(10 + number) + b"\n" + line(number, member) + b"\n" for number, member in enumerate(who)]
    log.write_bytes(both[0])
    following = Following(str(log), place.watchlist, place.policy, members=True, level=1.0, memory=memory)
    alarms = iter(following)
    told = [next(alarms)]
    for number, now in ((1, 5.0), (2, 6.0)):
        clock.now = now
        with log.open("ab") as file:
            file.write(both[number])
        told.append(next(alarms))
    assert [alarm.account_id for alarm in told] == who
    for more in ("", ".counted", ".read"):  # as the disk is if the program dies here
        shutil.copy(f"{memory}{more}", f"{crashed}{more}")
    alarms.close()
    for exchanges in (4, 0):
        again = Following([str(log)], place.watchlist, place.policy, members=True, memory=crashed, end=True)
        assert [alarm.account_id for alarm in again] == (who[1:] if exchanges else [])
        assert (again.watch.counts.exchanges, again.watch.counts.repeated) == (exchanges, 0)
        assert max(course.requests for course in again.scorer.courses._of.values()) == 3  # the stranger's


ODD = [
    {"headers": "accept: */*"}, {"turns": -1}, {"turns": 1.5}, {"max_tokens": 10**30}, {"temperature": 10**400},
    {"temperature": float("nan")}, {"images": -(2**31), "n": -3}, {"account_id": "a\ud800"}, {"user_agent": "\ud800"},
    {"tools": ["\ud800"]}, {"conversation_id": "\ud800"}, {"ip": "fe80::1%\ud800"}, {"account_id": 10**30}, {"ts": -5},
    {"ts": 2**63 - 1}, {"ts": None}, {"prompt": 5}, {"exchange_id": ["x"]}, {"messages": "hello"},
]  # fmt: skip
"""What a native record may hold that is no such value, or hardly one."""


def hunted(folder, lines) -> tuple[int, list[str]]:
    """How many rows a hunt makes of lines, and why it rejects the others."""
    (folder / "hunted.jsonl").write_bytes(b"\n".join(lines))
    rejects = Rejects()
    rows = sum(batch.num_rows for batch in read([str(folder / "hunted.jsonl")], rejects=rejects, format="native"))
    return rows, sorted(rejects.table()["reason"].to_pylist())


def test_odd_records_are_rejected_as_a_hunt_rejects_them_and_the_watch_goes_on(place, line):
    odd = [json.dumps(json.loads(line(number)) | fields).encode() for number, fields in enumerate(ODD, 100)]
    odd.append(line(99).replace(b"Hello", b"\xed\xa0\x80"))
    log, memory = place.folder / "calls.jsonl", place.folder / "memory"
    log.write_bytes(b"\n".join([b"\xef\xbb\xbf" + line(1), *odd, line(2, BLOCKED)]))
    rows, reasons = hunted(place.folder, odd)
    following = Following(
        [str(log)], place.watchlist, place.policy, members=True, memory=memory, format="native", end=True
    )  # fmt: skip
    assert [alarm.exchange_id for alarm in following] == ["x-2"]
    counts, told = following.watch.counts, following.watch.reasons
    unscored = sum(number for reason, (number, _) in told.items() if "cannot be scored" in reason)
    assert (counts.exchanges, counts.rejected) == (2 + rows - unscored, len(odd) - rows + unscored)
    assert sorted(r for r, (n, _) in told.items() for _ in range(n) if "cannot be scored" not in r) == reasons
    first = len(b"\xef\xbb\xbf" + line(1) + b"\n" + odd[0] + b"\n")
    assert told["`headers` must be an object of texts, not text."] == (1, f"{log}, byte {first}")
    again = Following([str(log)], place.watchlist, place.policy, memory=memory, end=True)
    assert list(again) == []
    assert (again.watch.counts.exchanges, again.watch.counts.rejected) == (0, 0)


def test_an_exchange_that_cannot_be_scored_ends_no_watch(place, line):
    scorer = Scorer.load(place.watchlist)
    score = scorer.score

    def fails_once(exchange):
        if exchange["exchange_id"] == "x-2":
            raise OverflowError
        return score(exchange)

    scorer.score = fails_once
    watch = Watch(scorer)
    assert list(watch.take(Batch([Line(line(n), "here") for n in (1, 2, 3, 2)]))) == []
    assert (watch.counts.exchanges, watch.counts.rejected, watch.counts.repeated) == (2, 1, 1)
    assert watch.reasons == {"The exchange cannot be scored (OverflowError).": (1, "exchange x-2")}


def test_the_alarms_that_are_remembered_are_bounded(place, line, monkeypatch):
    monkeypatch.setattr(watching, "MOST_TOLD", 2)
    watch = Watch(Scorer.load(place.watchlist), members=True, level=1.0)
    names = [account(action) for action in (Action.slow, Action.step_up, Action.block_request, Action.slow)]
    alarms = list(watch.take(Batch([Line(line(n, name), "") for n, name in enumerate(names)])))
    assert [alarm.account_id for alarm in alarms] == names  # the first was forgotten, and is told of once more
    assert list(watch.take(Batch([Line(line(9, names[-1]), "")]))) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"level": float("nan")}, "The level of an alarm is nan: give a number of bits"),
        ({"level": float("inf")}, "The level of an alarm is inf: give a number of bits"),
        ({"memory": "."}, "The memory '.' is a folder: name a file."),
        ({"memory": "nowhere/memory"}, "its folder is missing"),
    ],
)
def test_what_would_fail_at_the_end_or_never_tell_is_told_at_once(place, line, given, said):
    (place.folder / "calls.jsonl").write_bytes(line(1))
    with pytest.raises(UsageError) as told:
        Following([str(place.folder)], place.watchlist, place.policy, **given)
    assert said in str(told.value)


def test_a_file_that_is_no_memory_is_refused_and_stays(place, line):
    (place.folder / "calls.jsonl").write_bytes(line(1))
    notes = place.folder / "notes.csv"
    notes.write_text("my,important,notes\n")
    with pytest.raises(ServiceError):
        Following([str(place.folder / "calls.jsonl")], place.watchlist, place.policy, memory=notes)
    assert notes.read_text() == "my,important,notes\n"


def test_the_window_of_what_was_met_is_bounded():
    once = Once(3)
    assert [once.is_new("a", str(n)) for n in (1, 2, 1, 3, 4, 1, 2)] == [True, True, False, True, True, False, True]
    assert len(once) == 3


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (["reddis://h/0?stream=s"], "No stream is read from 'reddis'. Did you mean 'redis'?"),
        (["redis://h/0"], "The address names no stream"),
        (["redis://h/0?steam=s"], "A stream's address has no 'steam'. Did you mean 'stream'?"),
        (["redis://h/0?stream=s", "calls.jsonl"], "not several"),
        (["redis://:secret@h:x/0?stream=s"], "The port in the stream's address is none"),
        (["kafka://h:1,i:99999?topic=t"], "The port in the stream's address is none"),
        (["kafka://h:1,,i:2?topic=t"], "The stream's address names no server"),
        (["redis://:secret@/0?stream=s"], "The stream's address names no server"),
        (["redis://:secret@h,i/0?stream=s"], "The stream's address names several servers"),
        (["nats://secret@[::1?subject=s"], "The stream's address is no URL"),
        (["calls.jsonl"], "calls.jsonl"),
        (["-"], "Standard input is not watched"),
    ],
)
def test_mistakes_in_addresses_are_told_in_a_sentence(sources, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as told:
        open_source(sources, group="g")
    assert said in str(told.value)
    assert "secret" not in str(told.value)
