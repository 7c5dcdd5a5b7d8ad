"""The provider's secret, as it stands in the user's configuration folder."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from stillhunt.config import SECRET_VARIABLE, load_secret
from stillhunt.errors import ServiceError, UsageError


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A configuration folder, and no secret in the environment."""
    monkeypatch.delenv(SECRET_VARIABLE)
    return tmp_path


def test_it_is_made_once_and_for_its_user_alone(home):
    made = load_secret(home)
    assert len(made) == 64
    assert load_secret(home) == made
    assert (home / "stillhunt" / "secret").stat().st_mode & 0o077 == 0


def test_all_who_make_it_at_once_get_the_same_one(home):
    for number in range(30):
        together = Barrier(8)

        def make(folder=home / str(number), together=together):
            together.wait()
            return load_secret(folder)

        with ThreadPoolExecutor(8) as pool:
            made = {future.result() for future in [pool.submit(make) for _ in range(8)]}
        assert len(made) == 1
        assert [file.name for file in (home / str(number) / "stillhunt").iterdir()] == ["secret"]


def test_a_disk_that_is_full_leaves_no_part_of_one(home, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("stillhunt.config.os.link", full)
        with pytest.raises(ServiceError, match="cannot be read or made"):
            load_secret(home)
    assert list((home / "stillhunt").iterdir()) == []
    assert len(load_secret(home)) == 64


@pytest.mark.parametrize("left", [b"", b"\n", b"cut short"])
def test_one_that_is_too_short_to_guard_anything_is_refused(home, left):
    load_secret(home)
    (home / "stillhunt" / "secret").write_bytes(left)
    with pytest.raises(UsageError, match=r"secret' is shorter than 16 bytes"):
        load_secret(home)


def test_it_may_be_any_bytes(home):
    load_secret(home)
    (home / "stillhunt" / "secret").write_bytes(b"\xff\xfe" * 20)
    assert load_secret(home) == b"\xff\xfe" * 20
