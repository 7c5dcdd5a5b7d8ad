"""An earlier run that a new one may stand on: its features are taken over, and its log lines are not read again.

That is honest only if they are what this program would make of those lines with this secret. Both are checked by what
they give: the secret by the keyed hash of a constant, the program by the features of a few made-up exchanges. A number
kept by hand would be forgotten at the first change of the kernel.
"""

import json
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.types as pt

from stillhunt.errors import UsageError
from stillhunt.features.featurise import featurise
from stillhunt.features.keyed import Hasher, plain_hash
from stillhunt.runs import Run
from stillhunt.schema import EXCHANGE, FEATURES

_OPEN_SECRET: Final = b"known to everybody"
_WORDS: Final = "Explain step by step why the 3 rivers meet, then write 'source' for each in a table of the valley."
_PROBE: Final[tuple[dict[str, Any], ...]] = (
    {"system": "You are a careful analyst.", "prompt": _WORDS * 3, "response": "They meet.", "ip": "192.0.2.7"},
    {"opening": "Bonjour", "prompt": "解释这个函数 def f(x): return x", "user_agent": "tool/2.1", "tools": ["b"]},
    {"prompt": "Grade the answer 1 to 10.", "headers": [("x-lang", "js")], "ja4": "t13d", "reasoning_in": ["s"]},
)  # fmt: skip


def fingerprints(secret: bytes) -> dict[str, str]:
    """Return what `run.json` keeps so that a later run can tell whether it may go on from here.

    Returns:
        `secret`: tells two secrets apart and gives away nothing else. `features`: changes when the program makes
        other keys or labels of the same exchange.
    """
    rows = [{"exchange_id": str(n), "ts": n, "account_id": "a"} | row for n, row in enumerate(_PROBE)]
    made = featurise(pa.RecordBatch.from_pylist(rows, schema=EXCHANGE.arrow), _OPEN_SECRET)
    # Fractions may differ in their last digit between machines, and what is made of them does not.
    exact = [f.name for f in FEATURES.arrow if not pt.is_floating(f.type) and not pt.is_fixed_size_binary(f.type)]
    said = json.dumps(made.select(exact).to_pydict(), sort_keys=True)
    return {"secret": _of_secret(secret), "features": _hex(plain_hash(said, "features"))}


def require_secret(run: Run, secret: bytes) -> None:
    """Refuse a run that was made with another secret: what is keyed with this one would be found nowhere in it.

    Raises:
        UsageError: It was.
    """
    if _fingerprints(run).get("secret", ours := _of_secret(secret)) != ours:
        msg = (
            f"The run at '{run.path}' was made with another secret, so none of its keys would match: give that secret."
        )
        raise UsageError(msg)


def open_earlier(path: Path, secret: bytes) -> Run:
    """Open the run that a new one is to stand on.

    Raises:
        UsageError: If no complete run stands there, a file of it cannot be read, or its features were made with
            another secret or by a program that makes other features.
    """
    run = Run.open(path)
    require_secret(run, secret)
    if _fingerprints(run).get("features") != fingerprints(secret)["features"]:
        msg = (
            f"The run at '{path}' holds features that another version of this program made: hunt all logs once more "
            "without --after, and go on from there."
        )
        raise UsageError(msg)
    if not run.features:
        raise UsageError(f"The run at '{path}' has lost its features: give another to --after, or read all logs again.")
    run.check_files()  # now, and not after an hour of reading
    return run


def _fingerprints(run: Run) -> dict[str, str]:
    made = run.info.get("fingerprints")
    return made if isinstance(made, dict) else {}


def _of_secret(secret: bytes) -> str:
    return _hex(Hasher("fingerprint", secret)("stillhunt"))


def _hex(key: int) -> str:
    return f"{key & 0xFFFFFFFFFFFFFFFF:016x}"
