"""A finished run, made as README.md says."""

import pytest

from docs import example
from docs.repository import ROOT, blocks
from stillhunt.config import SECRET_VARIABLE


@pytest.fixture(scope="session")
def readme_run(tmp_path_factory):
    """The `run` that the Python code of README.md makes of the example's logs."""
    folder = tmp_path_factory.mktemp("readme")
    example.write(folder)
    (code,) = (block.text for block in blocks(ROOT / "README.md") if block.language == "python")
    names: dict[str, object] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SECRET_VARIABLE, example.SECRET.decode())
        patch.chdir(folder)
        exec(compile(code, "README.md", "exec"), names)  # noqa: S102  the page's own code is what is tested
    run = names["run"]
    return type(run).open(folder / run.path)
