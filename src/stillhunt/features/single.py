"""FEATURES of one request, for whoever cannot wait for a batch: the same kernel and the same hashes, without Arrow.

`Featuriser` gives what `featurise` gives for a batch of one row; a property test holds the two equal. What costs most
per call in a batch of one is the way through columns, so here values are Python's own, and what repeats (system
prompts, openings, headers, client names) is remembered.

Time is bounded: of a text longer than the kernel reads, only head and tail are normalised. Only for such a long text
that is not plain ASCII one thing is then unknown which a batch would know: its whole length in bytes after
normalisation, and so `prompt_key`, `body_key` or `opening`, whose hashes hold it.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from stillhunt.features import alphabet, client, kernel, texts
from stillhunt.features.capability import CAPABILITY
from stillhunt.features.cues import HUNDREDTHS, biases, chances_of_one, largest_of_one, tables
from stillhunt.features.elicitation import ELICITATION
from stillhunt.features.featurise import BODY_MULTIPLIERS, IMAGES_SENT, LABELS, TOOLS_OFFERED
from stillhunt.features.keyed import NETWORK_BYTES, Hasher, packed_address, plain_hash
from stillhunt.features.layout import Digest, Sketch, Texts, new_digest, new_scratch, new_sketch
from stillhunt.schema import EXCHANGE, FEATURES

READ: Final = kernel.READ_HEAD + kernel.READ_TAIL
SLACK: Final = 256
"""Bytes at the cut of a long text that may come out otherwise, as characters on both sides of it might have joined."""
LONG: Final = 2 * READ
"""Bytes above which a text that is not plain ASCII is normalised in parts."""
_TOOLS: Final = round(TOOLS_OFFERED * HUNDREDTHS)
_IMAGES: Final = round(IMAGES_SENT * HUNDREDTHS)
_ELICITATION: Final = tuple(label.name for label in ELICITATION)
_BITS: Final = 2**64 - 1
_GIVEN: Final = tuple(name for name in FEATURES.names if name in EXCHANGE.names and name != "opening")
_CAPABILITIES: Final = tuple(label.name for label in CAPABILITY)
_TOOL_USE, _VISION = _CAPABILITIES.index("tool_use"), _CAPABILITIES.index("vision")
_BIASES: Final = (*biases(ELICITATION).tolist(), *biases(CAPABILITY).tolist())
_UNLABELLED: Final = dict.fromkeys(("capability", "capability_p", *_ELICITATION))
_HALVES: Final = re.compile("[\ud800-\udfff]")


class Reading(NamedTuple):
    """What the kernel read of one text."""

    exact: int | None
    words: int
    skeleton: int | None
    cues: tuple[int, ...]


NOTHING: Final = Reading(0, 0, None, (0,) * len(LABELS))
"""What is read of a text that is unknown."""


class Featuriser:
    """Says what one request says without its text.

    One belongs to one thread: its working memory is used for every request anew.
    """

    def __init__(self, secret: bytes) -> None:
        """Make the hashers of the secret and the kernel's working memory.

        Raises:
            UsageError: The secret is empty.
        """
        self._lookups = tables(LABELS)
        self._scratch = new_scratch(READ, len(self._lookups.cue_weights))
        self._digest, self._sketch, self._no_sketch = new_digest(1, len(LABELS)), new_sketch(1), new_sketch(0)
        self._signed = _with_sign(self._sketch)
        self._places = np.zeros(2, np.int64)
        self._repeating = lru_cache(4096)(lambda text: self._read(text, self._no_sketch))
        purposes = ("account", "exchange", "api_key", "conversation", "device", "address", "network", "reasoning")
        self._hash = {purpose: Hasher(purpose, secret) for purpose in purposes}
        self._network = lru_cache(65_536)(self._hash["network"].__call__)

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return FEATURES of a row of EXCHANGE whose values are of the schema's types; a missing one is unknown."""
        return {
            **dict(zip(_GIVEN, map(row.get, _GIVEN), strict=True)),
            **self._ids(row),
            **_of_client(row),
            **self._texts(row),
        }

    def _ids(self, row: Mapping[str, Any]) -> dict[str, Any]:
        hashed = self._hash
        packed = packed_address(row["ip"]) if row.get("ip") else None
        found: dict[str, Any] = {
            **{f"{name}_key": _of_id(row.get(f"{name}_id"), hashed[name]) for name in ("account", "exchange")},
            "api_key": _keyed(row.get("api_key_id"), hashed["api_key"]),
            "conversation": _keyed(row.get("conversation_id"), hashed["conversation"]),
            "device": _keyed(row.get("device_id"), hashed["device"]),
            "address": None if packed is None else hashed["address"](packed),
            "network": None if packed is None else self._network(packed[: NETWORK_BYTES[len(packed)]]),
        }
        for name in ("reasoning_in", "reasoning_out"):
            given = row.get(name)
            found[name] = None if given is None else [_keyed(value, hashed["reasoning"]) for value in given]
        return found

    def _texts(self, row: Mapping[str, Any]) -> dict[str, Any]:
        system = _once(row.get("system"), self._repeating)
        opening = _once(row.get("opening"), self._repeating)
        given = row.get("prompt")
        prompt = NOTHING if given is None else self._read(given, self._sketch)
        answer = row.get("response")
        return {
            "system_key": system.skeleton,
            "opening": _signed(opening.exact) if opening.words else None,
            "prompt_key": _signed(prompt.exact) if prompt.words else None,
            "body_key": _body_key((system, opening, prompt)) if given is not None else None,
            **(UNSKETCHED if given is None else _sketched(self._signed)),
            "chars": None if given is None else len(given),
            "words": None if given is None else prompt.words,
            "response_chars": None if answer is None else len(answer),
            **_labels(row, system.cues, prompt.cues),
        }

    def _read(self, text: str, sketch: Sketch) -> Reading:
        data, whole = _bounded(text)
        self._places[1] = len(data)
        given = Texts(np.frombuffer(data, np.uint8), self._places, _KNOWN)
        kernel.read_texts(given, self._lookups, self._scratch, self._digest, sketch)
        return _reading(self._digest, len(data), whole)


