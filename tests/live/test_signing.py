"""Signed files: each is its own kind's and its own secret's, whose every byte counts."""

import pytest

from stillhunt.errors import InputError, ServiceError
from stillhunt.live.chain import Chain, Place
from stillhunt.live.container import Container
from stillhunt.live.permit import enable, load_policy
from stillhunt.live.policy import Policy
from stillhunt.live.replay import Replay
from stillhunt.live.signing import signing_key

BEGINNING = b"0123456789abcdef" * 4
SECRETS = [BEGINNING + b"of one provider", BEGINNING + b"of another", BEGINNING]
FILE = Container(b"STILLHUNT TESTS1", "sample", "make another")
POLICY = """
name = "n"
appeal = "a"
simulated = false

[[rule]]
action = "watch"
bits = 2
expires = "30 days"
"""


def test_secrets_that_begin_alike_and_kinds_have_keys_of_their_own():
    assert len({signing_key(secret, kind) for secret in SECRETS for kind in (b"one kind", b"another")}) == 6


@pytest.mark.parametrize("other", SECRETS[1:])
def test_what_is_signed_with_a_long_secret_is_refused_with_one_that_begins_alike(tmp_path, other):
    ours = SECRETS[0]
    FILE.write(tmp_path / "file", {}, {}, ours)
    assert FILE.read(tmp_path / "file", ours) == ({}, {})
    with pytest.raises(ServiceError, match="is refused"):
        FILE.read(tmp_path / "file", other)
    end, line = Chain(ours).add(Place(), b"{}")
    (tmp_path / "log").write_bytes(line)
    assert list(Chain(ours).follow(tmp_path / "log", Place(), end.bytes)) == [(end, b"{}")]
    with pytest.raises(InputError, match="the secret is another"):
        list(Chain(other).follow(tmp_path / "log", Place(), end.bytes))
    path = tmp_path / "policy.toml"
    path.write_text(POLICY, encoding="utf-8")
    enable(path, Replay(Policy.load(path).title, "run", 1, 1.0, {}, exact=True), ours)
    assert [load_policy(path, secret).dry for secret in (ours, other)] == [False, True]


def test_secrets_of_up_to_64_bytes_sign_as_ever():
    packed = FILE.pack({}, {}, BEGINNING)
    assert packed[-32:].hex() == "ebc251750294b081e6eb24722c2bf075a1eff7afb5ab0a2d4238fe21d1929042"
    _, line = Chain(BEGINNING).add(Place(), b"{}")
    assert b"ac7a1b32fc641e738af1a36fd91dd03194aa988f3c1a5d4d06911f928ce12014" in line
