"""The text kernel: raw Arrow buffers in, hashes and sums out, no Python object per row.

All compiled code is in this one file, because numba's cache knows only the file of the function that it stores: a
loop moved elsewhere would go stale in silence. Lookup tables travel as arguments for the same reason.

`reference.py` says the same in plain Python; tests hold the two equal bit for bit. Time is linear in the bytes read,
and of a text longer than `READ_HEAD + READ_TAIL` bytes only the head and the tail are read.
"""

import math
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from stillhunt.features.compiled import compiled, inlined
from stillhunt.features.layout import Digest, Scratch, Sketch, Tables, Texts

READ_HEAD, READ_TAIL = 64 * 1024, 8 * 1024
HEAD_WORDS: Final = 12
"""Words of the skeleton at either end that make the head and tail keys."""
ANCHOR_WORDS, ANCHORS = 8, 4
BINS, BAND_ROWS = 32, 4
BANDS: Final = BINS // BAND_ROWS
LEAST_WORDS: Final = 5
"""Texts with fewer words have no bands: with two or three shingles everything is near everything."""
LEAST_PLAIN: Final = 3
"""A skeleton with fewer words outside its slots has no key: `{"a": 1}` would equal every other JSON text."""
DIMENSIONS: Final = 64
QUOTE_BYTES: Final = 512
"""A quotation is masked when it closes on its line within so many bytes; otherwise the mark meant something else."""
CUE_WORDS: Final = 6
"""Words of the longest cue."""
CUE_HEAD, CUE_TAIL = 400, 200
"""Cues are read in so many words at either end: instructions stand there, and long documents must not drift."""

# The kinds of characters and the shift to their script, as in alphabet.py (a test holds them equal).
SEPARATOR, LETTER, DIGIT, SINGLE, INVISIBLE = range(5)
KIND_BITS, SCRIPT_SHIFT, LATIN, NO_CHARACTER = 15, 4, 1, 0x40000
QUOTE, BACKTICK, COLON, SLASH = 0x22, 0x60, 0x3A, 0x2F
NEWLINE, SPACE, NINE, CURLY_OPEN = 0x0A, 0x20, 0x39, 0x201C

U: Final = np.uint64
FNV_BASIS, FNV_PRIME = U(0xCBF29CE484222325), U(0x100000001B3)
MIX_1, MIX_2 = U(0xBF58476D1CE4E5B9), U(0x94D049BB133111EB)
GRAM, FOLD = U(0x9E3779B97F4A7C15), U(0xD6E8FEB86659FD93)
GRAM_2, GRAM_8 = (U(pow(0x9E3779B97F4A7C15, n, 2**64)) for n in (2, 8))
SLOT, NUMBER = U(0x51F7A3C90B6E2D84), U(0x2C8E15D7F4096AB3)
CUT, BAND = U(0x8A5CD789635D2DFF), U(0x165667B19E3779F9)
S6, S24, S27, S30, S31, S32, S48, S54, S59 = (U(n) for n in (6, 24, 27, 30, 31, 32, 48, 54, 59))
ZERO, ONE, SIX_BITS, TOP = U(0), U(1), U(63), U(2**64 - 1)

Bytes: TypeAlias = NDArray[np.uint8]
Hashes: TypeAlias = NDArray[np.uint64]
Counts: TypeAlias = NDArray[np.int64]
Int: TypeAlias = int | np.int64


