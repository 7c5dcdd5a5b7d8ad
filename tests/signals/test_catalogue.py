"""docs/signals.md is what the signals say of themselves."""

import runpy
from pathlib import Path

from stillhunt.signals import BUILTIN
from stillhunt.signals.catalogue import markdown

DOCUMENT = Path(__file__).parents[2] / "docs" / "signals.md"


def test_the_document_has_not_drifted():
    assert DOCUMENT.read_text(encoding="utf-8") == markdown(BUILTIN), (
        "Write it anew: python -m stillhunt.signals > docs/signals.md"
    )


def test_every_signal_has_a_section_with_its_words():
    page = markdown(BUILTIN)
    for signal in BUILTIN:
        section = page.partition(f"## {signal.name}\n")[2].partition("\n## ")[0]
        for text in (signal.says, signal.misses, signal.false_alarms):
            assert text in section


def test_the_module_prints_the_document(capsys):
    runpy.run_module("stillhunt.signals", run_name="__main__")
    assert capsys.readouterr().out == markdown(BUILTIN)
