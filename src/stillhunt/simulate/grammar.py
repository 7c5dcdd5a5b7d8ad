"""A generative grammar of the project's own: wide enough that two people rarely say the same eight words.

A pool is a row of parts, each spoken with some probability; a part picks one of its patterns; a pattern has slots; and
a slot takes one of its words. Every choice is a hash of the item, so an item always gives the same text.
"""

import json
import re
from functools import cache
from importlib import resources
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillhunt.errors import UsageError, did_you_mean
from stillhunt.simulate.arrow import Piece, either, glue, scattered, take
from stillhunt.simulate.ids import Hashes, Ints, chance, join, mix, pick
from stillhunt.simulate.text import join_texts

LANGUAGES = ("en", "zh", "es", "de", "ru")
_SHARES = np.array([0.74, 0.10, 0.07, 0.05, 0.04])
"""Shares of the languages that people write in; everything but what people say is in English."""
_SLOT = re.compile(r"\{(\^?)([a-z_]+?)(\d*)\}")
_SPOKEN = ("person", "follow")
"""Pools that people write in languages of their own."""
_OWN = (*_SPOKEN, "developer", "system", "observation", "remark")
"""Pools whose items are numbered for each author; an item of any other pool is the same text whoever sends it."""
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class _Slot(NamedTuple):
    """A gap in a pattern: whether it is capitalised, which words fill it, and its number in the pattern."""

    capital: bool
    words: str
    number: int


_Piece: TypeAlias = pa.StringScalar | _Slot
"""Literal text, or a slot."""


def _literal(text: str) -> pa.StringScalar:
    """Doubled braces stand for single ones. Made once: Arrow looks for pandas each time that it makes a scalar."""
    return pa.scalar(text.replace("{{", "{").replace("}}", "}"))