@inlined
def mix(x: np.uint64) -> np.uint64:
    """Spread every bit over all 64 (finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    x = (x ^ (x >> S30)) * MIX_1
    x = (x ^ (x >> S27)) * MIX_2
    return x ^ (x >> S31)


@compiled
def fold(words: Hashes, first: int, last: int) -> np.uint64:
    """Hash a sequence of hashes, order and length included."""
    h = FOLD ^ U(last - first)
    for i in range(first, last):
        h = (h ^ words[i]) * FOLD
        h ^= h >> S32
    return mix(h)


@inlined
def decode(data: Bytes, i: int, end: int) -> tuple[Int, int]:
    """Return the character at byte i and its size; a character cut off by the end is none."""
    first = np.int64(data[i])
    if first < 0x80:
        return first, 1
    size = 2 if first < 0xE0 else (3 if first < 0xF0 else 4)
    if i + size > end:
        return NO_CHARACTER, end - i
    code = first & (0x7F >> size)
    for k in range(1, size):
        code = code << 6 | (np.int64(data[i + k]) & 0x3F)
    return code, size


@inlined
def mask_end(data: Bytes, start: int, i: int, end: int, code: Int) -> int:
    """Return where the quotation, code span or address that begins with the separator at i ends; i if none does.

    Every failed search stops before the next mark of its kind, so all searches together stay linear in the text.
    """
    if code == COLON:
        if i + 2 >= end or data[i + 1] != SLASH or data[i + 2] != SLASH:
            return i
        for j in range(i + 3, end):
            b = data[j]
            # A white space, a bracket, a quotation mark, or a character that no address holds unescaped.
            if b <= 0x20 or b >= 0x7F or b in (0x22, 0x27, 0x29, 0x3C, 0x3E, 0x5D, 0x60, 0x7D):
                return j
        return end
    if code not in (QUOTE, BACKTICK, CURLY_OPEN):
        return i
    if code == BACKTICK and ((i > start and data[i - 1] == BACKTICK) or (i + 1 < end and data[i + 1] == BACKTICK)):
        return i  # a fence around a block
    for j in range(i + 1 if code != CURLY_OPEN else i + 3, min(end, i + QUOTE_BYTES)):
        b = data[j]
        if b == NEWLINE:
            return i
        if code != CURLY_OPEN:
            if b == code:
                return j + 1
        elif b in (0x9C, 0x9D) and data[j - 1] == 0x80 and data[j - 2] == 0xE2:
            return j + 1 if b == 0x9D else i
    return i


@compiled
def read_letters(  # noqa: PLR0913, PLR0917 - a tuple of them would cost more than the word
    data: Bytes, i: int, end: int, kinds: Bytes, scripts: Counts, h: np.uint64
) -> tuple[np.uint64, int, int, int]:
    """Read on in a word at a character beyond ASCII; return its hash so far, its end, digits and invisible bytes."""
    digits, hidden = 0, 0
    while i < end:
        code, width = decode(data, i, end)
        entry = kinds[code] if code < NO_CHARACTER else SEPARATOR
        kind = entry & KIND_BITS
        if kind in (SEPARATOR, SINGLE):
            break
        if kind == INVISIBLE:
            hidden += width
        else:
            for k in range(i, i + width):
                h = (h ^ U(data[k])) * FNV_PRIME
            digits += kind == DIGIT
            scripts[entry >> SCRIPT_SHIFT] += kind == LETTER
        i += width
    return h, i, digits, hidden


@inlined
def holds(table: Hashes, h: np.uint64) -> Int:
    """Return where the open-addressing table (0 is empty, its size a power of two) holds h, or -1."""
    last = U(len(table) - 1)
    at = h & last
    while table[at] != ZERO:
        if table[at] == h:
            return np.int64(at)
        at = (at + ONE) & last
    return -1


@inlined
def weight_of(h: np.uint64, size: int, digits: int, kind: int, stops: Hashes) -> int:
    """Return how much a word says: nothing for a stop word, more for a longer one."""
    if digits > 0:
        return 1
    if holds(stops, h) >= 0:
        return 0
    if kind == SINGLE:
        return 2
    return 1 if size <= 2 else (3 if size <= 4 else 4)


@compiled
def split(data: Bytes, start: int, end: int, tables: Tables, scratch: Scratch) -> None:
    """Append the words of a stretch of text, and its skeleton: the same with every run of slots as one slot."""
    # Arrays are taken out of their tuples once: numba counts references at every access.
    kinds, stops, counts, scripts = tables.kinds, tables.stops, scratch.counts, scratch.scripts
    words, cue_words, weights, skeleton = scratch.words, scratch.cue_words, scratch.weights, scratch.skeleton
    n, m, plain, in_slot = counts[0], counts[1], counts[2], counts[3]
    i, masked_to = start, start
    while i < end:
        if data[i] <= SPACE:
            i += 1
            continue
        code, width = decode(data, i, end)
        entry = kinds[code] if code < NO_CHARACTER else SEPARATOR
        kind = entry & KIND_BITS
        slot = False
        if kind in (SEPARATOR, INVISIBLE):
            if i >= masked_to and kind == SEPARATOR:
                masked_to = mask_end(data, start, i, end, code)
                slot = masked_to > i
            i += width
        else:
            slot = i < masked_to
            h, first, digits = FNV_BASIS, i, 0
            while i < end and data[i] < 0x80 and kinds[data[i]] != SEPARATOR:
                h = (h ^ U(data[i])) * FNV_PRIME
                digits += data[i] <= NINE
                i += 1
            scripts[LATIN] += i - first - digits
            if kind == SINGLE:
                for k in range(i, i + width):
                    h = (h ^ U(data[k])) * FNV_PRIME
                scripts[entry >> SCRIPT_SHIFT] += 1
                i += width
            elif i < end and data[i] >= 0x80:
                h, i, found, hidden = read_letters(data, i, end, kinds, scripts, h)
                digits += found
                first += hidden
            h = mix(h)
            slot = slot or digits > 0
            words[n] = h
            cue_words[n] = NUMBER if kind == DIGIT else h
            weights[n] = weight_of(h, i - first, digits, kind, stops)
            n += 1
            if not slot:
                skeleton[m] = h
                m += 1
                plain += 1
                in_slot = 0
        if slot and in_slot == 0:
            skeleton[m] = SLOT
            m += 1
            in_slot = 1
    counts[0], counts[1], counts[2], counts[3] = n, m, plain, in_slot


@compiled
def read(data: Bytes, start: int, end: int, tables: Tables, scratch: Scratch) -> None:
    """Fill the scratch with one text, of which a long one's middle is left out."""
    scratch.counts[:] = 0
    scratch.scripts[:] = 0
    if end - start <= READ_HEAD + READ_TAIL:
        split(data, start, end, tables, scratch)
        return
    head, tail = start + READ_HEAD, end - READ_TAIL
    while data[head] & 0xC0 == 0x80:  # never inside a character
        head -= 1
    while data[tail] & 0xC0 == 0x80:
        tail += 1
    split(data, start, head, tables, scratch)
    split(data, tail, end, tables, scratch)


