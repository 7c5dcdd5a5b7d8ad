"""What was read before is known by its content, and is not read again."""

import gzip

import pytest

from stillhunt.ingest.read import read
from stillhunt.ingest.rejects import Rejects

CALL = '{"exchange_id": "%s", "ts": 1767225600000000, "account_id": "a"}\n'


def lines(*names):
    return "".join(CALL % n for n in names).encode()


@pytest.fixture
def take(tmp_path):
    """Write files and read the folder after what was read before; returns the ids read and the rejected rows."""
    known, folder = [], tmp_path / "logs"
    folder.mkdir()

    def step(**files):
        for name, content in files.items():
            (folder / name).write_bytes(content)
        rejects, inputs, told = Rejects(), [], []
        batches = read([str(folder)], rejects=rejects, known=known, inputs=inputs,
                       on_progress=lambda done, total: told.append((done, total)))  # fmt: skip
        ids = [n for batch in batches for n in batch["exchange_id"].to_pylist()]
        known.extend(inputs)
        assert told[-1][0] == told[-1][1], "what was left out is done as well"
        return "".join(sorted(ids)), rejects.table().to_pylist()

    return step


def test_the_same_content_is_left_out_under_any_name(take):
    assert take(one=lines("a", "b"), two=lines("c"))[0] == "abc"
    assert take(one=lines("c"), two=lines("a", "b"), three=lines("a", "b"))[0] == ""


def test_of_a_file_that_grew_only_the_new_lines_are_read(take):
    assert take(log=lines("a", "b"))[0] == "ab"
    ids, rejected = take(log=lines("a", "b", "c") + b"nonsense\n")
    assert (ids, [(r["line"], r["format"]) for r in rejected]) == ("c", [(4, "native")])
    # Rotated: the same content under another name, grown once more, and another file in its place.
    assert take(log=lines("x"), rotated=lines("a", "b", "c") + b"nonsense\n" + lines("d")) == ("dx", [])


def test_the_longest_known_beginning_counts(take):
    take(log=lines("a"))
    take(log=lines("a", "b"))
    assert take(log=lines("a", "b", "c"))[0] == "c"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (lines("b", "c"), lines("x", "b", "c")),  # changed
        (lines("d")[:-1], lines("d", "e")),  # cut off in a line, which may since have become another
        (gzip.compress(lines("f"), mtime=0), gzip.compress(lines("f"), mtime=0) + gzip.compress(lines("g"), mtime=0)),
    ],
    ids=["changed", "cut in a line", "compressed"],
)
def test_what_is_no_known_beginning_is_read_whole(take, before, after):
    old, _ = take(log=before)
    new, _ = take(log=after)
    assert set(old) < set(new)
