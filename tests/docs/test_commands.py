"""Command lines shown in the pages work as they stand."""

import re
import shlex

import pytest

from docs.reference_pages import named_command
from docs.repository import ROOT, blocks, pages, shown, spans

TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
ASSIGNMENT = re.compile(r"^[A-Z_]+=")


def commands(text: str) -> list[list[str]]:
    """Each command of a shell text, in words, without comments, prompts, redirections and variables."""
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        for command in re.split(r"\s(?:\||&&|;)\s", line.removeprefix("$ ")):
            try:
                words = shlex.split(command, comments=True)
            except ValueError:  # prose in a block, such as an apostrophe
                continue
            while words and ASSIGNMENT.match(words[0]):
                words = words[1:]
            for redirect in (">", "<", "2>"):
                if redirect in words:
                    words = words[: words.index(redirect)]
            found += [words] if words else []
    return found


def of_program(words: list[str]) -> bool:
    return words[0].rpartition("/")[2] == "stillhunt" and len(words) > 1


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_shown_command_lines_parse(page):
    for block in blocks(page):
        if block.language not in ("", "sh", "console", "bash"):
            continue
        for words in commands(block.text):
            if of_program(words) and not words[1].startswith("-"):
                command, rest = named_command(words[1:])
                command.make_context(words[1], [w for w in rest if w != "..."])
            if words[0] == "make":
                assert_targets(page, words)


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_commands_in_prose_exist(page):
    for span in spans(page):
        for words in commands(span):
            if words[0] == "make":
                assert_targets(page, words)
            if of_program(words) and words[1].isidentifier():
                command, rest = named_command(words[1:])
                options = {o for p in command.params for o in p.opts} | {"--help"}
                used = {w.partition("=")[0] for w in rest if w.startswith("--")}
                assert used <= options, f"{shown(page)} names '{span}'"


def assert_targets(page, words: list[str]) -> None:
    for word in words[1:]:
        if not ASSIGNMENT.match(word) and word.isidentifier():
            assert word in TARGETS, f"{shown(page)} shows 'make {word}', which is no target"


def test_every_make_target_is_explained():
    """A target that nobody explains is a target that nobody runs."""
    text = "".join(page.read_text(encoding="utf-8") for page in pages())
    for target in TARGETS:
        assert f"make {target}" in text, f"no page mentions `make {target}`"