@inlined
def find_cue(gram: np.uint64, bitmap: Hashes, keys: Hashes, ids: Counts) -> Int:
    """Return the number of the cue with this hash, or -1; the bitmap answers nearly always."""
    if (bitmap[gram >> S54] >> ((gram >> S48) & SIX_BITS)) & ONE == ZERO:
        return -1
    at = holds(keys, gram)
    return ids[at] if at >= 0 else -1


@compiled
def add_cues(n: int, text: int, tables: Tables, scratch: Scratch, sums: NDArray[np.int32]) -> None:
    """Add the weights of every distinct cue that ends in the first or last words of the text."""
    w, seen, reach = scratch.cue_words, scratch.seen, tables.cue_reach
    bitmap, keys, ids, weights = tables.bitmap, tables.cue_keys, tables.cue_ids, tables.cue_weights
    for i in range(n):
        if CUE_HEAD <= i < n - CUE_TAIL:
            continue
        cue = find_cue(w[i], bitmap, keys, ids)
        if cue < 0:
            continue
        gram, power = w[i], GRAM
        for size in range(1, min(i + 1, reach[cue]) + 1):
            if cue >= 0 and seen[cue] != text:
                seen[cue] = text
                for label in range(len(sums)):
                    sums[label] += weights[cue, label]
            gram += w[i - size] * power
            power *= GRAM
            cue = find_cue(gram, bitmap, keys, ids)


@compiled
def keep_anchors(skeleton: Hashes, m: int, least: Hashes) -> int:
    """Keep the smallest distinct hashes of all runs of ANCHOR_WORDS skeleton words; return how many there are."""
    least[:] = TOP
    run = ZERO
    for i in range(m):
        run = run * GRAM + skeleton[i]
        if i >= ANCHOR_WORDS:
            run -= skeleton[i - ANCHOR_WORDS] * GRAM_8
        if i < ANCHOR_WORDS - 1:
            continue
        h = mix(run)
        if h >= least[ANCHORS - 1] or h in (least[0], least[1], least[2]):
            continue
        at = ANCHORS - 1
        while at > 0 and least[at - 1] > h:
            least[at] = least[at - 1]
            at -= 1
        least[at] = h
    count = 0
    while count < ANCHORS and least[count] != TOP:
        count += 1
    return count


