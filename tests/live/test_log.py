"""The decision log tells of every change."""

import json
import resource
import subprocess
import sys

import pytest

from stillhunt.errors import InputError, ServiceError, UsageError
from stillhunt.live.chain import Chain, Place
from stillhunt.live.log import AT_ONCE, DecisionLog, verify
from stillhunt.live.verdict import Action, Verdict

SECRET = b"the secret of the decision log"


SLOW = Verdict(Action.slow, 3.5, ("Because.",), "c-1", simulated=False)


def ids(path):
    return [json.loads(line)["decision"]["exchange_id"] for line in path.read_bytes().split(b"\n")[:-1]]


def written(path, count=5):
    log = DecisionLog(path, SECRET)
    for n in range(count):
        verdict = Verdict(Action.slow, 3.5 + n, ("Because — of “this”.",), "c-1", simulated=False)
        log.add({"exchange_id": f"e-{n}", "account_id": "a", "prompt": "what nobody may read"}, verdict, 1000 + n)
    log.close()
    return path.read_text(encoding="utf-8").splitlines(keepends=True)


def test_what_was_written_is_verified_and_gone_on_with(tmp_path):
    path = tmp_path / "decisions.jsonl"
    written(path)
    assert "nobody may read" not in path.read_text(encoding="utf-8")
    written(path, 2)
    found = verify(path, SECRET)
    assert (found.lines, found.first_ts, found.last_ts) == (7, 1000, 1001)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda lines: [lines[0], lines[1].replace("slow", "allow"), *lines[2:]], "line 2"),
        (lambda lines: [lines[0], *lines[2:]], "line 2"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "line 1"),
        (lambda lines: [*lines[:3], lines[2], *lines[3:]], "line 4"),
        (lambda lines: lines[:-1], "lacks lines at its end"),
        (lambda lines: [], "lacks lines at its end"),
    ],
    ids=["changed", "removed", "reordered", "repeated", "cut off", "emptied"],
)
def test_changes_are_found(tmp_path, change, told):
    path = tmp_path / "decisions.jsonl"
    path.write_text("".join(change(written(path))), encoding="utf-8")
    with pytest.raises(InputError, match=told):
        verify(path, SECRET)
    with pytest.raises(InputError, match=told):
        DecisionLog(path, SECRET)


def test_lines_that_a_crash_left_after_the_head_are_kept(tmp_path):
    path = tmp_path / "decisions.jsonl"
    written(path, 3)
    head = (tmp_path / "decisions.jsonl.head").read_text()
    written(path, 2)
    (tmp_path / "decisions.jsonl.head").write_text(head)
    assert verify(path, SECRET).lines == 5


def test_another_secret_verifies_nothing(tmp_path):
    path = tmp_path / "decisions.jsonl"
    written(path)
    with pytest.raises(InputError, match="line 1"):
        verify(path, b"another secret altogether")
    with pytest.raises(UsageError, match="cannot be read"):
        verify(tmp_path / "none", SECRET)


def test_a_head_that_is_no_text_is_told_in_a_sentence(tmp_path):
    path = tmp_path / "decisions.jsonl"
    written(path)
    (tmp_path / "decisions.jsonl.head").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="lacks lines at its end"):
        verify(path, SECRET)


@pytest.mark.parametrize("junk", [b"\xff\xfe\x00", b"\xc3\xa4" * 200, b"{}", b"\n\n"])
def test_a_file_that_is_no_log_is_told_in_a_sentence(tmp_path, junk):
    path = tmp_path / "decisions.jsonl"
    path.write_bytes(junk)
    with pytest.raises(InputError, match="was changed at line 1"):
        verify(path, SECRET)


@pytest.mark.parametrize("odd", ["\x85", "\u2028", "\x1c", "\n", "\0", "\ud800", "\N{DESERT ISLAND}"])
def test_whatever_a_client_calls_its_request_the_chain_holds(tmp_path, odd):
    path = tmp_path / "decisions.jsonl"
    for n in range(2):
        log = DecisionLog(path, SECRET)
        log.add({"exchange_id": f"a{odd}{n}", "account_id": odd}, SLOW, n)
        log.close()
    assert verify(path, SECRET).lines == len(path.read_text(encoding="utf-8").splitlines()) == 2
    assert ids(path) == [f"a{odd}0", f"a{odd}1"]


def test_a_log_whose_lines_hold_other_ends_of_lines_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "decisions.jsonl"
    path.write_bytes(Chain(SECRET).add(Place(), '{"exchange_id": "a\x85b\u2028c", "ts": 7}'.encode())[1])
    assert verify(path, SECRET).last_ts == 7
    written(path, 1)
    assert verify(path, SECRET).lines == 2


def test_what_stands_around_a_decision_is_signed_with_it(tmp_path):
    path = tmp_path / "decisions.jsonl"
    written(path, 2)
    path.write_bytes(path.read_bytes().replace(b'"decision": ', b'"decisiom": ', 1))
    with pytest.raises(InputError, match="line 1"):
        verify(path, SECRET)


def test_several_workers_write_one_log(tmp_path):
    path = tmp_path / "decisions.jsonl"
    one, other = DecisionLog(path, SECRET), DecisionLog(path, SECRET)
    for n in range(3):
        for name, log in (("one", one), ("other", other)):
            log.add({"exchange_id": f"{name}-{n}", "account_id": "a"}, SLOW, n)
            log.flush()
    assert ids(path) == ["one-0", "other-0", "one-1", "other-1", "one-2", "other-2"]
    assert verify(path, SECRET).lines == 6


