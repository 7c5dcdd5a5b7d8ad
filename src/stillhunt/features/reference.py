"""The text kernel once more, in plain Python: slow, readable, and the judge of the fast one.

It takes text as the kernel does: NFKC-normalised and in lower case. Whoever writes the kernel in another language
tests it against this file.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from stillhunt.features.alphabet import DIGIT, INVISIBLE, LETTER, RANGES, SCRIPTS, SEPARATOR, SINGLE

MASK: Final = 2**64 - 1
GRAM: Final = 0x9E3779B97F4A7C15
FOLD: Final = 0xD6E8FEB86659FD93
SLOT: Final = 0x51F7A3C90B6E2D84
NUMBER: Final = 0x2C8E15D7F4096AB3
CUT: Final = 0x8A5CD789635D2DFF
BAND: Final = 0x165667B19E3779F9
READ_HEAD, READ_TAIL = 65_536, 8_192
CUE_WORDS, CUE_HEAD, CUE_TAIL = 6, 400, 200
END_OF_ADDRESS: Final = frozenset("\"')<>]`}")

STOP_WORDS: Final = frozenset(
    """
    a about after all also an and any are as at be because been before between both but by can could did do does
    each for from had has have he her here him his how i if in into is it its just like may me more most my no
    not now of on one only or other our out over own same she should so some such than that the their them then
    there these they this those through to too under up us use using very was we were what when where which
    while who why will with would you your please make get write give following der die das und ist nicht ein
    eine zu den von mit für auf le la les des et est une un pour dans que qui de du en el los las y es una por
    con para no se и в не на что как по это 的 了 是 在 和 有 我 你 不 这 一 个 们 请 为 与 中 对 以 及 或 用 到
    他 它 也 要 会 可 能 下 上 将 把
    """.split()  # noqa: SIM905 - so many words are read as a text
)
"""Words that say nothing about a text's subject."""


class Word(NamedTuple):
    """One word: where it stands (byte), its text, whether it begins with a digit, holds one, or stands alone."""

    at: int
    text: str
    number: bool
    digits: bool
    single: bool


class Reading(NamedTuple):
    """A text as hashes of words; the skeleton has `SLOT` for each run of numbers, quotations and addresses."""

    words: list[int]
    cue_words: list[int]
    weights: list[int]
    skeleton: list[int]
    scripts: dict[str, int]


def mix(x: int) -> int:
    """The finaliser of SplitMix64."""
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK
    return x ^ x >> 31


def word_hash(word: str) -> int:
    """FNV-1a of the UTF-8 bytes, mixed."""
    h = 0xCBF29CE484222325
    for byte in word.encode():
        h = (h ^ byte) * 0x100000001B3 & MASK
    return mix(h)


def gram(hashes: Sequence[int]) -> int:
    """Polynomial of a few word hashes; the last has power 0."""
    total = 0
    for h in hashes:
        total = (total * GRAM + h) & MASK
    return total


def fold(hashes: Sequence[int], seed: int | None = None) -> int:
    """Hash of a sequence."""
    h = FOLD ^ len(hashes) if seed is None else seed
    for item in hashes:
        h = (h ^ item) * FOLD & MASK
        h ^= h >> 32
    return mix(h)


def kind_of(character: str) -> tuple[int, int]:
    """Kind and script of a character: the last range that names it decides."""
    code, found = ord(character), (SEPARATOR, 0)
    for first, last, kind, script in RANGES:
        if first <= code <= last:
            found = (kind, script)
    return found


def segments(text: str) -> list[str]:
    """Return the stretches of the text that are read."""
    data = text.encode()
    if len(data) <= READ_HEAD + READ_TAIL:
        return [text]
    return [data[:READ_HEAD].decode(errors="ignore"), data[-READ_TAIL:].decode(errors="ignore")]


def mask_length(text: str, at: int) -> int:
    """Return how many characters the quotation, code span or address beginning with the separator at `at` takes."""
    rest, mark = text[at:], text[at]
    if mark == ":":
        if not rest.startswith("://"):
            return 0
        length = 3
        while length < len(rest) and " " < rest[length] < "\x7f" and rest[length] not in END_OF_ADDRESS:
            length += 1
        return length
    if mark == "`" and (text[max(at - 1, 0) : at] == "`" or rest[1:2] == "`"):
        return 0
    if mark not in '"`“':
        return 0
    closing = {"“": "”"}.get(mark, mark)
    size = len(mark.encode())
    for length, character in enumerate(rest[1:], start=2):
        size += len(character.encode())
        if size > 512 or character == "\n" or (mark == "“" and character == "“"):
            return 0
        if character == closing:
            return length
    return 0


