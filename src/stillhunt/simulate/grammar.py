"""A generative grammar of the project's own: wide enough that two people rarely say the same eight words.

A pool is a row of parts, each spoken with some probability; a part picks one of its patterns; a pattern has slots; and
a slot takes one of its words. Every choice is a hash of the item, so an item always gives the same text.
"""

import json
import re
from importlib import resources
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillhunt.errors import UsageError, did_you_mean
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
_MONTHS = "January February March April May June July August September October November December".split()


_Piece = pa.Scalar | tuple[bool, str, int]
"""Literal text, or a slot: whether it is capitalised, which words fill it, and its number in the pattern."""


def _literal(text: str) -> pa.Scalar:
    """Doubled braces stand for single ones. Made once: Arrow looks for pandas each time that it makes a scalar."""
    return pa.scalar(text.replace("{{", "{").replace("}}", "}"))


def _made_words(words: dict[str, list[str]]) -> dict[str, list[str]]:
    """Numbers, dates and references, which are counted out instead of listed."""
    months = words.get("month", _MONTHS)
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
        domains = [nouns.split(", ") for nouns in source["domains"].values()]
        self._nouns_each, self.domains = len(domains[0]), len(domains)
        words["noun"] = [noun for nouns in domains for noun in nouns]
        self._words = {slot: pa.array(listed) for slot, listed in words.items()}
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
        """Cut a pattern into literal text and slots (capitalised, name, number of the slot)."""
        for name, meaning in short.items():
            pattern = pattern.replace("{^" + name + "}", meaning).replace("{" + name + "}", meaning)
            pattern = pattern.replace("{" + name + "2}", meaning)
        pieces: list[_Piece] = []
        at = 0
        for number, slot in enumerate(_SLOT.finditer(pattern)):
            if slot.start() > at:
                pieces.append(_literal(pattern[at : slot.start()]))
            pieces.append((bool(slot[1]), slot[2], number))
            at = slot.end()
        if at < len(pattern):
            pieces.append(_literal(pattern[at:]))
        return pieces

    def _slot(self, capital: bool, slot: str, number: int, salts: Hashes, domains: Ints) -> pa.Array:
        """Fill one slot of a pattern for each row."""
        words = (self._capitals if capital else self._words)[slot]
        hashes = mix(salts, 40 + number)
        if slot == "noun":
            return words.take(pa.array(domains * self._nouns_each + pick(hashes, self._nouns_each)))
        return words.take(pa.array(pick(hashes, len(words))))

    def _part(self, part: str, salts: Hashes, domains: Ints) -> pa.StringArray:
        """Speak one part for each row: rows are worked pattern by pattern, then put back in order."""
        patterns = self._patterns[part]
        chosen = pick(mix(salts, 2), len(patterns))
        order = np.argsort(chosen, kind="stable")
        bounds = np.searchsorted(chosen[order], np.arange(len(patterns) + 1))
        chunks = []
        for pattern, low, high in zip(patterns, bounds[:-1], bounds[1:], strict=True):
            if low < high:
                rows = order[low:high]
                filled = [
                    self._slot(*piece, salts[rows], domains[rows]) if isinstance(piece, tuple) else piece
                    for piece in pattern
                ]
                chunks.append(join_texts(filled, len(rows)))
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        return pa.concat_arrays(chunks).take(pa.array(back))

    def texts(self, pool: str, items: Hashes, domains: Ints) -> pa.StringArray:
        """Return one text for each item; `domains` says what each is about."""
        pieces: list[pa.Array] = []
        for number, (part, probability) in enumerate(self.pools[pool]):
            salts = mix(items, 1000 + number)
            if probability >= 1.0:
                pieces.append(self._part(part, salts, domains))
                continue
            rows = np.flatnonzero(chance(mix(salts, 1)) < probability)
            if len(rows):
                spoken = self._part(part, salts[rows], domains[rows])
                where = np.full(len(items), -1, dtype=np.int64)
                where[rows] = np.arange(len(rows))
                pieces.append(spoken.take(pa.array(where, mask=where < 0)))
        return pc.binary_join_element_wise(*pieces, self._gap, null_handling="skip")


class Grammar:
    """The text source that needs no files but its own words."""

    def __init__(self) -> None:
        """Read the words of all languages."""
        self._languages = [Language(name) for name in LANGUAGES]

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
        chunks, places = [], []
        for number, language in enumerate(self._languages):
            rows = np.flatnonzero(speaks == number)
            if len(rows):
                domains = _domains(items[rows], authors[rows], language.domains)
                chunks.append(language.texts(pool, keyed[rows], domains))
                places.append(rows)
        back = np.empty(len(items), dtype=np.int64)
        back[np.concatenate(places)] = np.arange(len(items))
        return _typed(pa.concat_arrays(chunks).take(pa.array(back)), authors)


def _domains(items: Hashes, authors: Hashes, count: int) -> Ints:
    """Return what each item is about: one of its author's four subjects, the first ones most often."""
    favourite = np.minimum(pick(mix(items, 11), 4), pick(mix(items, 12), 4))
    return pick(mix(authors, 0) ^ mix(favourite, 13), count)


def _typed(texts: pa.StringArray, authors: Hashes) -> pa.StringArray:
    """Let some authors write in small letters, and some mistype."""
    habit = chance(mix(authors, 8))
    texts = pc.if_else(pa.array(habit < 0.18), pc.utf8_lower(texts), texts)
    slips = pc.replace_substring(pc.replace_substring(texts, " the ", " teh "), "ould ", "oudl ")
    return pc.if_else(pa.array(habit > 0.93), slips, texts)
