"""TOML files that people write by hand: whatever is wrong with one is told in words."""

import tomllib
from typing import Any


def parse_toml(raw: bytes) -> dict[str, Any]:
    """Read the bytes of a TOML file; the mark that some editors put before UTF-8 is passed over.

    Raises:
        ValueError: They are none; its text says why, in a few words.
    """
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("it is not in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(str(error)) from None
    except ValueError:  # Python's own bound on digits
        raise ValueError("a number in it is too long") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
