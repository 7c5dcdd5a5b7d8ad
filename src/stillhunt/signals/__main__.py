"""Print the catalogue of signals: `python -m stillhunt.signals > docs/signals.md`."""

import sys

from stillhunt.signals import BUILTIN
from stillhunt.signals.catalogue import markdown

sys.stdout.write(markdown(BUILTIN))
