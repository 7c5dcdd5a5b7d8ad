"""The Java that Spark runs on: it comes from the system, and its absence is told in one sentence."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from stillhunt.errors import ServiceError

OLDEST: Final = 17
"""Spark 4 runs on no older one."""
_WHAT_TO_DO: Final = "install one (Debian: apt-get install openjdk-17-jre-headless) or set JAVA_HOME"


def check_java() -> None:
    """See that Java is there and new enough.

    Raises:
        ServiceError: If not, with what to do.
    """
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if program is None or not Path(program).exists():
        where = f"JAVA_HOME is '{home}', and there is none" if home else "there is none on the PATH"
        raise ServiceError(f"The Spark engine needs Java {OLDEST} or newer, and {where}: {_WHAT_TO_DO}.")
    # Java tells its version on stderr: 'openjdk version "17.0.15" …', or '"1.8.0"' before version 9.
    told = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    if found is None or int(found[1]) < OLDEST:
        version = f"Java {found[1]}" if found else "no Java that tells its version"
        raise ServiceError(
            f"The Spark engine needs Java {OLDEST} or newer, and '{program}' is {version}: {_WHAT_TO_DO}."
        )