_KNOWN: Final = np.ones(1, np.bool_)


def _bounded(text: str) -> tuple[bytes, int | None]:
    """Return the bytes that the kernel is to read, and how many there are of the whole text, None if unknown.

    Of a long text head and tail are put together so that the kernel, which looks at nothing else, meets the same.
    """
    if text.isascii():
        if len(text) <= READ:
            return text.lower().encode(), len(text)
        both = text[: kernel.READ_HEAD + 1] + text[-kernel.READ_TAIL :]
        return both.lower().encode(), len(text)
    head = _end(text, kernel.READ_HEAD + 1, first=True) if len(text.encode("utf-8", "replace")) > LONG else None
    tail = None if head is None else _end(text, kernel.READ_TAIL, first=False)
    if head is None or tail is None:
        data = _normalised(text)
        return data, len(data)
    return head + tail, None


def _end(text: str, size: int, *, first: bool) -> bytes | None:
    """Normalise so much of one end of a text as gives `size` bytes; None if that takes nearly half of the text."""
    taken = size // 2
    while taken < len(text) // 2:
        data = _normalised(text[:taken] if first else text[-taken:])
        if len(data) >= size + SLACK:
            return data[:size] if first else data[-size:]
        taken *= 2
    return None


def without_halves(text: str) -> str:
    """Put U+FFFD for half a surrogate pair, as readers of logs do; with it text can be neither hashed nor written."""
    return text if text.isascii() else _HALVES.sub("\N{REPLACEMENT CHARACTER}", text)


def _normalised(text: str) -> bytes:
    """Normalise as the batch does."""
    try:
        column = pa.array([text], pa.large_string())
    except UnicodeEncodeError:
        column = pa.array([without_halves(text)], pa.large_string())
    value: str = texts.normalised(column)[0].as_py()
    return value.encode()


def _reading(digest: Digest, read: int, whole: int | None) -> Reading:
    exact: int | None = int(digest.exact[0])
    if read > READ:
        # The kernel has mixed in the length of what it was shown; it belongs to the whole text.
        cut = int(kernel.CUT)
        exact = None if whole is None else exact ^ _mix(cut ^ read) ^ _mix(cut ^ whole)  # type: ignore[operator]
    skeleton = _signed(int(digest.skeleton[0])) if digest.has_skeleton[0] else None
    return Reading(exact, int(digest.words[0]), skeleton, tuple(digest.cues[0].tolist()))


def _mix(x: int) -> int:
    """The kernel's `mix`, on Python's integers."""
    x = ((x ^ (x >> 30)) * int(kernel.MIX_1)) & _BITS
    x = ((x ^ (x >> 27)) * int(kernel.MIX_2)) & _BITS
    return x ^ (x >> 31)


