"""Habits that no linter holds: short files and functions, plain names, docstrings, nothing that names our workplace."""

import ast
import hashlib
import re
import statistics

import pytest

from docs.repository import ROOT, modules, shown, tracked

MOST_LINES, MEDIAN_LINES, FUNCTION_LINES = 400, 150, 50
UNNAMED = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
"""Names that say nothing about what is inside."""

FORBIDDEN = {
    "host of a package index": r"py" r"pi\.org|python" r"hosted\.org|arti" r"factory|dev" r"pi\.",
    "path of a machine": r"/wo" r"rk/|/ro" r"ot/|/tm" r"p/wt|/hom" r"e/[a-z]|/User" r"s/[A-Za-z]",
    "word of the workplace": r"\bCE" r"O\b|\bsub" r"-?agent\b|\bissu" r"e #?\d+\b|\bshar" r"ed/[A-Z]+\.md\b",
}
"""Written in pieces, so that this file is none of its own findings."""

KEPT_AS_GIVEN = {"LICENSE"}


def lines(path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def definitions(tree: ast.Module):
    """Every function and class of a module with its dotted name, inner functions left out."""
    todo = [(node, "") for node in tree.body]
    while todo:
        node, within = todo.pop()
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{within}{node.name}"
            yield node, name
            if isinstance(node, ast.ClassDef):
                todo += [(inner, f"{name}.") for inner in node.body]


def test_files_are_short():
    for path in modules():
        assert lines(path) <= MOST_LINES, f"{shown(path)} has {lines(path)} lines: split it"
    assert statistics.median(map(lines, modules())) < MEDIAN_LINES


def test_the_readme_stays_short_and_has_its_place_for_the_proof():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 150
    begin, end = (text.find(f"<!-- proof:{mark} -->") for mark in ("begin", "end"))
    assert 0 < begin < end


def test_the_licence_is_unmodified():
    digest = hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest()
    assert digest == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def test_modules_say_what_they_hold():
    for path in modules():
        assert not {path.stem, *path.relative_to(ROOT).parts} & UNNAMED, f"{shown(path)} needs a name that says more"


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_public_things_are_explained_and_functions_are_short(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{shown(path)} has no docstring"
    for node, name in definitions(tree):
        if not any(part.startswith("_") for part in name.split(".")):
            assert ast.get_docstring(node), f"{shown(path)}: '{name}' has no docstring"
        if not isinstance(node, ast.ClassDef):
            code = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            length = node.end_lineno - code[0].lineno + 1
            assert length <= FUNCTION_LINES, f"{shown(path)}: '{name}' has {length} lines without its docstring"


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_imports_come_from_modules(path):
    """Importing the package root is where cycles begin; only its version may come from there."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert "stillhunt" not in {alias.name for alias in node.names}, shown(path)
        if isinstance(node, ast.ImportFrom) and node.module == "stillhunt":
            assert {alias.name for alias in node.names} == {"__version__"}, shown(path)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_names_machines_or_people(what):
    pattern = re.compile(FORBIDDEN[what])
    for path in tracked():
        if path.name in KEPT_AS_GIVEN:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a picture or a Parquet file
            continue
        found = pattern.search(text)
        assert found is None, f"{shown(path)} holds a {what}: '{found[0]}'"
