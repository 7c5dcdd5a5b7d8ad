"""How often each label is given to texts whose kind is known: one line per source.

    python benchmarks/labels.py FOLDER [--half read|held] [--limit N]

FOLDER holds gzip JSON Lines with `text`, `source`, `label` and `capability`, and where known `system`. Sources are
parted in two by a hash of their name: the cues were mended while looking at the half called `read`, so the half called
`held` says how they do on texts nobody looked at.
"""

import argparse
import gzip
import json
import zlib
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow as pa

from stillhunt.features.elicitation import ELICITATION
from stillhunt.features.featurise import featurise
from stillhunt.schema import EXCHANGE


def half_of(source: str) -> str:
    """Return the half that a source belongs to."""
    return "held" if zlib.crc32(source.encode()) % 2 else "read"


def read_sources(folder: Path, limit: int) -> dict[tuple[str, str, str], list[dict[str, str]]]:
    """Read up to `limit` rows of every source, by (label, capability, source)."""
    found: dict[tuple[str, str, str], list[dict[str, str]]] = defaultdict(list)
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt") as lines:
            for line in lines:
                row = json.loads(line)
                if not row.get("text"):
                    continue
                rows = found[row.get("label") or "", row.get("capability") or "", row.get("source") or path.stem]
                if len(rows) < limit:
                    rows.append(row)
    return found


def labels_of(rows: list[dict[str, str]]) -> pa.RecordBatch:
    """Give the labels of some rows."""
    exchanges = [
        {
            "exchange_id": str(i),
            "ts": i,
            "account_id": "a",
            "prompt": row["text"],
            "system": row.get("system"),
        }
        for i, row in enumerate(rows)
    ]
    return featurise(pa.RecordBatch.from_pylist(exchanges, schema=EXCHANGE.arrow), b"benchmark")


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--half", choices=["read", "held"])
    arguments.add_argument("--limit", type=int, default=500)
    options = arguments.parse_args()
    names = [label.name for label in ELICITATION]
    print(
        f"{'source':<32}{'half':<6}{'rows':>5}  {'  '.join(n.removeprefix('elicit_')[:6] for n in names)}  capability"
    )
    for (label, capability, source), rows in sorted(read_sources(options.folder, options.limit).items()):
        if options.half and half_of(source) != options.half:
            continue
        batch = labels_of(rows)
        shares = [sum(p is not None and p > 0.5 for p in batch[name].to_pylist()) / len(rows) for name in names]
        common = Counter(batch["capability"].to_pylist()).most_common(3)
        top = " ".join(f"{name}:{count / len(rows):.0%}" for name, count in common)
        share = "  ".join(f"{s:>6.1%}" for s in shares)
        print(f"{source[:31]:<32}{half_of(source):<6}{len(rows):>5}  {share}  {top}  [{label}/{capability}]")


if __name__ == "__main__":
    main()
