"""A measurement server on loopback that can go wrong in every way that real ones do.

It speaks LibreSpeed's paths and those of a speedtest-mini server, over raw sockets, a thread to each
connection. A fault is named; what it does is said beside its name.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CERTIFICATE = Path(__file__).with_name("fixtures") / "loopback.pem"
BLOCK = bytes(range(256)) * 256
MINI_BYTES = {"random350": 245_388, "random4000": 31_625_365}

FAULTS = {
    "not found": "404 for everything",
    "portal": "200 and a web page for everything",
    "portal redirect": "302 to a login page for everything",
    "plain portal": "200 and a few octets of no declared kind for everything",
    "error": "500 for everything",
    "busy": "503 for everything",
    "closes half-way": "ends each download after 1 MB of 100",
    "stalls": "sends 1 MB and then nothing",
    "silent": "accepts and never answers",
    "garbage": "answers with what isn't HTTP",
    "hangs up": "accepts and closes",
    "refuses posts": "404 for a POST",
    "takes small posts": "413 for a POST of more than 1 MB",
    "no pings": "404 for latency.txt",
    "chunked": "sends downloads in chunks, of no declared length",
    "via": "names a proxy in the head of a download",
    "login page": "200 and a page with a form for everything",
    "web site": "200 and a page like any other for everything",
    "authenticate": "511 for everything",
    "one answer": "closes the connection after each answer",
    "never stops": "gives octets without length or end for every GET",
    "drips": "answers every GET with an octet now and then",
    "says too little": "sends twice the octets that it declared",
}


@contextmanager
def speed_server(*faults: str, mbps: float | None = None, tls: bool = False) -> Iterator[str]:
    """Yields the base URL. ``mbps`` is what all flows together get, each way."""
    assert set(faults) <= set(FAULTS)
    server = _Server(frozenset(faults), mbps, tls)
    thread = threading.Thread(target=server.accept, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.port}"
    finally:
        server.stop()
        thread.join(5)


class _Server:
    def __init__(self, faults: frozenset[str], mbps: float | None, tls: bool) -> None:
        self.faults, self.mbps = faults, mbps
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        # As on a wire: small segments, and little that is acknowledged before it has been read.
        self.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1448)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        self.port = self.listener.getsockname()[1]
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.free_at = {"down": 0.0, "up": 0.0}
        self.context: ssl.SSLContext | None = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(CERTIFICATE)

    def accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def stop(self) -> None:
        self.stopping.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(20)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as lines:
                while self._answer(connection, lines):
                    pass

    def _answer(self, connection: socket.socket, lines: object) -> bool:
        """One request; False when the connection is to be closed."""
        if "hangs up" in self.faults:
            return False
        readline, read = lines.readline, lines.read  # type: ignore[attr-defined]
        first = readline().split()
        if len(first) < 2:
            return False
        headers = {}
        while (line := readline().strip()) != b"":
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        method, path = first[0].decode(), first[1].decode()
        length = int(headers.get(b"content-length", 0))
        if "silent" in self.faults:
            self.stopping.wait(20)
            return False
        if "garbage" in self.faults:
            connection.sendall(b"\x16\x03\x01 SSH-2.0\r\n\r\n" * 10)
            return False
        if "takes small posts" in self.faults and length > 1_000_000:
            self._say(connection, 413)
            return False
        while length > 0 and not self.stopping.is_set():
            block = read(min(length, 8192))
            if not block:
                return False
            self._wait_for("up", len(block))
            length -= len(block)
        if length > 0:
            return False
        return self._reply(connection, method, path) and "one answer" not in self.faults

    def _reply(self, connection: socket.socket, method: str, path: str) -> bool:
        page = b"<html>Log in to the school's network</html>"
        whole = {
            "not found": (404, b""),
            "portal": (200, page),
            "login page": (200, b"<html><form action='/login'>" + bytes(range(97, 123)) * 99),
            "web site": (200, b"<html>Welcome to Springfield's library</html>"),
            "authenticate": (511, page),
            "plain portal": (200, b"ok"),
            "error": (500, b""),
            "busy": (503, b""),
        }
        if named := next((fault for fault in whole if fault in self.faults), None):
            status, body = whole[named]
            self._say(connection, status, body, "text/html" if body.startswith(b"<html") else "text/plain")
        elif "portal redirect" in self.faults:
            self._say(connection, 302, kind="text/plain\r\nLocation: http://login.example/?from=here")
        elif method == "POST" and "refuses posts" in self.faults:
            self._say(connection, 404)
        elif method == "GET" and self.faults & {"never stops", "drips"}:
            return self._go_on(connection)
        elif "garbage.php" in path or "random" in path:
            return self._give(connection, path)
        elif "latency.txt" in path:
            self._say(connection, 404 if "no pings" in self.faults else 200, b"test=test\n")
        elif "empty.php" in path:
            self._say(connection, 200)
        elif "upload.php" in path:
            self._say(connection, 200, b"size=500")
        elif path.startswith("/?") or path == "/":
            self._say(connection, 200, b'upload_extension: "php"')
        else:
            self._say(connection, 404)
        return True

    def _give(self, connection: socket.socket, path: str) -> bool:
        """A download, through the one bucket that all flows share."""
        size = next((octets for name, octets in MINI_BYTES.items() if f"{name}x" in path), 2_000_000)
        if "ckSize=" in path:
            size = int(path.split("ckSize=")[1].split("&")[0]) << 20
        chunked = "chunked" in self.faults
        declared = size // 2 if "says too little" in self.faults else size
        framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {declared}"
        via = "Via: 1.1 proxy.school.example (squid/5.7)\r\n" if "via" in self.faults else ""
        head = f"HTTP/1.1 200 OK\r\n{via}Content-Type: application/octet-stream\r\n{framing}\r\n\r\n"
        connection.sendall(head.encode())
        left = min(size, 1_000_000) if self.faults & {"closes half-way", "stalls"} else size
        while left > 0 and not self.stopping.is_set():
            block = BLOCK[: min(left, len(BLOCK) if self.mbps is None else 8192)]
            self._wait_for("down", len(block))
            connection.sendall(b"%x\r\n%s\r\n" % (len(block), block) if chunked else block)
            left -= len(block)
        if "stalls" in self.faults:
            self.stopping.wait(20)
        if chunked:
            connection.sendall(b"0\r\n\r\n")
        return not self.faults & {"closes half-way", "stalls"}

    def _go_on(self, connection: socket.socket) -> bool:
        """Octets of JSON, as it says, until somebody closes the connection."""
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        block = b"[" if "drips" in self.faults else BLOCK[:8192]
        while not self.stopping.wait(0.2 if "drips" in self.faults else 0):
            self._wait_for("down", len(block))
            connection.sendall(block)
        return False

    def _wait_for(self, way: str, octets: int) -> None:
        if self.mbps is None:
            return
        with self.lock:
            now = time.monotonic()
            self.free_at[way] = max(self.free_at[way], now - 0.05) + octets * 8 / (self.mbps * 1e6)
            wait = self.free_at[way] - now
        if wait > 0.001:
            self.stopping.wait(wait)

    def _say(
        self, connection: socket.socket, status: int, body: bytes = b"", kind: str = "text/plain"
    ) -> None:
        closing = "Connection: close\r\n" if "one answer" in self.faults else ""
        head = f"HTTP/1.1 {status} x\r\nContent-Type: {kind}\r\n{closing}Content-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
