"""Names of files and folders in what the program says are shown as they are: no markup, no command to a terminal."""

import pytest

from stillhunt.cli import app
from stillhunt.cli_output import say, show

ODD = ["w[/y].list", "w[red]", "w[bold]x[/bold]", "w:fire:", "100%"]
HIDDEN = "w\x1b[31m\x07\u202e\udc80"


@pytest.mark.parametrize("name", ODD)
def test_a_result_shows_a_name_as_it_is(capsys, name):
    show({}, f"Written to '{name}'", as_json=False)
    assert capsys.readouterr().out == f"Written to '{name}'\n"


def test_a_result_is_not_broken_into_lines(capsys):
    show({}, "word " * 100, as_json=False)
    assert capsys.readouterr().out == "word " * 100 + "\n"


@pytest.mark.parametrize("name", ODD)
def test_an_error_shows_a_name_as_it_is(capsys, name):
    with pytest.raises(SystemExit):
        app(["evaluate", f"nowhere/{name}", "--truth", "t"], prog_name="stillhunt")
    assert f"No complete run at 'nowhere/{name}': give" in capsys.readouterr().err


def test_what_would_command_a_terminal_is_written_out(capsys):
    with pytest.raises(SystemExit):
        app(["evaluate", HIDDEN, "--truth", "t"], prog_name="stillhunt")
    assert r"'w\u001b[31m\u0007\u202e\udc80'" in capsys.readouterr().err
    show({}, f"Written to {HIDDEN}", as_json=False)
    assert capsys.readouterr().out == "Written to w\\u001b[31m\\u0007\\u202e\\udc80\n"


def test_a_sentence_stays_on_its_line(capsys):
    say("The file 'a\nstillhunt: all is well' is gone. " + "word " * 100)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(r"The file 'a\nstillhunt: all is well' is gone.")
