"""docs/gateways.md names every setting and metric, and its table is written from the code."""

import os
import typing
from dataclasses import MISSING, fields

import pytest

pytest.importorskip("fastapi", reason="needs what gateways need: pip install -r requirements-live.lock")

from docs.repository import ROOT
from stillhunt.gateway.counting import Counting
from stillhunt.gateway.settings import GatewaySettings

PAGE = ROOT / "docs" / "gateways.md"
BEGIN, END = "<!-- settings:begin -->\n", "<!-- settings:end -->"


def table() -> str:
    hints = typing.get_type_hints(GatewaySettings, include_extras=True)
    rows = ["| Setting | Default | What it does |", "| --- | --- | --- |"]
    for field in fields(GatewaySettings):
        required = field.default is MISSING and field.default_factory is MISSING
        value = "" if field.default in (None, MISSING) else str(field.default).lower()
        default = "required" if required else f"`{value}`" if value else ""
        rows.append(f"| `{field.name}` | {default} | {typing.get_args(hints[field.name])[1]} |")
    return "\n".join(rows) + "\n"


def test_the_table_of_settings_is_as_the_code():
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    given, tail = rest.split(END)
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(f"{head}{BEGIN}{table()}{END}{tail}", encoding="utf-8")
        given = table()
    assert given == table(), "docs/gateways.md has drifted: run `UPDATE_DOCS=1 make test`"


def test_every_metric_is_named():
    text = PAGE.read_text(encoding="utf-8")
    for name in Counting().names():
        assert f"`{name}" in text
