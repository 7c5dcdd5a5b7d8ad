"""The cause decides the exit code, wherever it strikes: a disk that is full or fails is 3, what is forbidden is 2."""

import errno
import os
from contextlib import closing
from pathlib import Path

import pytest

from stillhunt.cli import app
from stillhunt.errors import ServiceError, UsageError
from stillhunt.evidence.reference import Reference
from stillhunt.live.container import Container
from stillhunt.live.log import DecisionLog
from stillhunt.live.permit import enable
from stillhunt.live.policy import Policy
from stillhunt.live.replay import Replay
from stillhunt.pipeline import hunt
from stillhunt.runs import Run, claimed, finish, write_table
from stillhunt.schema import REJECTED
from stillhunt.stream.files import GrowingFiles

SECRET = b"a secret of some bytes"
FULL = Path("/dev/full")
POLICY = 'name = "n"\nappeal = "a"\n[[rule]]\naction = "watch"\nbits = 6\nexpires = "7 days"\n'
CALL = '{"exchange_id": "x", "ts": "2026-03-02T10:15:00Z", "account_id": "a"}\n'
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full, a disk without room")


def permit(folder: Path) -> None:
    (folder / "policy.toml").write_text(POLICY)
    title = Policy.load(folder / "policy.toml").title
    enable(folder / "policy.toml", Replay(title, "run", 1, 1.0, {}, exact=True), SECRET)


def remember(folder: Path) -> None:
    (folder / "log.jsonl").write_text(CALL)
    with closing(GrowingFiles([folder / "log.jsonl"], state=folder / "state", end=True)) as source:
        source.commit(next(source.batches()))


WRITERS = {
    "watch.list": lambda folder: Container(b"0123456789abcdef", "watch list", "x").write(
        folder / "watch.list", {}, {}, SECRET
    ),
    "rejected.parquet": lambda folder: write_table(folder, REJECTED, REJECTED.empty()),
    "run.json": lambda folder: finish(folder, {}),
    "reference.json": lambda folder: Reference.load().save(folder / "reference.json"),
    "policy.toml.permit": permit,
    "state": remember,
}


def partial(folder: Path, name: str) -> Path:
    mark = f".{os.getpid()}" if name == "watch.list" else ""
    return folder / f"{name}{mark}.partial"


@needs_full
@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_no_mistake_of_the_user_and_leaves_no_part_of_a_file(tmp_path, name):
    (tmp_path / name).write_text("before")
    if name == "state":
        (tmp_path / name).unlink()  # its writer reads it first
    partial(tmp_path, name).symlink_to(FULL)
    with pytest.raises(ServiceError, match=r"cannot be written \(No space left on device\): mend that") as told:
        WRITERS[name](tmp_path)
    assert "\n" not in str(told.value)
    assert not list(tmp_path.glob("*.partial"))
    if name != "state":
        assert (tmp_path / name).read_text() == "before"


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_what_is_forbidden_the_user_can_mend(tmp_path, monkeypatch, name, number):
    def forbidden(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", forbidden)
    with pytest.raises(UsageError, match="cannot be written"):
        WRITERS[name](tmp_path)
    assert not list(tmp_path.glob("*.partial"))


@needs_full
def test_a_hunt_on_a_full_disk_can_be_gone_on_with(tmp_path):
    (tmp_path / "log.jsonl").write_text(CALL)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.lock").touch()
    partial(tmp_path / "run", "run.json").symlink_to(FULL)
    with pytest.raises(ServiceError, match="No space left"):
        hunt([tmp_path / "log.jsonl"], out=tmp_path / "run")
    assert hunt([tmp_path / "log.jsonl"], out=tmp_path / "run").info["counts"]["exchanges"] == 1


@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.EIO, ServiceError), (errno.EDQUOT, ServiceError), (errno.EACCES, UsageError), (errno.EISDIR, UsageError)],
)
def test_the_same_holds_where_files_are_read_or_begun(tmp_path, monkeypatch, number, kind):
    def fails(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "read_bytes", fails)
    with pytest.raises(kind, match=r"run\.json' cannot be read"):
        Run.open(tmp_path)
    with pytest.raises(kind, match="policy 'p' cannot be read"):
        Policy.load("p")
    monkeypatch.setattr(Path, "open", fails)
    with pytest.raises(kind, match=r"decision log .* cannot be written"):
        DecisionLog(tmp_path / "decisions.jsonl", SECRET)
    monkeypatch.setattr(Path, "mkdir", fails)
    with pytest.raises(kind, match=r"run folder .* cannot be made"), claimed(tmp_path / "run"):
        pass


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.EACCES, 2), (errno.EROFS, 2), (errno.ENOSPC, 3), (errno.EIO, 3), (errno.EMFILE, 3)],
)
def test_what_no_command_expects_has_the_code_of_its_cause(monkeypatch, capsys, number, code):
    def fails(_):
        raise OSError(number, os.strerror(number), "place")

    monkeypatch.setattr(Run, "open", fails)
    with pytest.raises(SystemExit) as left:
        app(["evaluate", "run", "--truth", "truth"], prog_name="stillhunt")
    assert left.value.code == code
    assert capsys.readouterr().err.startswith("stillhunt: The system failed at 'place' (")
