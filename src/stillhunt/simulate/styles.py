"""How campaigns ask: templates in the project's own words, each segment in several wordings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

from stillhunt.simulate.text import Segments, Voice


@dataclass(frozen=True)
class Style:
    """One way to harvest.

    Attributes:
        pool: What is asked.
        capability: What it takes, when a scenario does not say otherwise.
        system: System prompt in segments.
        before: Fixed text before the item.
        after: Fixed text behind it.
        second: Second pool, for an answer to grade or a trace to clean.
        between: Fixed text between the two.
        turns: Calls of one trajectory.
        follow: Pool of later turns.
        tools: Tools offered.
        replays: Whether thinking signatures of other accounts are sent back.
        tag: Tag that answers are wrapped in.
        output_tokens: Median length of answers.
    """

    pool: str
    capability: str
    system: Segments = ()
    before: Segments = ()
    after: Segments = ()
    second: str = ""
    between: Segments = ()
    turns: int = 1
    follow: str = ""
    tools: tuple[str, ...] = ()
    replays: bool = False
    tag: str = ""
    output_tokens: float = 900.0

    def voice(self, wording: Literal["fixed", "account", "request"]) -> Voice:
        """Return the voice of this style."""
        return Voice(
            pool=self.pool, follow=self.follow, system=self.system, before=self.before, after=self.after,
            second=self.second, between=self.between, tools=self.tools, tag=self.tag, wording=wording,
            answer="trace" if self.tag or self.replays else "answer", output_tokens=self.output_tokens,
        )  # fmt: skip

    def bare(self) -> Voice:
        """Return the voice without any template: the items alone, as anybody might ask them."""
        return Voice(pool=self.pool, follow=self.follow, tools=self.tools, output_tokens=self.output_tokens)


def _read() -> dict[str, Style]:
    """Read the styles of `words/styles.json`."""
    source = resources.files("stillhunt.simulate").joinpath("words/styles.json").read_text("utf-8")
    return {
        name: Style(**{key: _frozen(value) for key, value in row.items()}) for name, row in json.loads(source).items()
    }


def _frozen(value: Any) -> Any:
    """Turn lists into tuples, all the way down."""
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value


STYLES: Mapping[str, Style] = MappingProxyType(_read())
"""All styles by name."""
