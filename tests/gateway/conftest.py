"""What the tests of gateways share."""

import pytest

pytest.importorskip("fastapi", reason="needs the extra 'gateway': pip install -r requirements-live.lock")

from gateway.place import Place, make


@pytest.fixture
def place(tmp_path) -> Place:
    return make(tmp_path)
