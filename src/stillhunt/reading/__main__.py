"""A reading process: takes lots as JSON lines on standard input, and says on standard output what became of each.

The first line says how to read, the secret among it, so that no command line and no environment shows it. When nobody
speaks or listens any more, the process ends.
"""

import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from stillhunt.errors import StillhuntError, unexpected
from stillhunt.ingest.sources import Input
from stillhunt.reading.lot import read_lot
from stillhunt.reading.lots import Work


def main() -> None:
    """Read lots until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this process stops it
    pa.set_cpu_count(1)
    start = json.loads(sys.stdin.readline())
    work = Work(bytes.fromhex(start["secret"]), start["format"], [Input(**i) for i in start["known"]])
    for line in sys.stdin:
        try:
            done = read_lot(json.loads(line)["files"], Path(start["folder"]), work, lambda count: _say({"read": count}))
            _say(asdict(done))
        except StillhuntError as error:
            _say({"error": type(error).__name__, "says": str(error)})
        except OSError as error:
            told = unexpected(error)
            _say({"error": type(told).__name__, "says": str(told)})


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
