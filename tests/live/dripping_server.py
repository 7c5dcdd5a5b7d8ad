"""A server that never comes to the end of its first answer, which a timeout of each read does not notice."""

import contextlib
import socket
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def dripping_server() -> Iterator[int]:
    """Run it, and yield its port."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        thread = threading.Thread(target=_drip, args=(listening, over), daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            thread.join()


def _drip(listening: socket.socket, over: threading.Event) -> None:
    with contextlib.ExitStack() as stack:
        came = list[socket.socket]()
        while not over.wait(0.05):
            with contextlib.suppress(TimeoutError):
                came.append(stack.enter_context(listening.accept()[0]))
            for one in came:
                with contextlib.suppress(OSError):  # hung up
                    one.sendall(b"+")