def _made_words(words: dict[str, list[str]]) -> dict[str, list[str]]:
    """Numbers, dates and references, which are counted out instead of listed."""
    months = words.get("month", list(_MONTHS))
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    codes = mix(np.arange(6000), 5)
    pairs = [letters[int(c % 23)] + letters[int(c // 23 % 23)] for c in codes]
    return {
        "num": [str(n) for n in range(11, 4011)],
        "small": [str(n) for n in range(2, 13)],
        "prime": [str(n) for n in range(13, 998, 2) if all(n % d for d in range(3, 32, 2) if d < n)],
        "year": [str(n) for n in range(1851, 2026)],
        "month": months,
        "date": [f"{day} {month}" for month in months for day in range(1, 29)],
        "time": [f"{hour:02d}:{minute:02d}" for hour in range(6, 24) for minute in range(0, 60, 5)],
        "code": [f"{pair}-{int(c >> np.uint64(40)) % 9000 + 1000}" for pair, c in zip(pairs, codes, strict=True)],
    }


def _widen(words: dict[str, list[str]], source: dict[str, Any]) -> None:
    """Add to the words of some slots what two lists make together: few words, many phrases."""
    for slot, halves in source.get("cross", {}).items():
        first, second = (half.split(", ") for half in halves)
        words[slot] = words[slot] + [f"{one} {other}" for one in first for other in second]
    for slot, pattern in source.get("compound", {}).items():
        left, right = re.findall(r"\{(\w+)\}", pattern)
        pairs = [f"{one}_{other}" for one in words[left][:32] for other in words[right][:32] if one != other]
        words[slot] = words[slot] + pairs


def _phrases(nouns: list[str], words: dict[str, list[str]], pattern: str) -> list[str]:
    """Return the nouns of a subject, each as it is and in nineteen modified forms."""
    slot = next(slot for slot in ("adj", "last", "place") if f"{{{slot}}}" in pattern)
    phrases = list(nouns)
    for number, noun in enumerate(nouns):
        chosen = pick(mix(np.arange(19) + 100 * number, len(noun)), len(words[slot]))
        phrases += [pattern.replace("{noun}", noun).replace(f"{{{slot}}}", words[slot][n]) for n in chosen]
    return phrases


class Language:
    """The words and patterns of one language."""

    def __init__(self, name: str) -> None:
        """Read `words/<name>.json`."""
        source: dict[str, Any] = json.loads(
            resources.files("stillhunt.simulate").joinpath(f"words/{name}.json").read_text("utf-8")
        )
        self._gap = pa.scalar(source.get("gap", " "))
        words = {slot: listed.split(", ") for slot, listed in source["words"].items()}
        words = _made_words(words) | {slot: listed for slot, listed in words.items() if slot != "month"}
        _widen(words, source)
        domains = [_phrases(nouns.split(", "), words, source["modified"]) for nouns in source["domains"].values()]
        self._nouns_each, self.domains = len(domains[0]), len(domains)
        words["noun"] = [noun for nouns in domains for noun in nouns]
        self._words = {slot: pa.array(listed, pa.string()) for slot, listed in words.items()}
        self._capitals = {slot: pa.array([w[:1].upper() + w[1:] for w in listed]) for slot, listed in words.items()}
        short = source.get("short", {"person": "{first} {last}", "org": "{last} {last2}"})
        self._patterns = {
            part: [self._parse(pattern, short) for pattern in patterns] for part, patterns in source["patterns"].items()
        }
        self.pools: dict[str, list[tuple[str, float]]] = {
            pool: [(part, float(p)) for part, p in parts] for pool, parts in source["pools"].items()
        }

    @staticmethod
    def _parse(pattern: str, short: dict[str, str]) -> list[_Piece]:
        """Cut a pattern into literal text and slots."""
        for name, meaning in short.items():
            pattern = pattern.replace("{^" + name + "}", meaning).replace("{" + name + "}", meaning)
            pattern = pattern.replace("{" + name + "2}", meaning)
        pieces: list[_Piece] = []
        at = 0
        for number, slot in enumerate(_SLOT.finditer(pattern)):
            if slot.start() > at:
                pieces.append(_literal(pattern[at : slot.start()]))
            pieces.append(_Slot(bool(slot[1]), slot[2], number))
            at = slot.end()
        if at < len(pattern):
            pieces.append(_literal(pattern[at:]))
        return pieces

    def _fill(self, slot: _Slot, salts: Hashes, domains: Ints) -> pa.StringArray:
        """Fill one slot of a pattern for each row."""
        words = (self._capitals if slot.capital else self._words)[slot.words]
        hashes = mix(salts, 40 + slot.number)
        if slot.words == "noun":
            return take(words, domains * self._nouns_each + pick(hashes, self._nouns_each))
        return take(words, pick(hashes, len(words)))

    def _part(self, part: str, salts: Hashes, domains: Ints) -> pa.StringArray:
        """Speak one part for each row: rows are worked pattern by pattern, then put back in order."""
        patterns = self._patterns[part]
        chosen = pick(mix(salts, 2), len(patterns))
        order = np.argsort(chosen, kind="stable")
        bounds = np.searchsorted(chosen[order], np.arange(len(patterns) + 1))
        parts = []
        for pattern, low, high in zip(patterns, bounds[:-1], bounds[1:], strict=True):
            if low < high:
                rows = order[low:high]
                filled: list[Piece] = [
                    self._fill(piece, salts[rows], domains[rows]) if isinstance(piece, _Slot) else piece
                    for piece in pattern
                ]
                parts.append((rows, join_texts(filled, len(rows))))
        return scattered(parts, len(salts))

    def texts(self, pool: str, items: Hashes, domains: Ints) -> pa.StringArray:
        """Return one text for each item; `domains` says what each is about."""
        pieces: list[Piece] = []
        for number, (part, probability) in enumerate(self.pools[pool]):
            salts = mix(items, 1000 + number)
            if probability >= 1.0:
                pieces.append(self._part(part, salts, domains))
                continue
            rows = np.flatnonzero(chance(mix(salts, 1)) < probability)
            if len(rows):
                pieces.append(scattered([(rows, self._part(part, salts[rows], domains[rows]))], len(items)))
        return glue(pieces, self._gap, skip_nulls=True)


@cache
def language(name: str) -> Language:
    """Return a language, read once."""
    return Language(name)


class Grammar:
    """The text source that needs no files but its own words."""

    def __init__(self) -> None:
        """Read the words of all languages."""
        self._languages = [language(name) for name in LANGUAGES]

    def enlist(self, pool: str, authors: Hashes) -> None:
        """Need not know who writes: any author has something to say."""

    def texts(self, pool: str, items: Hashes, authors: Hashes) -> pa.StringArray:
        """Return one text for each item; an author keeps to one language and about four subjects.

        Raises:
            UsageError: If there is no such pool.
        """
        english = self._languages[0]
        if pool not in english.pools:
            raise UsageError(f"The grammar has no pool '{pool}'.{did_you_mean(pool, english.pools)}")
        if pool not in _OWN:
            return english.texts(pool, items, _domains(items, items, english.domains))
        keyed = join(items, authors)
        if pool not in _SPOKEN:
            return english.texts(pool, keyed, _domains(items, authors, english.domains))
        speaks = np.searchsorted(np.cumsum(_SHARES)[:-1], chance(mix(authors, 7)), side="right")
        parts = []
        for number, language in enumerate(self._languages):
            rows = np.flatnonzero(speaks == number)
            if len(rows):
                domains = _domains(items[rows], authors[rows], language.domains)
                parts.append((rows, language.texts(pool, keyed[rows], domains)))
        return _typed(scattered(parts, len(items)), authors)


def _domains(items: Hashes, authors: Hashes, count: int) -> Ints:
    """Return what each item is about: one of its author's four subjects, the first ones most often."""
    favourite = np.minimum(pick(mix(items, 11), 4), pick(mix(items, 12), 4))
    return pick(mix(authors, 0) ^ mix(favourite, 13), count)


def _typed(texts: pa.StringArray, authors: Hashes) -> pa.StringArray:
    """Let some authors write in small letters, and some mistype."""
    habit = chance(mix(authors, 8))
    texts = either(habit < 0.18, pc.utf8_lower(texts), texts)
    slips = pc.replace_substring(pc.replace_substring(texts, " the ", " teh "), "ould ", "oudl ")
    return either(habit > 0.93, slips, texts)
