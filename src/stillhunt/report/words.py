"""Numbers, moments and strange ids in a form that a person can read and no page can be broken by."""

import math
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

LONGEST_ID = 48
"""Longer ids are cut in the middle; the tables of the run hold them whole."""

_POWERS = ((1e15, "quadrillion"), (1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|#~])")


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return `1 account`, `2,000 accounts`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def chance(bits: float) -> str:
    """Return what so many bits mean, for example `less than once in 1 million innocent groups`."""
    if bits <= 0:
        return "no evidence of harvesting"
    return f"less than once in {_power_of_two(bits)} innocent groups"


def _power_of_two(bits: float) -> str:
    if bits >= 60:  # beyond the named powers
        return f"10^{int(bits * math.log10(2))}"
    odds = 2**bits
    for size, name in _POWERS:
        if odds >= size:
            return f"{math.floor(odds / size):,} {name}"
    return f"{math.floor(odds):,}"


def moment(ts: int) -> str:
    """Return microseconds UTC as `2026-06-03 14:05`."""
    return datetime.fromtimestamp(ts / 1e6, UTC).strftime("%Y-%m-%d %H:%M")


def percent(share: float) -> str:
    """Return `95 %`, and never 0 or 100 for a share that is not."""
    if 0 < share < 0.01:
        return "< 1 %"
    if 0.99 < share < 1:
        return "> 99 %"
    return f"{100 * share:.0f} %"


def number(value: float | None) -> str:
    """Return a measurement with three digits that count; None is unknown."""
    if value is None or math.isnan(value):
        return "unknown"
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def size(count: int) -> str:
    """Return bytes as `3.2 MB`."""
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} B"


def plain(name: str) -> str:
    """Return a name of a test, family or capability as words."""
    return name.replace("_", " ")


def short(name: str) -> str:
    """Return an id cut in the middle if it is very long."""
    if len(name) <= LONGEST_ID:
        return name
    half = LONGEST_ID // 2 - 1
    return f"{name[:half]}…{name[-half:]}"


def visible(value: Any) -> Any:
    r"""Show what would hide or break: control, direction and unpaired characters appear as `\u202e`."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return "".join(_shown(c) for c in value)


def _shown(character: str) -> str:
    # Cc control, Cf format (direction marks, zero width), Cs unpaired, Zl and Zp line separators.
    if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def markdown(value: Any) -> Any:
    """Escape what Markdown would read as its own, so that text stays text and on its line."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return _MARKDOWN.sub(r"\\\1", " ".join(visible(value).split()))


def markdown_code(name: str) -> Markup:
    """Return an id as a Markdown code span that is safe in a table, whatever the id holds."""
    text = " ".join(visible(short(name)).split()).replace("|", "\\|") or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if "`" in text else ""
    return Markup(f"{fence}{pad}{text}{pad}{fence}")  # noqa: S704  Markdown, where Markup only marks it as done
