"""A relay to a loopback port that counts what passes: requests and bytes, as the line would see them."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Relay:
    """Its address, and what went through it towards the collector."""

    url: str
    requests: int = 0
    sent_bytes: int = 0


@contextmanager
def counting_relay(port: int) -> Iterator[Relay]:
    """Passes on every connection for as long as the block lasts."""
    listener = socket.create_server(("127.0.0.1", 0))
    found = Relay(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def pour(source: socket.socket, target: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(65_536):
                if counted:
                    found.requests += chunk.count(b"POST /v1/summaries ")
                    found.sent_bytes += len(chunk)
                target.sendall(chunk)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def relay(near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", port)) as far:
            back = threading.Thread(target=pour, args=(far, near, False), daemon=True)
            back.start()
            pour(near, far, True)
            back.join()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                threading.Thread(target=relay, args=(near,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