@compiled
def make_bands(n: int, probes: Counts, scratch: Scratch, bands: Hashes) -> None:
    """Fold a one-permutation MinHash (Li, Owen, Zhang 2012) of the 3-word shingles into bands.

    Empty bins borrow from a filled one in an order of their own (optimal densification, Shrivastava 2017).
    """
    w, bins = scratch.words, scratch.bins
    bins[:] = TOP
    for i in range(2, n):
        h = mix(w[i - 2] * GRAM_2 + w[i - 1] * GRAM + w[i])
        at = h >> S59
        bins[at] = min(bins[at], h)
    for band in range(BANDS):
        h = BAND * U(band + 1)
        for row in range(band * BAND_ROWS, (band + 1) * BAND_ROWS):
            value = bins[row]
            k = 0
            while value == TOP and k < BINS - 1:
                value = bins[probes[row, k]]
                k += 1
            h = (h ^ value) * FOLD
            h ^= h >> S32
        bands[band] = mix(h)


@compiled
def project(n: int, scratch: Scratch, out: NDArray[np.int8]) -> bool:
    """Add every word to four dimensions and every pair of telling words to two, with signs from the hash; normalise.

    A sparse random projection of the bag of words (Achlioptas 2003). False when nothing in the text tells anything.
    """
    sums, words, weights = scratch.sums, scratch.words, scratch.weights
    sums[:] = 0
    for i in range(n):
        weight = weights[i]
        if weight == 0:
            continue
        h = words[i]
        for k in range(4):
            sums[(h >> (S6 * U(k))) & SIX_BITS] += weight if (h >> (S24 + U(k))) & ONE != ZERO else -weight
        if weight > 1 and i > 0 and weights[i - 1] > 1:
            h = mix(words[i - 1] * GRAM + h)
            for k in range(2):
                sums[(h >> (S6 * U(k))) & SIX_BITS] += 2 if (h >> (S24 + U(k))) & ONE != ZERO else -2
    square = 0
    for k in range(DIMENSIONS):
        square += sums[k] * sums[k]
    if square == 0:
        return False
    length = math.sqrt(float(square))
    for k in range(DIMENSIONS):
        out[k] = np.int8(np.rint(float(sums[k]) * 127.0 / length))
    return True


@compiled
def sketch_text(row: int, tables: Tables, scratch: Scratch, out: Sketch) -> None:
    """Write what only prompts have, from the text in the scratch."""
    n, m = scratch.counts[0], scratch.counts[1]
    out.scripts[row] = scratch.scripts
    out.anchor_count[row] = keep_anchors(scratch.skeleton, m, out.anchors[row])
    out.has_semantic[row] = project(n, scratch, out.semantic[row])
    out.has_bands[row] = n >= LEAST_WORDS
    if n >= LEAST_WORDS:
        make_bands(n, tables.probes, scratch, out.bands[row])
    out.has_ends[row] = m > HEAD_WORDS
    if m > HEAD_WORDS:
        out.head[row] = fold(scratch.skeleton, 0, HEAD_WORDS)
        out.tail[row] = fold(scratch.skeleton, m - HEAD_WORDS, m)


@compiled
def read_texts(texts: Texts, tables: Tables, scratch: Scratch, digest: Digest, sketch: Sketch) -> None:
    """Fill the digest, and the sketch if it has rows, with every text that is not null.

    Whatever stood in the row of such a text is gone, so that digest and sketch may be used again and again.
    """
    seen = scratch.seen
    for row in range(len(texts.valid)):
        if not texts.valid[row]:
            continue
        start, end = texts.offsets[row], texts.offsets[row + 1]
        read(texts.data, start, end, tables, scratch)
        n, m = scratch.counts[0], scratch.counts[1]
        digest.words[row] = n
        digest.exact[row] = fold(scratch.words, 0, n)
        if end - start > READ_HEAD + READ_TAIL:
            digest.exact[row] ^= mix(CUT ^ U(end - start))
        digest.skeleton[row] = fold(scratch.skeleton, 0, m)
        digest.has_skeleton[row] = scratch.counts[2] >= LEAST_PLAIN
        digest.cues[row] = 0
        seen[-1] += 1
        add_cues(n, seen[-1], tables, scratch, digest.cues[row])
        if len(sketch.head) > 0:
            sketch_text(row, tables, scratch, sketch)
