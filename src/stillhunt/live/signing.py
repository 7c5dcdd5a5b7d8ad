"""Keys of signatures: each kind of signed file has its own, made of the provider's secret."""

from hashlib import blake2b


def signing_key(secret: bytes, kind: bytes) -> bytes:
    """Return the key that files of one kind (named by at most 16 bytes) are signed with."""
    # The secret is hashed as a text, not taken as BLAKE2b's key, so it may have any length and all of it counts. One of
    # up to 64 bytes signs as it did when only so many were read.
    return blake2b(secret, digest_size=32, person=kind).digest()
