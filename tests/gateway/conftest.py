"""What the tests of gateways share."""

import pytest

for package in ("fastapi", "uvicorn", "httpx", "prometheus_client", "opentelemetry.sdk"):
    pytest.importorskip(package, reason="needs what gateways need: pip install -r requirements-live.lock")

from gateway.place import Place, make  # noqa: E402  once it is known that it can be imported


@pytest.fixture
def place(tmp_path) -> Place:
    return make(tmp_path)
