"""Benchmarks are programs in a folder of their own; their parts are imported from there, as the programs do."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
