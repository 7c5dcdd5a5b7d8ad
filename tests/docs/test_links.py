"""Every link in every page leads somewhere."""

import re
from pathlib import Path

import pytest

from docs.repository import ROOT, modules, pages, prose, shown

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
IMAGE_TAG = re.compile(r'<img[^>]+src="([^"]+)"')
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
NAMED_IN_CODE = re.compile(r"\bdocs/[\w/-]+\.\w+")
OUTSIDE = re.compile(r"^(https?|mailto):")


def anchor(heading: str) -> str:
    """The anchor that Markdown viewers give a heading."""
    plain = re.sub(r"[`*]", "", heading).lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def links(page: Path) -> list[str]:
    text = prose(page)
    return [link for link in LINK.findall(text) + IMAGE_TAG.findall(text) if not OUTSIDE.match(link)]


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_links_resolve(page):
    for link in links(page):
        name, _, heading = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{shown(page)} links to '{link}', which is not there"
        assert target.is_relative_to(ROOT), f"{shown(page)} links to '{link}', outside the repository"
        if heading:
            known = {anchor(h) for h in HEADING.findall(prose(target))}
            assert heading in known, f"{shown(page)} links to '{link}', but no heading there is called that"


def test_the_readme_leads_to_every_page():
    """Nothing in docs/ is written that no reader can find from the README in a few steps."""
    seen, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in seen:
            continue
        seen.add(page)
        for link in links(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            todo += [target] if target.suffix == ".md" else []
            todo += sorted(target.glob("*.md")) if target.is_dir() else []
    lost = [shown(page) for page in pages() if page.is_relative_to(ROOT / "docs") and page not in seen]
    assert not lost, f"not reachable from README.md: {', '.join(lost)}"


def test_pages_named_in_code_exist():
    """Help texts and docstrings send nobody to a page that is not there."""
    for path in [*modules(), ROOT / "Makefile"]:
        for name in NAMED_IN_CODE.findall(path.read_text(encoding="utf-8")):
            assert (ROOT / name).exists(), f"{shown(path)} names '{name}', which is not there"
