"""A sentence embedding that loads without a network: the static table of WordLlama (MIT), 256 dimensions.

The mean of the vectors of a text's tokens, scaled to unit length. The table is read directly, because the package's
own loader looks for a hub. Static: word order is lost; the published window test uses bge-small, a transformer.
"""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

LONGEST = 600
"""Characters of a text that are read."""


@cache
def _model() -> tuple[object, Vectors]:
    from safetensors.numpy import load_file  # noqa: PLC0415  of the extra `rivals`, which a test may lack
    from tokenizers import Tokenizer  # noqa: PLC0415

    found = find_spec("wordllama")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("The embedding is missing: install requirements-rivals.lock.")
    folder = Path(found.origin).parent
    table = load_file(folder / "weights" / "l2_supercat_256.safetensors")["embedding.weight"]
    tokenizer = Tokenizer.from_file(str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    return tokenizer, table.astype(np.float32)


def embed(texts: Sequence[str]) -> Vectors:
    """Return one unit vector a text; a text without tokens gets the zero vector. Equal texts are read once."""
    tokenizer, table = _model()
    distinct = list(dict.fromkeys(text[:LONGEST] for text in texts))
    vectors = np.zeros((len(distinct), table.shape[1]), np.float32)
    for start in range(0, len(distinct), 2_000):
        for i, tokens in enumerate(tokenizer.encode_batch(distinct[start : start + 2_000], add_special_tokens=False)):
            if tokens.ids:
                vectors[start + i] = table[tokens.ids].mean(axis=0)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
    place = {text: i for i, text in enumerate(distinct)}
    return vectors[[place[text[:LONGEST]] for text in texts]]
