"""Which characters make words, and which script they belong to.

A table of ranges instead of a Unicode library: the kernel needs one byte a character, and the ranges must read the same
in another language. Text is NFKC-normalised and lower-cased before it gets here, so compatibility forms (full-width
letters, ligatures, superscripts) have already become plain ones. What no range names separates words.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

SEPARATOR, LETTER, DIGIT, SINGLE, INVISIBLE = range(5)
"""Kinds: `SINGLE` is a word of its own (languages without spaces); `INVISIBLE` neither joins nor splits words."""

SCRIPTS: Final = ("other", "latin", "han", "cyrillic", "arabic")
OTHER, LATIN, HAN, CYRILLIC, ARABIC = range(5)

SIZE: Final = 0x40000
"""Characters from here on (private use, tags) are separators."""

RANGES: Final = (
    # first, last, kind, script: a later range overrides an earlier one.
    (0x00030, 0x00039, DIGIT, OTHER),
    (0x00041, 0x0005A, LETTER, LATIN),
    (0x00061, 0x0007A, LETTER, LATIN),
    (0x000C0, 0x01FFF, LETTER, OTHER),
    (0x000C0, 0x0024F, LETTER, LATIN),
    (0x000D7, 0x000D7, SEPARATOR, OTHER),  # multiplication sign
    (0x000F7, 0x000F7, SEPARATOR, OTHER),  # division sign
    (0x00400, 0x0052F, LETTER, CYRILLIC),
    (0x00600, 0x006FF, LETTER, ARABIC),
    (0x0060C, 0x0060C, SEPARATOR, OTHER),  # Arabic comma, semicolon, question mark, full stop
    (0x0061B, 0x0061B, SEPARATOR, OTHER),
    (0x0061F, 0x0061F, SEPARATOR, OTHER),
    (0x006D4, 0x006D4, SEPARATOR, OTHER),
    (0x00660, 0x00669, DIGIT, OTHER),
    (0x006F0, 0x006F9, DIGIT, OTHER),
    (0x00750, 0x0077F, LETTER, ARABIC),
    (0x008A0, 0x008FF, LETTER, ARABIC),
    (0x00964, 0x00965, SEPARATOR, OTHER),  # danda
    (0x00966, 0x0096F, DIGIT, OTHER),
    (0x01E00, 0x01EFF, LETTER, LATIN),
    (0x02C00, 0x02DFF, LETTER, OTHER),
    (0x02E80, 0x02FDF, SINGLE, HAN),
    (0x03005, 0x03007, SINGLE, HAN),
    (0x03021, 0x03029, SINGLE, HAN),
    (0x03041, 0x030FA, SINGLE, OTHER),  # kana
    (0x030FC, 0x030FF, SINGLE, OTHER),
    (0x03105, 0x0312F, SINGLE, HAN),
    (0x03400, 0x04DBF, SINGLE, HAN),
    (0x04E00, 0x09FFF, SINGLE, HAN),
    (0x0A000, 0x0ABFF, LETTER, OTHER),
    (0x0AC00, 0x0D7FF, LETTER, OTHER),  # Hangul: Korean has spaces
    (0x0F900, 0x0FAFF, SINGLE, HAN),
    (0x0FB00, 0x0FDCF, LETTER, ARABIC),
    (0x0FDF0, 0x0FDFF, LETTER, ARABIC),
    (0x10000, 0x1EFFF, LETTER, OTHER),
    (0x1D000, 0x1D3FF, SEPARATOR, OTHER),  # musical and other symbols
    (0x20000, 0x3FFFF, SINGLE, HAN),
    # Written between letters to break words apart without a reader seeing it.
    (0x000AD, 0x000AD, INVISIBLE, OTHER),
    (0x0200B, 0x0200D, INVISIBLE, OTHER),
    (0x02060, 0x02060, INVISIBLE, OTHER),
    (0x0FE00, 0x0FE0F, INVISIBLE, OTHER),
    (0x0FEFF, 0x0FEFF, INVISIBLE, OTHER),
)


@cache
def kinds() -> NDArray[np.uint8]:
    """One byte per character below `SIZE`: the kind in the low four bits, the script in the high four. Read-only."""
    table = np.zeros(SIZE, dtype=np.uint8)
    for first, last, kind, script in RANGES:
        table[first : last + 1] = kind | script << 4
    table.flags.writeable = False
    return table
