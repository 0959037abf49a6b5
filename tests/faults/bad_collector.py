"""Collectors that go wrong in every way that a network and its middle boxes know, over raw sockets."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.agent.speed_server import CERTIFICATE
from tests.loopback import receipt

Behaviour = Callable[[socket.socket, Any], None]
"""Answers one request over its connection, given the upload; the connection is closed after it."""


@dataclass
class BadCollector:
    """Its address, the place it redirects to, and the requests that came to either."""

    url: str
    seen: list[Any] = field(default_factory=list)


def http(body: bytes, status: str = "200 OK", *, length: int | None = None, headers: str = "") -> bytes:
    """An answer as it goes over the wire, whatever length it claims to have."""
    claimed = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {claimed}\r\n\r\n".encode() + body


def _hangs(wire: socket.socket, upload: Any) -> None:
    while wire.recv(4096):
        pass


def _hangs_half_way(wire: socket.socket, upload: Any) -> None:
    body = receipt(upload).body
    wire.sendall(http(body)[: -len(body) // 2])
    _hangs(wire, upload)


def _cuts(wire: socket.socket, upload: Any) -> None:
    body = receipt(upload).body
    wire.sendall(http(body)[: -len(body) // 2])


def _endless(wire: socket.socket, upload: Any) -> None:
    wire.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        wire.sendall(b"10000\r\n" + b"[" * 65_536 + b"\r\n")


def _endless_headers(wire: socket.socket, upload: Any) -> None:
    wire.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        wire.sendall(b"X-More: of it\r\n" * 500)


def _says(answer: bytes) -> Behaviour:
    return lambda wire, upload: wire.sendall(answer)


def _not_yours(wire: socket.socket, upload: Any) -> None:
    said = {"accepted": ["hour:2020-01-01T00Z:1577840400"], "known": [], "refused": [], "have": None}
    wire.sendall(http(json.dumps(said).encode()))


def answers_twice(wire: socket.socket, upload: Any) -> None:
    """The same receipt two times over one connection that stays open."""
    wire.sendall(http(receipt(upload).body) * 2)
    _hangs(wire, upload)


def forgets(wire: socket.socket, upload: Any) -> None:
    """Acknowledges everything and keeps nothing."""
    wire.sendall(http(receipt(upload).body))


BEHAVIOURS: dict[str, tuple[Behaviour, str]] = {
    "hangs": (_hangs, "didn't answer in time"),
    "hangs half-way through its receipt": (_hangs_half_way, ""),
    "hangs up": (lambda wire, upload: None, "can't be reached"),
    "cuts its receipt off": (_cuts, ""),
    "answers 500": (_says(http(b'{"title":"Oh"}', "500 Oh")), "can't take summaries now (HTTP 500: Oh)"),
    "answers 500 in HTML": (_says(http(b"<html>", "500 Oh")), "can't take summaries now (HTTP 500)"),
    "answers 503": (_says(http(b"", "503 Busy", headers="Retry-After: soon\r\n")), "now (HTTP 503)"),
    "answers 400 as a proxy does": (_says(http(b"<html>Bad", "400 Bad")), "can't take summaries now (HTTP 400)"),
    "answers 413 as a proxy does": (_says(http(b"<html>", "413 Large")), "can't take summaries now (HTTP 413)"),
    "says garbage": (_says(os.urandom(4096)), "can't be reached"),
    "shows a login page": (_says(http(b"<html>Log in</html>")), "answered something that is no receipt"),
    "nests without end": (_says(http(b"[" * 200_000)), "answered something that is no receipt"),
    "never ends its answer": (_endless, "answered something that is no receipt"),
    "never ends its headers": (_endless_headers, "can't be reached"),
    "packs its receipt badly": (
        _says(http(b"no gzip at all", headers="Content-Encoding: gzip\r\n")),
        "can't be reached",
    ),
    "acknowledges what wasn't sent": (_not_yours, "a receipt for none of what was sent"),
}  # fmt: skip
"""What it does, and what the agent says of it; where libraries differ in what they notice, no words."""


@contextmanager
def bad_collector(behaviour: Behaviour, *, tls: bool = False) -> Iterator[BadCollector]:
    """Serves for as long as the block lasts; with TLS, by a certificate that nobody trusts."""
    listener = socket.create_server(("127.0.0.1", 0))
    found = BadCollector(f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    open_wires: list[socket.socket] = []

    def serve(wire: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(wire):
            if tls:
                wire = context.wrap_socket(wire, server_side=True)
            upload = _request(wire)
            found.seen.append(upload)
            behaviour(wire, upload)
            wire.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                wire, _ = listener.accept()
                open_wires.append(wire)
                threading.Thread(target=serve, args=(wire,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
        for wire in open_wires:
            wire.close()


def _request(wire: socket.socket) -> Any:
    """One request's upload, read to its last byte."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (chunk := wire.recv(65_536)):
            raise OSError
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += wire.recv(65_536)
    return json.loads(gzip.decompress(body))
