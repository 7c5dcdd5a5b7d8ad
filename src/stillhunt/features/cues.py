"""Cue tables: phrases with weights, compiled into what the kernel looks up, and the sums turned into probabilities.

A cue is a phrase of one to six words (a Chinese character is a word) as the kernel reads them: lower case, no
punctuation, every number alike. Its weight is a log-odds in natural units; a label's probability is the logistic of
its bias and the weights of the distinct cues found. Weights are kept as whole hundredths, so that sums do not depend on
their order.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stillhunt.features import alphabet, reference
from stillhunt.features.layout import Tables

HUNDREDTHS: Final = 100
LIMIT: Final = 2_000
"""Log-odds beyond this (in hundredths) are certain at single precision."""


@dataclass(frozen=True)
class Label:
    """A label with its cues.

    Attributes:
        name: As in the FEATURES table.
        meaning: One sentence.
        bias: Log-odds of the label in a text without any cue.
        cues: Pairs of a weight and phrases separated by semicolons.
    """

    name: str
    meaning: str
    bias: float
    cues: tuple[tuple[float, str], ...]

    def phrases(self) -> dict[str, float]:
        """Every phrase with its weight; a phrase that stands twice is a mistake."""
        found: dict[str, float] = {}
        for weight, text in self.cues:
            for phrase in filter(None, (part.strip() for part in text.replace("\n", " ").split(";"))):
                if phrase in found:
                    raise ValueError(f"The cue '{phrase}' stands twice under '{self.name}'; remove one of them.")
                found[phrase] = weight
        return found


@cache
def words_of(phrase: str) -> tuple[int, ...]:
    """Hashes of the words of a phrase as the kernel meets them.

    Raises:
        ValueError: The phrase has no word, or more than `reference.CUE_WORDS`.
    """
    words = tuple(reference.read(unicodedata.normalize("NFKC", phrase).lower()).cue_words)
    if not 1 <= len(words) <= reference.CUE_WORDS:
        raise ValueError(f"The cue '{phrase}' has {len(words)} words; give it 1 to {reference.CUE_WORDS}.")
    return words


def weights_by_gram(labels: tuple[Label, ...]) -> dict[int, list[int]]:
    """Weights of every cue for every label, in hundredths, by the hash of the cue."""
    table: dict[int, list[int]] = {}
    for column, label in enumerate(labels):
        for phrase, weight in label.phrases().items():
            row = table.setdefault(reference.gram(words_of(phrase)), [0] * len(labels))
            if row[column]:
                raise ValueError(f"The cue '{phrase}' reads like another cue of '{label.name}'; remove one of them.")
            row[column] = round(weight * HUNDREDTHS)
    return table


def reach_by_gram(labels: tuple[Label, ...]) -> dict[int, int]:
    """Length of the longest cue that ends in each word, by the hash of that word: where none ends, none is sought."""
    table: dict[int, int] = {}
    for label in labels:
        for phrase in label.phrases():
            words = words_of(phrase)
            table[words[-1]] = max(table.get(words[-1], 0), len(words))
    return table


def open_addressing(keys: list[int]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Place keys, none of them 0, in a table at most a quarter full; return it and the key's number in each slot."""
    size = 1 << (4 * len(keys)).bit_length()
    table, numbers = np.zeros(size, np.uint64), np.full(size, -1, np.int64)
    for number, key in enumerate(keys):
        at = key & (size - 1)
        while table[at]:
            at = (at + 1) & (size - 1)
        table[at], numbers[at] = key, number
    return table, numbers


@cache
def tables(labels: tuple[Label, ...]) -> Tables:
    """Everything that the kernel looks up, for these labels; made once."""
    weights, reach = weights_by_gram(labels), reach_by_gram(labels)
    cues = [*weights, *(word for word in reach if word not in weights)]
    keys, ids = open_addressing(cues)
    bitmap = np.zeros(1024, np.uint64)
    for gram in cues:
        bitmap[gram >> 54] |= np.uint64(1 << (gram >> 48 & 63))
    return Tables(
        kinds=alphabet.kinds(),
        stops=open_addressing([reference.word_hash(word) for word in sorted(reference.STOP_WORDS)])[0],
        bitmap=bitmap,
        cue_keys=keys,
        cue_ids=ids,
        cue_weights=np.array([weights.get(cue, [0] * len(labels)) for cue in cues], np.int32),
        cue_reach=np.array([reach.get(cue, 0) for cue in cues], np.int64),
        probes=np.array([reference.probe_order(row) for row in range(32)], np.int64),
    )


def logistic(sums: NDArray[np.int32], labels: tuple[Label, ...]) -> NDArray[np.float32]:
    """Probability of each label by itself, from sums in hundredths; shape (texts, labels)."""
    odds = np.minimum(np.maximum(sums + biases(labels), -LIMIT), LIMIT)
    # A table, because a vectorised exp may differ in its last bit with the place of a row in the batch.
    chances: NDArray[np.float32] = _logistic_table()[odds + LIMIT]
    return chances


def softmax(sums: NDArray[np.int32], labels: tuple[Label, ...]) -> NDArray[np.float32]:
    """Probabilities of labels that exclude each other, from sums in hundredths; shape (texts, labels)."""
    odds = sums + biases(labels)
    below = np.minimum(odds.max(axis=1, keepdims=True) - odds, LIMIT)
    scaled = _exponential_table()[below]
    shares: NDArray[np.float32] = (scaled / scaled.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def chances_of_one(odds: Sequence[int]) -> list[float]:
    """Return what `logistic` returns for one text whose sums, with the biases in them, are given."""
    table = _logistic_list()
    return [table[min(max(one, -LIMIT), LIMIT) + LIMIT] for one in odds]


def largest_of_one(odds: Sequence[int]) -> tuple[int, float]:
    """Return place and value of the largest share that `softmax` gives one text: sums and biases are given as above.

    Each hundredth is one per cent of a share, so that the largest sum is the largest share, and its term is 1.
    """
    most, table = max(odds), _exponential_list()
    terms = np.array([table[min(most - one, LIMIT)] for one in odds])
    # The sum is NumPy's, as in a batch: it adds in an order of its own.
    return odds.index(most), float(np.float32(1.0 / float(np.add.reduce(terms))))


@cache
def biases(labels: tuple[Label, ...]) -> NDArray[np.int32]:
    """Biases in hundredths; made once, so nobody may write to them."""
    return np.array([round(label.bias * HUNDREDTHS) for label in labels], np.int32)


@cache
def _logistic_table() -> NDArray[np.float32]:
    odds = np.arange(-LIMIT, LIMIT + 1) / HUNDREDTHS
    return (1 / (1 + np.exp(-odds))).astype(np.float32)


@cache
def _logistic_list() -> list[float]:
    return _logistic_table().tolist()  # type: ignore[no-any-return]


@cache
def _exponential_list() -> list[float]:
    return _exponential_table().tolist()  # type: ignore[no-any-return]


@cache
def _exponential_table() -> NDArray[np.float64]:
    table: NDArray[np.float64] = np.exp(-np.arange(LIMIT + 1) / HUNDREDTHS)
    return table
