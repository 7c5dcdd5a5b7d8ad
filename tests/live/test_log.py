"""The decision log tells of every change."""

import pytest

from stillhunt.errors import InputError, UsageError
from stillhunt.live.log import DecisionLog, verify
from stillhunt.live.verdict import Action, Verdict

SECRET = b"the secret of the decision log"


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
