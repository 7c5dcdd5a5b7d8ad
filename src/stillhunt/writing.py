"""Files that are written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stillhunt.errors import of_system, reason


@contextmanager
def written_whole(target: Path, named: str, mark: object = "") -> Iterator[Path]:
    """Yield a partial file beside `target`, which takes its place at the end; one that is not completed is removed.

    Args:
        target: The file that is to stand there.
        named: What people call it, such as `The watch list`.
        mark: Tells the partial file from those of other processes that write the same.

    Raises:
        UsageError: It may not be written, or not there.
        ServiceError: The disk is full, or fails.
    """
    partial = target.parent / f"{target.name}{mark}.partial"
    try:
        try:
            yield partial
            os.replace(partial, target)  # noqa: PTH105  atomic on every platform, unlike rename
        except BaseException:
            with suppress(OSError):
                partial.unlink()
            raise
    except OSError as error:
        msg = f"{named} '{target}' cannot be written ({reason(error)}): mend that, and run again."
        raise of_system(error, msg) from None
