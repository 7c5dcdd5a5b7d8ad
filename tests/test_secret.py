"""The provider's secret, as it stands in the user's configuration folder."""

import pytest

from stillhunt.config import SECRET_VARIABLE, load_secret
from stillhunt.errors import UsageError


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