WORKER = """
import sys
from stillhunt.live.log import DecisionLog
from stillhunt.live.verdict import Action, Verdict
path, secret, name = sys.argv[1:]
log = DecisionLog(path, secret.encode())
for n in range(500):
    log.add({"exchange_id": f"{name}-{n}", "account_id": "a"}, Verdict(Action.slow, 3.5, (), "c-1", simulated=False), n)
    if n % 7 == 0:
        log.flush()
log.close()
"""


def test_several_processes_lose_and_mix_up_nothing(tmp_path):
    path = tmp_path / "decisions.jsonl"
    started = [
        subprocess.Popen([sys.executable, "-c", WORKER, path, SECRET.decode(), name]) for name in ("one", "other")
    ]
    assert [worker.wait() for worker in started] == [0, 0]
    assert verify(path, SECRET).lines == 1000
    for name in ("one", "other"):
        assert [given for given in ids(path) if given.startswith(f"{name}-")] == [f"{name}-{n}" for n in range(500)]


@pytest.fixture
def full_disk():
    """Let no file grow beyond so many bytes, until told that there is room again."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(most=None):
        resource.setrlimit(resource.RLIMIT_FSIZE, before if most is None else (most, before[1]))

    yield limit
    limit()


def test_on_a_full_disk_decisions_wait_and_are_written_once_there_is_room(tmp_path, full_disk):
    path = tmp_path / "decisions.jsonl"
    log = DecisionLog(path, SECRET)
    full_disk(1000 * AT_ONCE)
    kept = [log.add({"exchange_id": f"e-{n}", "account_id": "a"}, SLOW, n) for n in range(10 * AT_ONCE)]
    with pytest.raises(ServiceError, match="cannot be written"):
        log.flush()
    whole = verify(path, SECRET)
    assert 0 < whole.lines < len(kept)
    assert whole.unfinished == 0
    full_disk()
    log.close()
    assert all(kept)
    assert ids(path) == [f"e-{n}" for n in range(len(kept))]
    assert verify(path, SECRET).lines == len(kept)


def test_what_cannot_wait_any_longer_is_counted(tmp_path, full_disk, monkeypatch):
    monkeypatch.setattr("stillhunt.live.log.MOST_WAITING", 100)
    path = tmp_path / "decisions.jsonl"
    log = DecisionLog(path, SECRET)
    full_disk(0)
    kept = [log.add({"exchange_id": f"e-{n}", "account_id": "a"}, SLOW, n) for n in range(150)]
    assert kept == [True] * 100 + [False] * 50
    assert log.lost == 50
    full_disk()
    log.close()
    assert verify(path, SECRET).lines == 100


def test_a_log_that_is_gone_is_not_begun_anew_beside_its_head(tmp_path):
    path = tmp_path / "decisions.jsonl"
    written(path)
    path.unlink()
    with pytest.raises(InputError, match=r"is gone and 'decisions.jsonl.head' is not"):
        DecisionLog(path, SECRET)
    assert not path.exists()


def test_a_log_that_was_never_written_to_may_be_begun_anew(tmp_path):
    path = tmp_path / "decisions.jsonl"
    written(path, 0)
    path.unlink()
    written(path, 1)
    assert verify(path, SECRET).lines == 1


def test_a_log_that_is_cut_while_it_is_written_is_found_out(tmp_path):
    path = tmp_path / "decisions.jsonl"
    log = DecisionLog(path, SECRET)
    for n in range(2):
        log.add({"exchange_id": f"e-{n}", "account_id": "a"}, SLOW, n)
        log.flush()
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    log.add({"exchange_id": "e-2", "account_id": "a"}, SLOW, 2)
    with pytest.raises(InputError, match="lacks lines at its end"):
        log.flush()


@pytest.mark.parametrize("part", [b'{"sig', b'{"signature": "0123', b'{"signature": "0123\0\0\0', b"\0\0\0\0"])
def test_a_last_line_that_was_never_ended_is_cut_off_and_said(tmp_path, part, caplog):
    path = tmp_path / "decisions.jsonl"
    written(path, 3)
    with path.open("ab") as file:
        file.write(part)
    found = verify(path, SECRET)
    assert (found.lines, found.unfinished) == (3, len(part))
    written(path, 2)
    assert "was cut off" in caplog.text
    found = verify(path, SECRET)
    assert (found.lines, found.unfinished) == (5, 0)


def test_what_another_worker_leaves_unended_when_it_is_killed_is_cut_off(tmp_path, caplog):
    path = tmp_path / "decisions.jsonl"
    log = DecisionLog(path, SECRET)
    whole = written(path, 3)
    path.write_text("".join(whole)[:-40], encoding="utf-8")
    (tmp_path / "decisions.jsonl.head").write_text(json.loads(whole[1])["signature"], encoding="ascii")
    log.add({"exchange_id": "e-9", "account_id": "a"}, SLOW, 9)
    log.close()
    assert "was cut off" in caplog.text
    assert ids(path) == ["e-0", "e-1", "e-9"]
    assert verify(path, SECRET).lines == 3


def test_a_file_that_is_no_log_is_left_as_it_is(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes(b"what somebody wrote")
    with pytest.raises(InputError, match="was changed at line 1"):
        DecisionLog(path, SECRET)
    assert path.read_bytes() == b"what somebody wrote"
