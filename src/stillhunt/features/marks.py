"""Runs of combining marks that no language writes, cut short before a text is normalised.

Normalisation puts the marks on a letter in order, and takes the square of their number to do it: one line of 240 kB
held a core for half a minute. Unicode Standard Annex 15 (Stream-Safe Text Format) says that 30 in a row are more than
any text needs, so of a longer run the first 30 are kept. A text without such a run stays as it is, byte for byte.

Looking for them costs next to nothing: a mark takes two bytes or more, none of them ASCII, so a run that is too long
cannot hide between two places that are `STRIDE` bytes apart. Compiled code and what it calls stand in this one file,
because numba's cache knows only the file of the function that it stores.
"""

import re
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stillhunt.features.compiled import compiled, inlined
from stillhunt.features.layout import Texts

MOST: Final = 30
"""Marks in a row that are kept."""
STRIDE: Final = 2 * (MOST + 1)
"""Bytes of the shortest run that is too long."""
SIZE: Final = 0x1EA00
"""Characters from here on are no marks."""
RANGES: Final = """
    300-34E 350-36F 483-487 591-5BD 5BF 5C1-5C2 5C4-5C5 5C7-5C9 610-61A 64B-65F 670 6D6-6DC 6DF-6E4 6E7-6E8 6EA-6ED
    711 730-74A 7EB-7F3 7FD 816-819 81B-823 825-827 829-82D 859-85B 897-89F 8CA-8E1 8E3-8FF 93C 94D 951-954 9BC 9CD
    9FE A3C A4D ABC ACD B3C B4D BCD C3C C4D C55-C56 CBC CCD D3B-D3C D4D DCA E38-E3A E48-E4B EB8-EBA EC8-ECB F18-F19
    F35 F37 F39 F71-F75 F7A-F7D F80-F84 F86-F87 FC6 1037 1039-103A 108D 135D-135F 1714-1715 1734 17D2 17DD 18A9
    1939-193B 1A17-1A18 1A60 1A75-1A7C 1A7F 1AB0-1ABD 1ABF-1AF0 1B34 1B44 1B6B-1B73 1BAA-1BAB 1BE6 1BF2-1BF3 1C37
    1CD0-1CD2 1CD4-1CE0 1CE2-1CE8 1CED 1CF4 1CF8-1CF9 1DC0-1DFF 20D0-20DC 20E1 20E5-20F0 2CEF-2CF1 2D7F 2DE0-2DFF
    302A-302F 3099-309A A66F A674-A67D A69E-A69F A6F0-A6F1 A806 A82C A8C4 A8E0-A8F1 A92B-A92D A953 A9B3 A9C0 AAB0
    AAB2-AAB4 AAB7-AAB8 AABE-AABF AAC1 AAF6 ABED FB1E FE20-FE2F FF9E-FF9F 101FD 102E0 10376-1037A 10A0D 10A0F
    10A38-10A3A 10A3F 10AE5-10AE6 10D24-10D27 10D69-10D6D 10EAB-10EAC 10ECB-10ECF 10EF0-10EFB 10EFD-10EFF
    10F46-10F50 10F82-10F85 11046 11070 1107F 110B9-110BA 11100-11102 11133-11134 11173 111C0 111CA 11235-11236
    112E9-112EA 1133B-1133C 1134D 11366-1136C 11370-11374 113CE-113D0 11442 11446 1145E 114C2-114C3 115BF-115C0
    1163F 116B6-116B7 1172B 11839-1183A 1193D-1193E 11943 119E0 11A34 11A47 11A99 11C3F 11D42 11D44-11D45 11D97
    11F41-11F42 1612F 16AF0-16AF4 16B30-16B36 16FF0-16FF1 1BC9E 1D127-1D128 1D165-1D169 1D16D-1D172 1D17B-1D182
    1D185-1D18B 1D1AA-1D1AD 1D242-1D244 1D250-1D252 1D25B-1D25C 1D25F 1D280-1D281 1E000-1E006 1E008-1E018
    1E01B-1E021 1E023-1E024 1E026-1E02A 1E08F 1E130-1E136 1E2AE 1E2EC-1E2EF 1E4EC-1E4EF 1E5EE-1E5EF 1E6E3 1E6E6
    1E6EE-1E6EF 1E6F5 1E8D0-1E8D6 1E944-1E94A
"""
"""The characters that normalisation puts in order: those of a class other than 0, or that decompose into such alone.

As the normaliser in use has them (Unicode 17); a test asks it, so one that learns new ones is noticed.
"""


