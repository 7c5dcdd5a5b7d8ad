"""Which files a folder or a pattern holds. What cannot be looked at is an error: calls would be lost in silence."""

import glob
import os
import stat
from collections.abc import Iterator
from functools import cache
from itertools import takewhile
from pathlib import Path

from stillhunt.errors import UsageError
from stillhunt.ingest.warehouse import is_table
from stillhunt.runs import is_run


def files_below(folder: Path) -> list[str]:
    """Return every file below a folder, in order; links are followed, and each folder is gone through once.

    Names that begin with a dot or an underscore (marks of other programs) and run folders are left out.

    Raises:
        PermissionError: If one may not be looked at.
        UsageError: If a link leads nowhere, or a table stands somewhere below.
    """
    return sorted(_walk(folder, folder, set()))


def files_matching(pattern: str) -> list[str]:
    """Return every file that a pattern matches, in order, but those in run folders that its wildcards lead to.

    Raises:
        UsageError: If a link leads nowhere.
    """
    fixed = len(list(takewhile(lambda part: not glob.has_magic(part), Path(pattern).parts)))
    run = cache(is_run)  # for this call alone: a run may begin at any time

    def within_run(file: str) -> bool:
        parts = Path(file).parts
        return any(run(Path(*parts[:depth])) for depth in range(fixed + 1, len(parts)))

    matched = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  Path.glob takes no absolute pattern
    return [file for file in matched if stat.S_ISREG(_mode(file)) and not within_run(file)]


def _walk(folder: Path, named: Path, seen: set[tuple[int, int]]) -> Iterator[str]:
    if is_table(folder):
        raise UsageError(f"The folder '{named}' has a table of a warehouse within it: name '{folder}' itself.")
    told = folder.stat()
    if (told.st_dev, told.st_ino) in seen or (folder != named and is_run(folder)):
        return
    seen.add((told.st_dev, told.st_ino))
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries)
    for name in names:
        if not name.startswith((".", "_")):
            mode = _mode(str(folder / name))
            if stat.S_ISDIR(mode):
                yield from _walk(folder / name, named, seen)
            elif stat.S_ISREG(mode):
                yield str(folder / name)


def _mode(path: str) -> int:
    """What kind of thing a path leads to; 0 if it went away just now, as files do that are rotated."""
    try:
        return os.stat(path).st_mode  # noqa: PTH116  a Path for each file costs more than to look
    except PermissionError:
        raise
    except OSError:
        if os.path.islink(path):  # noqa: PTH114
            raise UsageError(f"The link '{path}' leads to no file: mend it, or take it away.") from None
        return 0
