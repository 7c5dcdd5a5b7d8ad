"""The program as its users start it: what it says when something is wrong, its exit codes, and what goes to stdout."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stillhunt.cli import app
from stillhunt.config import SECRET_VARIABLE

GOLDEN = Path(__file__).parent / "golden" / "messages.txt"
CALL = '{"exchange_id": "x%d", "ts": "2026-03-02T10:15:00Z", "account_id": "a"}\n'
# As a background job of a shell a program starts with interrupts ignored; as a user's it does not.
PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from stillhunt.cli import main; main()"
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A current folder with a log, a file that is no folder, a finished run's mark, and policies."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "calls.jsonl").write_text("".join(CALL % n for n in range(8)))
    (tmp_path / "bad.jsonl").write_text(CALL % 1 + "nonsense\n")
    (tmp_path / "file").write_text("")
    (tmp_path / "done").mkdir()
    (tmp_path / "done" / "run.json").write_text("{}")
    rule = '[[rule]]\naction = "watch"\nbits = 6\nexpires = "7 days"\n'
    (tmp_path / "policy.toml").write_text(f'name = "n"\nappeal = "a"\n{rule}')
    (tmp_path / "typo.toml").write_text(f'name = "n"\nappeal = "a"\n{rule.replace("watch", "wach")}')
    return tmp_path


def said(words: list[str], capsys) -> str:
    """Run the program in this process; return its exit code and what it said, without the bars of progress."""
    with pytest.raises(SystemExit) as left:
        app(words, prog_name="stillhunt")
    told = capsys.readouterr()
    assert told.out == ""
    lines = [line for line in told.err.splitlines() if line.startswith("stillhunt: ")]
    return f"{int(left.value.code)}: {' '.join(lines)}"


def start(*words: str, **given) -> subprocess.CompletedProcess[bytes]:
    """Start the real program."""
    return subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, check=False, **given)


def test_errors_are_golden(folder, capsys, monkeypatch):
    found = []
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        if not line.startswith("$ "):
            continue
        words = shlex.split(line.removeprefix("$ "))
        with monkeypatch.context() as patch:
            while "=" in words[0]:
                patch.setenv(*words.pop(0).split("=", 1))
            assert words.pop(0) == "stillhunt"
            found.append(f"{line}\n{said(words, capsys)}\n")
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text("\n".join(found), encoding="utf-8")
    assert "\n".join(found) == GOLDEN.read_text(encoding="utf-8"), "if it should have changed, set UPDATE_GOLDEN=1"


@pytest.mark.parametrize("words", ["hnut", "hunt", "hunt logs --level much", "hunt logs --lvel 0.1", "evaluate run"])
def test_a_command_line_that_does_not_parse_is_the_users_mistake(words):
    done = start(*words.split())
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"Usage: stillhunt ")
    assert b"Traceback" not in done.stderr


def test_exit_code_0_and_standard_input(folder):
    log = (folder / "logs" / "calls.jsonl").read_bytes()
    done = start("hunt", "-", "--out", "run", "--json", input=log)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["totals"]["campaigns"] == 0
    (read,) = json.loads((folder / "run" / "run.json").read_text())["inputs"]
    assert (read["path"], read["bytes"], read["format"]) == ("-", len(log), "native")


def test_exit_code_1_when_too_much_was_rejected(folder):
    done = start("hunt", "bad.jsonl", "--out", "run", "--json")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"1 of 2 input lines were rejected" in done.stderr
    assert (folder / "run" / "run.json").exists()


def test_exit_code_2_for_the_users_mistake(folder):
    done = start("hunt", "nowhere", "--out", "run")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"There is no file or folder 'nowhere'" in done.stderr


def test_exit_code_3_when_something_outside_fails(folder):
    given = {name: value for name, value in os.environ.items() if name != SECRET_VARIABLE}
    done = start("hunt", "logs", "--out", "run", env=given | {"XDG_CONFIG_HOME": str(folder / "file")})
    assert (done.returncode, done.stdout) == (3, b"")
    assert b"stillhunt: The secret at " in done.stderr
    assert b"Traceback" not in done.stderr


def test_exit_code_130_when_somebody_stops_a_hunt_that_waits_for_input(folder):
    command = [sys.executable, "-c", PROGRAM, "hunt", "-", "--out", "run"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        lines = b"".join(CALL.encode() % n for n in range(5_000))
        assert len(lines) > 4 * 65_536  # more than a pipe holds: when it is written, the program is reading
        program.stdin.write(lines)
        program.stdin.flush()
        program.send_signal(signal.SIGINT)
        out, told = program.communicate(timeout=60)
    assert (program.returncode, out) == (130, b"")
    assert b"stillhunt: Interrupted" in told
    assert b"Traceback" not in told
    assert not (folder / "run" / "run.json").exists()


def test_a_reader_of_stdout_may_leave(folder):
    program = shlex.quote(sys.executable)
    command = f"{program} -m stillhunt.cli hunt logs --out run --json | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"Error" not in done.stderr


def test_json_is_one_document_on_stdout_and_nothing_else(folder):
    made = start("simulate", "world", "--scenario", "mixed", "--accounts", "150", "--days", "2", "--json")
    assert made.returncode == 0, made.stderr.decode()
    world = json.loads(made.stdout)
    assert world["accounts"] == 150
    hunted = start("hunt", world["logs"], "--accounts", world["accounts_file"], "--out", "run", "--json")
    assert hunted.returncode == 0, hunted.stderr.decode()
    assert json.loads(hunted.stdout)["totals"]["accounts"] <= 150
    judged = start("evaluate", "run", "--truth", world["truth"], "--json")
    assert judged.returncode == 0, judged.stderr.decode()
    assert {"accounts", "requests", "campaigns"} <= set(json.loads(judged.stdout))
    again = start("evaluate", "run", "--truth", world["truth"])
    assert again.returncode == 0
    assert "Quality" in again.stdout.decode()
    assert again.stderr == b""


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["hunt", "--help"], ["simulate", "--help"]])
def test_nothing_heavy_is_imported_before_there_is_work(words):
    script = (
        "import sys; from stillhunt.cli import app; app(sys.argv[1:], standalone_mode=False);"
        "heavy = {'altair', 'duckdb', 'numba', 'numpy', 'pyarrow', 'scipy', 'sqlglot'} & set(sys.modules);"
        "sys.exit(', '.join(sorted(heavy)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_hunt_begins_without_what_only_its_end_needs():
    script = "import sys, stillhunt.pipeline; sys.exit(', '.join({'altair', 'scipy.stats'} & set(sys.modules)) or None)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
