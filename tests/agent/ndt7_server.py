"""An ndt7 server on loopback, after specification v0.11, that can go wrong in every way that real ones do.

A thread to each connection, over raw sockets. It sends TCPInfo eight times a second and ends a test itself.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from agent.engines import tcp_info
from tests.agent.speed_server import CERTIFICATE

PROTOCOL = "net.measurementlab.ndt.v7"
BINARY, TEXT, CLOSE, PING = 0x82, 0x81, 0x88, 0x89

FAULTS = {
    "page": "answers with a web page",
    "other protocol": "agrees to another subprotocol",
    "no protocol": "400, as for a request without the subprotocol",
    "wrong proof": "a Sec-WebSocket-Accept that fits no key",
    "busy": "503",
    "error": "500",
    "silent": "accepts and never answers",
    "garbage": "shakes hands, then sends what isn't WebSocket",
    "hangs up at once": "shakes hands and closes",
    "hangs up": "closes the connection in the middle of the test, with no goodbye",
    "stalls": "stops moving octets after half a second, and never ends",
    "never stops": "takes no notice of the end, nor of a goodbye",
    "tells nothing": "sends no measurement messages",
    "tells less": "says that half of what it received was received",
    "sends in an upload": "binary messages where none may be",
    "parts": "downloads in fragments, with pings between them",
}


@contextmanager
def ndt7_server(
    *faults: str, mbps: float = 60.0, seconds: float = 1.5, tls: bool = False, log: list[str] | None = None
) -> Iterator[str]:
    """Yields the address. The rate is that of each direction, ``seconds`` the length of a test."""
    assert set(faults) <= set(FAULTS)
    server = _Server(frozenset(faults), mbps, seconds, tls, log if log is not None else [])
    thread = threading.Thread(target=server.accept, daemon=True)
    thread.start()
    try:
        yield f"{'wss' if tls else 'ws'}://127.0.0.1:{server.listener.getsockname()[1]}"
    finally:
        server.stop()
        thread.join(5)


class _Server:
    def __init__(
        self, faults: frozenset[str], mbps: float, seconds: float, tls: bool, log: list[str]
    ) -> None:
        self.faults, self.octets_s, self.seconds, self.log = faults, mbps * 1e6 / 8, seconds, log
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.context: ssl.SSLContext | None = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(CERTIFICATE)
        self.open: list[socket.socket] = []

    def stop(self) -> None:
        for each in (self.listener, *self.open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.open.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            connection.settimeout(20)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
                self.open.append(connection)
            with connection:
                self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            block = connection.recv(4096)
            if not block:
                return
            head += block
        self.log.append(head.decode())
        if "silent" in self.faults:
            connection.recv(1)
            return
        refusals = {"page": "200 OK", "busy": "503 Busy", "error": "500 Oh", "no protocol": "400 Bad Request"}
        for fault, line in refusals.items():
            if fault in self.faults:
                connection.sendall(
                    f"HTTP/1.1 {line}\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>".encode()
                )
                return
        key = re.search(rb"Sec-WebSocket-Key: (\S+)", head)
        asked = re.search(rb"Sec-WebSocket-Protocol: (\S+)", head)
        assert key is not None
        assert asked is not None
        assert asked[1].decode() == PROTOCOL
        proof = base64.b64encode(
            hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        ).decode()
        proof = "AAAA" if "wrong proof" in self.faults else proof
        protocol = "chat" if "other protocol" in self.faults else PROTOCOL
        connection.sendall(
            (
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {proof}\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n"
            ).encode()
        )
        if "hangs up at once" in self.faults:
            return
        if "garbage" in self.faults:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" * 50)
            connection.recv(1)
            return
        if b"/ndt/v7/download" in head:
            self._download(connection)
        else:
            self._upload(connection)

    def _download(self, connection: socket.socket) -> None:
        began, sent, told_at, size = time.monotonic(), 0, 0.0, 1 << 13
        block = os.urandom(1 << 16)
        while (now := time.monotonic() - began) < self.seconds or "never stops" in self.faults:
            if "hangs up" in self.faults and now > self.seconds * 0.7:
                return
            if "stalls" in self.faults and now > 0.5:
                time.sleep(8)  # noqa: TID251
                return
            if now - told_at > 0.12 and "tells nothing" not in self.faults:
                told_at = now
                connection.sendall(_frame(TEXT, self._measurement(connection, now)))
                connection.sendall(_frame(PING, b"are you there"))
            if sent > now * self.octets_s:
                time.sleep(0.002)  # noqa: TID251
                continue
            if "parts" in self.faults:
                connection.sendall(
                    _frame(0x02, block[:1000]) + _frame(PING, b"") + _frame(0x80, block[1000:size])
                )
            else:
                connection.sendall(_frame(BINARY, block[:size]))
            sent += size
            if size < min(1 << 16, sent / 16):
                size *= 2
        self._goodbye(connection)

    def _upload(self, connection: socket.socket) -> None:
        began, received, told_at = time.monotonic(), 0, 0.0
        buffer = bytearray(1 << 16)
        connection.settimeout(0.05)
        while (now := time.monotonic() - began) < self.seconds or "never stops" in self.faults:
            if "hangs up" in self.faults and now > self.seconds * 0.7:
                return
            if "stalls" in self.faults and now > 0.5:
                time.sleep(8)  # noqa: TID251
                return
            if "sends in an upload" in self.faults:
                connection.sendall(_frame(BINARY, bytes(2048)))
            if now - told_at > 0.12 and "tells nothing" not in self.faults:
                told_at = now
                connection.sendall(_frame(TEXT, self._measurement(connection, now)))
            if received > now * self.octets_s:
                time.sleep(0.002)  # noqa: TID251
                continue
            try:
                count = connection.recv_into(buffer)
            except TimeoutError:
                continue
            if count == 0:
                return
            received += count
        self._goodbye(connection)

    def _measurement(self, connection: socket.socket, elapsed_s: float) -> bytes:
        elapsed = int(elapsed_s * 1e6)
        info = tcp_info.read(connection)
        raw = connection.getsockopt(socket.IPPROTO_TCP, tcp_info.NATIVE_OPTION, 104)
        received = info.received_bytes if info else 0
        return json.dumps(
            {
                "ConnectionInfo": {"Client": "192.0.2.1:1", "Server": "[2001:db8::1]:2", "UUID": "x"},
                "TCPInfo": {
                    "ElapsedTime": elapsed,
                    "BytesReceived": received // 2 if "tells less" in self.faults else received,
                    "RTT": struct.unpack_from("=I", raw, 68)[0],
                },
            }
        ).encode()

    def _goodbye(self, connection: socket.socket) -> None:
        connection.sendall(_frame(CLOSE, b"\x03\xe8"))
        connection.settimeout(1.0)
        while connection.recv(1 << 16):
            pass


def _frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload
