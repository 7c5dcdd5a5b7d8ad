"""Files that grow, are rotated, cut short and replaced; nothing is lost, and nothing is counted twice."""

import gzip
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillhunt.errors import UsageError
from stillhunt.stream import files
from stillhunt.stream.files import GrowingFiles
from stillhunt.stream.source import Batch


def ready(source) -> list[bytes]:
    """Read and commit what there is now."""
    read, batches = [], source.batches()
    while (batch := next(batches)) != Batch(()):
        read += [one.data for one in batch.lines]
        source.commit(batch)
    batches.close()
    return read


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "calls.jsonl"
    path.write_bytes(b"one\ntwo\n")
    return path


OPENED: list[GrowingFiles] = []


@pytest.fixture(autouse=True)
def _closed():
    yield
    while OPENED:
        OPENED.pop().close()


def follow(*logs):
    OPENED.append(GrowingFiles([str(log) for log in logs], state=logs[0].with_suffix(".state")))
    return OPENED[-1]


def test_lines_are_read_as_they_come_and_unfinished_ones_wait(log):
    source = follow(log)
    assert ready(source) == [b"one", b"two"]
    with log.open("ab") as file:
        file.write(b"thr")
        file.flush()
        assert ready(source) == []
        file.write(b"ee\n\nfour\n")
        file.flush()
        assert ready(source) == [b"three", b"four"]


def test_rotation_loses_nothing(log):
    source = follow(log)
    assert ready(source) == [b"one", b"two"]
    writer = log.open("ab")
    writer.write(b"before\n")
    writer.flush()
    log.rename(log.with_name("calls.jsonl.1"))
    writer.write(b"after the renaming\n")
    writer.close()
    log.write_bytes(b"new\n")
    assert sorted(ready(source)) == [b"after the renaming", b"before", b"new"]
    assert ready(source) == []


def test_a_file_rotated_away_is_let_go_with_its_last_line(log, monkeypatch):
    source = follow(log)
    with log.open("ab") as writer:
        writer.write(b"three")
        writer.flush()
        assert ready(source) == [b"one", b"two"]
        log.rename(log.with_suffix(".1"))
        log.write_bytes(b"new\n")
        writer.write(b" and a half\nfour")  # it goes on for a while, as writers do until they are told
        writer.flush()
        assert ready(source) == [b"three and a half", b"new"]
    monkeypatch.setattr(files, "LEFT_SECONDS", 0.0)
    assert ready(source) == [b"four"]
    assert len(source._open) == 1
    assert ready(source) == []
    assert ready(follow(log)) == []  # nor does it come again


def test_truncation_in_place_is_noticed(log):
    source = follow(log)
    ready(source)
    log.write_bytes(b"x\n")
    assert ready(source) == [b"x"]
    os.truncate(log, 0)
    with log.open("ab") as file:  # as copytruncate does, and grown beyond the old length before anybody looked
        file.write(b"a longer line than all before it\n")
    assert ready(source) == [b"a longer line than all before it"]


def test_a_reader_goes_on_where_commits_ended(log):
    source = follow(log)
    batch = next(source.batches())
    source.close()
    assert ready(follow(log)) == [b"one", b"two"]  # never committed
    source = follow(log)
    source.commit(batch)
    source.close()
    with log.open("ab") as file:
        file.write(b"three\n")
    assert ready(follow(log)) == [b"three"]


def test_a_new_file_under_an_old_inode_is_read_from_its_beginning(log):
    ready(follow(log))
    log.write_bytes(b"other beginning\n")  # the same inode, longer than before
    assert ready(follow(log)) == [b"other beginning"]


def test_the_state_holds_nothing_of_what_a_log_says(log):
    log.write_bytes(b"hush: my prompt, which is longer than the sixty-four bytes that are looked at\n")
    source = follow(log)
    source.commit(next(source.batches()))
    state = log.with_suffix(".state").read_text()
    assert b"hush".hex() not in state
    assert "hush" not in state
    assert ready(follow(log)) == []


def test_new_files_in_a_folder_are_taken_up(tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.jsonl").write_bytes(b"one\n")
    source = follow(tmp_path / "logs")
    assert ready(source) == [b"one"]
    (tmp_path / "logs" / "b.jsonl").write_bytes(b"two\n")
    assert ready(source) == [b"two"]


def test_a_missing_file_and_a_damaged_state_are_the_users_mistakes(tmp_path, log):
    with pytest.raises(UsageError):
        follow(tmp_path / "none.jsonl")
    for damaged in ("{", "[]", '{"files": [[1, 2, -5, 0, ""]]}', '{"files": [[1, 2, "x", 0, ""]]}'):
        log.with_suffix(".state").write_text(damaged)
        with pytest.raises(UsageError, match="remove it"):
            follow(log)


def test_a_compressed_file_is_refused_alone_and_passed_over_among_others(tmp_path, log):
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b"one\n"))
    with pytest.raises(UsageError, match="compressed"):
        follow(tmp_path / "a.jsonl.gz")
    assert ready(follow(log, tmp_path / "a.jsonl.gz")) == [b"one", b"two"]


def test_at_the_end_a_last_line_without_its_end_is_read_and_comes_again_when_it_goes_on(log):
    def to_the_end():
        source = GrowingFiles([str(log)], state=log.with_suffix(".state"), end=True)
        read = []
        for batch in source.batches():
            read += [one.data for one in batch.lines]
            source.commit(batch)
        source.close()
        return read

    with log.open("ab") as file:
        file.write(b"thr")
    assert to_the_end() == [b"one", b"two", b"thr"]
    with log.open("ab") as file:
        file.write(b"ee\nfour\n")
    assert to_the_end() == [b"three", b"four"]
    assert to_the_end() == []


def test_a_reader_goes_on_after_a_line_that_was_too_long(log, monkeypatch):
    monkeypatch.setattr(files, "LONGEST_LINE", 2**20)
    with log.open("ab") as file:
        file.write(b"x" * (5 * 2**20 + 17) + b"\nthree\n")
    assert ready(follow(log))[-1] == b"three"
    with log.open("ab") as file:
        file.write(b"four\n")
    assert ready(follow(log)) == [b"four"]


PIECES = st.lists(st.sampled_from([b"a", b"\n", b" ", b"\x00", b"\xff"]), min_size=1, max_size=20).map(b"".join)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.one_of(PIECES, st.just("rotate"), st.just("restart")), max_size=10))
def test_whatever_is_written_is_read_once_and_in_order(tmp_path_factory, steps):
    log = tmp_path_factory.mktemp("any") / "calls.jsonl"
    log.touch()
    source, read, written, rotated = follow(log), [], b"", 0
    for step in steps:
        if step == "rotate":
            read += ready(source)
            with log.open("ab") as file:
                file.write(b"\n")
            written += b"\n"
            read += ready(source)
            rotated += 1
            log.rename(log.with_name(f"calls.{rotated}"))
            log.touch()
        elif step == "restart":
            read += ready(source)
            source.close()
            source = follow(log)
        else:
            with log.open("ab") as file:
                file.write(step)
            written += step
    read += ready(source)
    source.close()
    whole = written.rpartition(b"\n")[0] if b"\n" in written else b""
    assert read == [line for line in whole.split(b"\n") if line.strip()]
