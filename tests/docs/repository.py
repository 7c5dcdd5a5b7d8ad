"""The repository as its readers see it: pages, the code in them, and source files."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "stillhunt"

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"`([^`\n]+)`")


class Block(NamedTuple):
    """A fenced block of a page."""

    page: Path
    language: str
    text: str


def tracked() -> list[Path]:
    """Every file of the repository that git does not ignore, in order."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    return sorted(ROOT / name for name in set(listed) if (ROOT / name).is_file())


def pages() -> list[Path]:
    """Every Markdown page."""
    return [path for path in tracked() if path.suffix == ".md"]


def modules() -> list[Path]:
    """Every module of the package."""
    return sorted(SOURCE.rglob("*.py"))


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page."""
    for language, text in FENCE.findall(page.read_text(encoding="utf-8")):
        yield Block(page, language, text)


def spans(page: Path) -> list[str]:
    """The code spans in the prose of a page."""
    return CODE_SPAN.findall(prose(page))


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def shown(path: Path) -> str:
    """A path for a message."""
    return str(path.relative_to(ROOT))