def tokens(text: str) -> Iterator[Word | None]:
    """Yield the words in order; None comes before whatever stands in a mask or must not be told apart."""
    at, masked_to = 0, 0
    while at < len(text):
        kind, _ = kind_of(text[at])
        if kind in (SEPARATOR, INVISIBLE):
            if at >= masked_to and kind == SEPARATOR and (length := mask_length(text, at)):
                masked_to = at + length
                yield None
            at += 1
            continue
        begin, masked = at, at < masked_to
        at += 1
        if kind != SINGLE:
            while at < len(text) and kind_of(text[at])[0] in (LETTER, DIGIT, INVISIBLE):
                at += 1
        letters = [c for c in text[begin:at] if kind_of(c)[0] != INVISIBLE]
        digits = any(kind_of(c)[0] == DIGIT for c in letters)
        if masked or digits:
            yield None
        yield Word(begin, "".join(letters), kind == DIGIT, masked or digits, kind == SINGLE)


def weight(word: Word) -> int:
    """How much a word says about the subject."""
    size = len(word.text.encode())
    if any(kind_of(c)[0] == DIGIT for c in word.text):
        return 1
    if word.text in STOP_WORDS:
        return 0
    if word.single:
        return 2
    return 1 if size <= 2 else 3 if size <= 4 else 4


def read(text: str) -> Reading:
    """Split a text into words and skeleton."""
    found = Reading([], [], [], [], dict.fromkeys(SCRIPTS, 0))
    for segment in segments(text):
        for word in tokens(segment):
            if word is None:
                if not found.skeleton or found.skeleton[-1] != SLOT:
                    found.skeleton.append(SLOT)
                continue
            h = word_hash(word.text)
            found.words.append(h)
            found.cue_words.append(NUMBER if word.number else h)
            found.weights.append(weight(word))
            if not word.digits:
                found.skeleton.append(h)
            for character in word.text:
                kind, script = kind_of(character)
                if kind != DIGIT:
                    found.scripts[SCRIPTS[script]] += 1
    return found


def exact_key(text: str, reading: Reading) -> int:
    """Hash of all words; of a text that was not read whole, also of its length."""
    size = len(text.encode())
    return fold(reading.words) ^ (mix(CUT ^ size) if size > READ_HEAD + READ_TAIL else 0)


def skeleton_key(reading: Reading) -> int | None:
    """Hash of the skeleton, if three of its words are no slot."""
    plain = sum(h != SLOT for h in reading.skeleton)
    return fold(reading.skeleton) if plain >= 3 else None


def end_keys(reading: Reading) -> tuple[int, int] | None:
    """Hashes of the skeleton's first and last twelve words."""
    if len(reading.skeleton) <= 12:
        return None
    return fold(reading.skeleton[:12]), fold(reading.skeleton[-12:])


def anchors(reading: Reading) -> list[int]:
    """The four smallest hashes of all runs of eight skeleton words."""
    runs = {mix(gram(reading.skeleton[i : i + 8])) for i in range(len(reading.skeleton) - 7)}
    return sorted(runs)[:4]


def probe_order(row: int) -> list[int]:
    """The order in which an empty MinHash bin looks for one to borrow from."""
    return sorted((k for k in range(32) if k != row), key=lambda k: mix(row * 32 + k + 1))


def bands(reading: Reading) -> list[int] | None:
    """Eight bands of four rows of a one-permutation MinHash over 3-word shingles."""
    words = reading.words
    if len(words) < 5:
        return None
    bins: dict[int, int] = {}
    for i in range(len(words) - 2):
        h = mix(gram(words[i : i + 3]))
        bins[h >> 59] = min(bins.get(h >> 59, MASK), h)
    rows = [next(bins[k] for k in (row, *probe_order(row)) if k in bins) for row in range(32)]
    return [fold(rows[4 * b : 4 * b + 4], seed=BAND * (b + 1) & MASK) for b in range(8)]


def semantic(reading: Reading) -> bytes | None:
    """The signed projection of words and pairs of telling words, as 64 signed bytes."""
    sums = [0] * 64
    terms = [(h, w, 4) for h, w in zip(reading.words, reading.weights, strict=True) if w]
    telling = [i for i in range(1, len(reading.words)) if min(reading.weights[i - 1 : i + 1]) > 1]
    terms += [(mix(gram(reading.words[i - 1 : i + 1])), 2, 2) for i in telling]
    for h, size, dimensions in terms:
        for k in range(dimensions):
            sums[h >> 6 * k & 63] += size if h >> 24 + k & 1 else -size
    length = math.sqrt(sum(s * s for s in sums))
    return bytes(round(s * 127.0 / length) & 255 for s in sums) if length else None


def cue_sums(reading: Reading, cues: Mapping[int, Sequence[int]], labels: int) -> list[int]:
    """Sum, per label, of the weights of the distinct cues that end in the first 400 or last 200 words."""
    words = reading.cue_words
    found: set[int] = set()
    for i in range(len(words)):
        if i < CUE_HEAD or i >= len(words) - CUE_TAIL:
            found |= {gram(words[i + 1 - n : i + 1]) for n in range(1, min(CUE_WORDS, i + 1) + 1)}
    return [sum(cues[g][label] for g in found if g in cues) for label in range(labels)]
