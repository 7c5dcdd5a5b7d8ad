"""Programs and servers that tests run, all on the loopback, each stopped at the end."""

import contextlib
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import uvicorn

DEADLINE = 500.0
"""Generous, for machines on which much else runs."""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextlib.contextmanager
def serving(app):
    """Run an ASGI application in a real uvicorn; yield its URL."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextlib.contextmanager
def program(arguments, log: Path, **options):
    """Run a program, its output in a file; yield the process."""
    with log.open("wb") as out, subprocess.Popen(arguments, stdout=out, stderr=out, **options) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until(true, seconds: float = DEADLINE) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"it did not come true within {seconds} s"
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code < 500
    except httpx.TransportError:
        return False


PYTHON = sys.executable