def long_runs(texts: Texts) -> NDArray[np.bool_]:
    """Tell for each text whether more than `MOST` marks stand in a row in it."""
    found = np.zeros(len(texts.offsets) - 1, np.bool_)
    _find(texts.data, texts.offsets, *_tables(), found)
    return found & texts.valid


def cut_short(text: str) -> str:
    """Keep the first `MOST` of each run of marks."""
    return _pattern().sub(r"\1", text)


def ranges() -> list[tuple[int, int]]:
    """Return the first and the last character of each range."""
    ends = [part.partition("-") for part in RANGES.split()]
    return [(int(first, 16), int(last or first, 16)) for first, _, last in ends]


@cache
def _tables() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which characters are marks, and which bytes a mark begins with: few scripts need such bytes."""
    is_mark, begins = np.zeros(SIZE, np.bool_), np.zeros(256, np.bool_)
    for first, last in ranges():
        is_mark[first : last + 1] = True
        for code in range(first, last + 1):
            begins[chr(code).encode()[0]] = True
    is_mark.flags.writeable = begins.flags.writeable = False
    return is_mark, begins


@cache
def _pattern() -> re.Pattern[str]:
    marks = "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges())
    return re.compile(f"([{marks}]{{{MOST}}})[{marks}]+")


@inlined
def _mark_ends(data: NDArray[np.uint8], i: int, end: int, is_mark: NDArray[np.bool_]) -> int:
    """Return where the mark that begins at byte i ends; i if none does."""
    first = np.int64(data[i])
    if first < 0xC0:
        return i
    size = 2 if first < 0xE0 else (3 if first < 0xF0 else 4)
    if i + size > end:
        return i
    code = first & (0x7F >> size)
    for k in range(1, size):
        code = code << 6 | (np.int64(data[i + k]) & 0x3F)
    return i + size if code < len(is_mark) and is_mark[code] else i


@inlined
def _begin(data: NDArray[np.uint8], i: int, start: int) -> int:
    """Return where the character that byte i is part of begins."""
    while i > start and data[i] & 0xC0 == 0x80:
        i -= 1
    return i


@inlined
def _stacked(data: NDArray[np.uint8], i: int, start: int, end: int, is_mark: NDArray[np.bool_]) -> tuple[int, int]:
    """Count the marks around the character at byte i, as far as it matters, and return where they end."""
    marks, after = 0, i
    while after < end and marks <= MOST:
        ends = _mark_ends(data, after, end, is_mark)
        if ends == after:
            break
        marks, after = marks + 1, ends
    while marks > 0 and marks <= MOST and i > start:
        before = _begin(data, i - 1, start)
        if _mark_ends(data, before, end, is_mark) == before:
            break
        marks, i = marks + 1, before
    return marks, after


@compiled
def _find(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    is_mark: NDArray[np.bool_],
    begins: NDArray[np.bool_],
    found: NDArray[np.bool_],
) -> None:
    for row in range(len(found)):
        start, end = offsets[row], offsets[row + 1]
        i = start + STRIDE - 1
        while i < end:
            after = i
            if data[i] >= 0x80:
                here = _begin(data, i, start)
                if begins[data[here]]:
                    marks, after = _stacked(data, here, start, end, is_mark)
                    if marks > MOST:
                        found[row] = True
                        break
            i = max(i, after) + STRIDE
