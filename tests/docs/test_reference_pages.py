"""The reference pages say what the code says, and name every command, option, setting, table, column and exit code."""

import os

import pytest

from docs.reference_pages import COMMANDS, OTHER_FILES, RUN_JSON, run_folder_page, settings_page
from docs.repository import ROOT
from stillhunt.config import Settings
from stillhunt.errors import ExitCode
from stillhunt.runs import RESULTS
from stillhunt.schema import TABLES

PAGES = {"settings.md": settings_page, "run-folder.md": run_folder_page}


@pytest.fixture(scope="module", autouse=True)
def _written_anew_on_request():
    if os.environ.get("UPDATE_DOCS"):
        for name, made in PAGES.items():
            (ROOT / "docs" / name).write_text(made(), encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_page_is_as_the_code(name):
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert text == PAGES[name](), f"docs/{name} has drifted: run `UPDATE_DOCS=1 make test`"


def test_every_command_option_and_setting_is_named():
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for name, command in COMMANDS.items():
        assert f"### stillhunt {name}\n" in text
        section = text.split(f"### stillhunt {name}\n")[1].split("\n#")[0]
        for parameter in command.params:
            assert parameter.help, f"'{parameter.name}' of '{name}' has no help"
            for option in parameter.opts if parameter.param_type_name == "option" else [parameter.name.upper()]:
                assert f"| `{option}` |" in section
    for field in Settings.__dataclass_fields__:
        assert f"| `{field}` |" in text
        assert f"--{field.replace('_', '-')}" in text, f"setting '{field}' is no option of `stillhunt hunt`"
    for code in ExitCode:
        assert f"| {int(code)} |" in text


def test_every_table_and_column_is_named():
    text = (ROOT / "docs" / "run-folder.md").read_text(encoding="utf-8")
    for table in TABLES.values():
        section = text.split(f"### {table.name}\n")[1].split("\n### ")[0]
        assert table.meaning in section
        for column in table.columns:
            assert f"| `{column.name}` |" in section


def test_a_run_holds_what_the_page_says(readme_run):
    named = {f"{t.name}.parquet" for t in RESULTS} | {name.rstrip("/") for name in OTHER_FILES}
    assert {path.name for path in readme_run.path.iterdir()} == named
    assert set(readme_run.info) == set(RUN_JSON)
