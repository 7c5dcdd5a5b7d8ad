"""From EXCHANGE to FEATURES: the one function through which text leaves the pipeline."""

from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillhunt.errors import InputError
from stillhunt.features import arrays, client, keyed, texts
from stillhunt.features.capability import CAPABILITY
from stillhunt.features.cues import HUNDREDTHS, logistic, softmax, tables
from stillhunt.features.elicitation import ELICITATION
from stillhunt.features.layout import Digest
from stillhunt.schema import EXCHANGE, FEATURES

LABELS: Final = (*ELICITATION, *CAPABILITY)
TOOLS_OFFERED: Final = 2.0
"""Log-odds that offered tools add to tool use."""
IMAGES_SENT: Final = 6.0
"""Log-odds that images add to vision."""
BODY_MULTIPLIERS: Final = (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0x8A5CD789635D2DFF)
"""Of system, opening and prompt: their places count, so odd multipliers differ."""
Columns: TypeAlias = dict[str, pa.Array]


def featurise(batch: pa.RecordBatch, secret: bytes) -> pa.RecordBatch:
    """Say what each exchange says without its text.

    A pure function of each row: batch size, order, chunking and slicing change nothing. Null stays null; a text
    without words has no keys. Ids, addresses, devices, API keys, conversations and thinking signatures are hashed with
    the secret. Hashes of text and of client programs are *not*: two providers have to be able to match a template
    without showing it. The consequence: whoever has a text can check whether it was sent, so FEATURES stays inside the
    house unless it is cut down to what sharing needs.

    Args:
        batch: EXCHANGE.
        secret: The provider's secret for keyed hashes.

    Returns:
        FEATURES, row for row.

    Raises:
        InputError: A column of EXCHANGE is missing.
        UsageError: The secret is empty.
    """
    missing = [name for name in EXCHANGE.names if name not in batch.schema.names]
    if missing:
        raise InputError(f"The exchanges lack the column(s) {', '.join(missing)}; read them with stillhunt.ingest.")
    given = {name: batch.column(name) for name in EXCHANGE.names}
    made = _of_text(given) | _of_client(given) | _of_ids(given, secret)
    columns = [made[n] if n in made else given[n] for n in FEATURES.names]
    return pa.RecordBatch.from_arrays(
        [column.cast(field.type) for column, field in zip(columns, FEATURES.arrow, strict=True)],
        schema=FEATURES.arrow,
    )


def _of_ids(given: Columns, secret: bytes) -> Columns:
    address, network = keyed.address_keys(given["ip"], secret)
    return {
        "account_key": keyed.id_keys(given["account_id"], "account", secret),
        "exchange_key": keyed.id_keys(given["exchange_id"], "exchange", secret),
        "api_key": keyed.keyed(given["api_key_id"], "api_key", secret),
        "conversation": keyed.keyed(given["conversation_id"], "conversation", secret),
        "device": keyed.keyed(given["device_id"], "device", secret),
        "address": address,
        "network": network,
        # One purpose for both: a signature sent back must equal the signature issued.
        "reasoning_in": keyed.keyed_lists(given["reasoning_in"], "reasoning", secret),
        "reasoning_out": keyed.keyed_lists(given["reasoning_out"], "reasoning", secret),
    }


def _of_client(given: Columns) -> Columns:
    tools_key, tools_count = client.tools_keys(given["tools"])
    return {
        "tls": client.tls_keys(given["ja4"]),
        "client": client.clients(given["user_agent"]),
        "header_tuple": client.header_tuples(given["headers"], given["user_agent"]),
        "tools_key": tools_key,
        "tools_count": tools_count,
    }


def _of_text(given: Columns) -> Columns:
    lookups = tables(LABELS)
    system = texts.read_repeating(given["system"], lookups)
    opening = texts.read_repeating(given["opening"], lookups)
    prompt, sketch = texts.read_column(given["prompt"], lookups, sketch=True)
    known = arrays.validity(given["prompt"])
    return {
        "system_key": arrays.keys(system.skeleton, system.has_skeleton),
        "opening": arrays.keys(opening.exact, opening.words > 0),
        "prompt_key": arrays.keys(prompt.exact, prompt.words > 0),
        "body_key": _body_keys((system, opening, prompt), known),
        "head_key": arrays.keys(sketch.head, sketch.has_ends),
        "tail_key": arrays.keys(sketch.tail, sketch.has_ends),
        "anchors": arrays.key_lists(sketch.anchors, sketch.anchor_count),
        "bands": arrays.key_lists(sketch.bands, np.where(sketch.has_bands, sketch.bands.shape[1], 0)),
        "chars": pc.utf8_length(given["prompt"]),
        "words": pa.array(prompt.words, mask=~known),
        "response_chars": pc.utf8_length(given["response"]),
        "script": texts.scripts(sketch.scripts),
        "semantic": arrays.vectors(sketch.semantic, sketch.has_semantic),
        **_labels(given, system.cues + prompt.cues),
    }


def _body_keys(parts: tuple[Digest, Digest, Digest], known: NDArray[np.bool_]) -> pa.Array:
    """Combine the hashes of system, opening and prompt."""
    total = np.zeros(len(known), np.uint64)
    for part, multiplier in zip(parts, BODY_MULTIPLIERS, strict=True):
        total = (total ^ np.where(part.words > 0, part.exact, 0)) * np.uint64(multiplier)
        total ^= total >> np.uint64(32)
    said = np.logical_or.reduce([part.words > 0 for part in parts])
    return arrays.keys(total, known & said)


def _labels(given: Columns, sums: NDArray[np.int32]) -> Columns:
    """Turn sums of cues, tools and images into labels; a request without any text has none."""
    elicit, exercise = sums[:, : len(ELICITATION)], sums[:, len(ELICITATION) :].copy()
    names = [label.name for label in CAPABILITY]
    tools = arrays.lengths(given["tools"]) > 0
    images = pc.fill_null(given["images"], 0).to_numpy(zero_copy_only=False) > 0
    exercise[:, names.index("tool_use")] += round(TOOLS_OFFERED * HUNDREDTHS) * tools
    exercise[:, names.index("vision")] += round(IMAGES_SENT * HUNDREDTHS) * images
    known = arrays.validity(given["prompt"]) | arrays.validity(given["system"])
    shares = softmax(exercise, CAPABILITY)
    best = shares.argmax(axis=1)
    chances = logistic(elicit, ELICITATION)
    return {
        "capability": arrays.names(tuple(names), best, known),
        **{label.name: pa.array(chances[:, i].copy(), mask=~known) for i, label in enumerate(ELICITATION)},
        "capability_p": pa.array(shares[np.arange(len(best)), best], mask=~known),
    }
