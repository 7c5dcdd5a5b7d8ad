"""A signed file: what was checked is what is used."""

import numpy as np

from stillhunt.live.container import Container

SECRET = b"the secret of signed files"
FILE = Container(b"STILLHUNT TESTS1", "sample", "make another")


def test_what_was_read_stays_as_it_was_when_its_file_is_overwritten_in_place(tmp_path):
    path = tmp_path / "file"
    FILE.write(path, {"title": "t"}, {"numbers": np.arange(100_000, dtype=np.uint64)}, SECRET)
    _, arrays = FILE.read(path, SECRET)
    with path.open("r+b") as file:  # as `rsync --inplace` does
        file.write(bytes(path.stat().st_size))
    assert (arrays["numbers"] == np.arange(100_000)).all()
    path.open("wb").close()  # as `cp` begins: a process that had the file mapped would die here
    assert (arrays["numbers"] == np.arange(100_000)).all()
