"""The page of the simulator names every look-alike that there is, near misses with their sizes."""

import re

from docs.repository import CODE_SPAN, ROOT
from stillhunt.simulate.lookalikes import KINDS, NEAR_MISSES

TEXT = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
NEAR_MISS = re.compile(r"^\| `(\w+)` \| (\d+)–(\d+) \|", re.MULTILINE)


def test_every_near_miss_has_its_row():
    rows = {name: (int(least), int(most)) for name, least, most in NEAR_MISS.findall(TEXT)}
    assert rows == {name: (KINDS[name].least, KINDS[name].size) for name in NEAR_MISSES}


def test_every_other_look_alike_is_named():
    (listed,) = re.findall(r"^Look-alikes: (.*?), and the near misses below", TEXT, re.MULTILINE | re.DOTALL)
    assert set(CODE_SPAN.findall(listed)) == set(KINDS) - set(NEAR_MISSES)