def _body_key(parts: tuple[Reading, Reading, Reading]) -> int | None:
    total = 0
    for part, multiplier in zip(parts, BODY_MULTIPLIERS, strict=True):
        if part.exact is None:
            return None
        total = ((total ^ (part.exact if part.words else 0)) * multiplier) & _BITS
        total ^= total >> 32
    return _signed(total) if any(part.words for part in parts) else None


def _with_sign(sketch: Sketch) -> Sketch:
    """Look at the same memory with its hashes as keys are stored."""
    parts: list[Any] = [part.view(np.int64) if part.dtype == np.uint64 else part for part in sketch]
    return Sketch(*parts)


def _sketched(sketch: Sketch) -> dict[str, Any]:
    anchors, ends = int(sketch.anchor_count[0]), sketch.has_ends[0]
    letters = sketch.scripts[0].tolist()
    letters[alphabet.HAN] *= texts.HAN_WEIGHT
    most = max(letters)
    return {
        "head_key": int(sketch.head[0]) if ends else None,
        "tail_key": int(sketch.tail[0]) if ends else None,
        "anchors": sketch.anchors[0].tolist()[:anchors] if anchors else None,
        "bands": sketch.bands[0].tolist() if sketch.has_bands[0] else None,
        "script": alphabet.SCRIPTS[letters.index(most)] if most > 0 else None,
        "semantic": sketch.semantic.tobytes() if sketch.has_semantic[0] else None,
    }


UNSKETCHED: Final = _sketched(_with_sign(new_sketch(1)))
"""What is known where no prompt is."""


def _labels(row: Mapping[str, Any], system: Sequence[int], prompt: Sequence[int]) -> dict[str, Any]:
    if row.get("prompt") is None and row.get("system") is None:
        return _UNLABELLED
    odds = list(map(sum, zip(system, prompt, _BIASES, strict=True)))
    exercise = odds[len(_ELICITATION) :]
    if row.get("tools"):
        exercise[_TOOL_USE] += _TOOLS
    if (row.get("images") or 0) > 0:
        exercise[_VISION] += _IMAGES
    best, share = largest_of_one(exercise)
    chances = zip(_ELICITATION, chances_of_one(odds[: len(_ELICITATION)]), strict=True)
    return {"capability": _CAPABILITIES[best], **dict(chances), "capability_p": share}


def _of_client(row: Mapping[str, Any]) -> dict[str, Any]:
    agent, headers, tools, ja4 = row.get("user_agent"), row.get("headers"), row.get("tools"), row.get("ja4")
    names = list(tools) if tools is not None else []
    return {
        "tls": _plain(ja4.strip().lower(), "tls") if ja4 and ja4.strip() else None,
        "client": None if agent is None else _client_name(agent),
        "header_tuple": _header_tuple(headers, agent),
        "tools_key": _signed(sum(_plain(name, "tool") for name in names) & _BITS) if names else None,
        "tools_count": None if tools is None else len(names),
    }


def _header_tuple(headers: Any, agent: str | None) -> int | None:
    """Sum the hashes of what a program sends with every request, as `client.header_tuples` does."""
    if headers is None and agent is None:
        return None
    total = 0 if agent is None else _plain(agent, "user-agent")
    entries = () if headers is None else headers.items() if isinstance(headers, Mapping) else headers
    for name, value in entries:
        lower = name.lower()
        if _name_is_kept(lower):
            total += _header(lower, value or "")
    return _signed(total & _BITS)


_plain = lru_cache(65_536)(plain_hash)
_client_name = lru_cache(4096)(client.client_name)


@lru_cache(65_536)
def _header(name: str, value: str) -> int:
    """Hash of a header; 0 if its value is an id or a time."""
    if client.PER_REQUEST_VALUES.fullmatch(value.strip()) is not None:
        return 0
    return plain_hash(f"{name}\n{value}", "header")


@lru_cache(4096)
def _name_is_kept(name: str) -> bool:
    return client.PER_REQUEST_NAMES.match(name) is None


def _once(text: str | None, read: Any) -> Reading:
    reading: Reading = NOTHING if text is None else read(text)
    return reading


def _of_id(value: str | None, hasher: Hasher) -> int | None:
    return None if value is None else hasher(value)


def _keyed(value: str | None, hasher: Hasher) -> int | None:
    return hasher(value) if value and value.strip() else None


def _signed(value: int | None) -> int | None:
    """Read 64 bits with a sign, as keys are stored."""
    return None if value is None else (value & _BITS) - (2**64 if value & 2**63 else 0)
