"""One flow of a load: requests without a pause on one connection, and how many octets it has moved.

A flow is asked to ``pump`` when its socket is ready; it moves what can be moved now and never waits. How
it ended, if it did, is in ``failure``: None for a connection that the server closed after an answer.
"""

from __future__ import annotations

import mmap
import os
import re
import selectors
import socket
import sys
import time
from typing import Protocol

from agent.engines import method
from agent.engines.http_address import Connection, connect, no_measurement
from agent.engines.http_asking import USER_AGENT
from agent.engines.http_discovery import Server
from agent.engines.plan import NoMeasurement
from agent.engines.tcp_info import TcpInfo

_HEAD_BYTES = 65_536
_BLOCK = memoryview(os.urandom(method.BLOCK_BYTES))
_DRAIN = memoryview(mmap.mmap(-1, method.DRAIN_BYTES))
"""Where the octets of a download would go: pages that nobody writes to take no memory."""
_HEAD = bytearray(_HEAD_BYTES)
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_PAGE = re.compile(rb"\r\ncontent-type:[ \t]*text/html", re.IGNORECASE)

# The kernel throws away what it would have copied (tcp(7)); the buffer stays as it is. Not for TLS.
_THROW_AWAY = socket.MSG_TRUNC if sys.platform.startswith("linux") else 0


class Flow(Protocol):
    """What the load knows of a flow, whichever way it goes."""

    connection: Connection
    closed: bool
    failure: NoMeasurement | None

    @property
    def events(self) -> int: ...

    def pump(self, now_s: float, allowed: int) -> int:
        """Moves octets, ``allowed`` at most where it can tell; returns how many."""

    def arrived(self, info: TcpInfo | None) -> int:
        """Payload that has arrived at its receiver."""


class DownFlow:
    """GETs of the server's octets, the next one asked for before the last has ended."""

    __slots__ = (
        "_asked",
        "_each",
        "_head",
        "_request",
        "_server",
        "closed",
        "connection",
        "failure",
        "received",
    )

    def __init__(self, server: Server, now_s: float) -> None:
        self._server = server
        self.connection = connect(server.address, now_s)
        self.closed, self.failure = False, None  # type: bool, NoMeasurement | None
        self.received = 0
        self._asked = 0
        self._each = server.answer_mib << 20
        self._head: bytearray | None = bytearray()
        separator = "&" if "?" in server.down else "?"
        # A number of its own, so that no cache on the way has the answer.
        self._request = (
            f"GET {server.down}{separator}ckSize={server.answer_mib}&r={time.monotonic_ns()} HTTP/1.1\r\n"
            f"Host: {server.address.authority}\r\nUser-Agent: {USER_AGENT}\r\nAccept: */*\r\n"
            "Accept-Encoding: identity\r\nConnection: keep-alive\r\n\r\n"
        ).encode()

    @property
    def events(self) -> int:
        return selectors.EVENT_READ if self._asked else selectors.EVENT_READ | selectors.EVENT_WRITE

    def pump(self, now_s: float, allowed: int) -> int:
        try:
            if not self.connection.open(now_s):
                return 0
            if not self._asked:
                self._ask()
            moved = self._read_head() if self._head is not None else self._drain()
            if self._head is None and self._asked - self.received < min(self._each, method.AHEAD_BYTES):
                self._ask()
        except OSError as error:
            self._fail(no_measurement(error, self._server.where))
            return 0
        self.received += moved
        return moved

    def arrived(self, info: TcpInfo | None) -> int:
        return self.received

    def _ask(self) -> None:
        if self.connection.send(self._request):
            self._asked += self._each

    def _drain(self) -> int:
        """Octets that were waiting. TLS hands them out by the record, TCP all at once."""
        moved = 0
        for _ in range(method.TLS_RECORDS if self.connection.secure else 1):
            count = self.connection.receive(_DRAIN, _THROW_AWAY)
            if count is None:
                break
            if count == 0:
                self.closed = True
                break
            moved += count
        return moved

    def _read_head(self) -> int:
        """Reads up to the first answer's body; what is already here of that counts."""
        assert self._head is not None
        count = self.connection.receive(_HEAD)
        if count is None:
            return 0
        self._head += _HEAD[:count]
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            if count == 0 or len(self._head) > _HEAD_BYTES:
                self._fail(NoMeasurement("not_a_server", f"{self._server.where} sent no HTTP answer"))
            return 0
        head, body = bytes(self._head[:end]), len(self._head) - end - 4
        if not (status := _STATUS.match(head)):
            self._fail(NoMeasurement("not_a_server", f"{self._server.where} sent no HTTP answer"))
            return 0
        if failure := refusal(int(status[1]), self._server.where):
            self._fail(failure)
            return 0
        if _PAGE.search(head):
            reason = "not_a_server" if self.connection.secure else "captive_portal"
            self._fail(NoMeasurement(reason, "a web page came instead of data"))
            return 0
        if length := _LENGTH.search(head):
            self._each = max(1, int(length[1]))
            self._asked = self._each
        self._head = None
        return body

    def _fail(self, failure: NoMeasurement) -> None:
        self.closed, self.failure = True, failure


class UpFlow:
    """POSTs of octets that don't compress, back to back; their answers are read for their status alone."""

    __slots__ = (
        "_head",
        "_left",
        "_request",
        "_server",
        "closed",
        "connection",
        "failure",
        "queued",
    )

    def __init__(self, server: Server, now_s: float) -> None:
        self._server = server
        self.connection = connect(server.up_address, now_s)
        self.closed, self.failure = False, None  # type: bool, NoMeasurement | None
        self.queued = 0
        self._left = 0
        self._request = (
            f"POST {server.up} HTTP/1.1\r\nHost: {server.up_address.authority}\r\n"
            f"User-Agent: {USER_AGENT}\r\nAccept: */*\r\nContent-Type: application/octet-stream\r\n"
            f"Content-Length: {method.POST_BYTES}\r\nConnection: keep-alive\r\n\r\n"
        ).encode()
        self._head = b""

    @property
    def events(self) -> int:
        return selectors.EVENT_READ | selectors.EVENT_WRITE

    def pump(self, now_s: float, allowed: int) -> int:
        try:
            if not self.connection.open(now_s):
                return 0
            self._read_answers()
            moved = 0 if self.closed else self._fill(allowed)
        except OSError as error:
            self.closed, self.failure = True, no_measurement(error, self._server.up_address.authority)
            return 0
        self.queued += moved
        return moved

    def arrived(self, info: TcpInfo | None) -> int:
        """What the peer has acknowledged; where nobody tells, what was queued."""
        if info is None:
            return self.queued
        share = method.TLS_PAYLOAD_SHARE if self.connection.secure else 1.0
        return int(info.arrived_bytes * share)

    def _fill(self, allowed: int) -> int:
        moved = 0
        while moved < allowed:
            if self._head:
                if not (sent := self.connection.send(self._head)):
                    break
                self._head = self._head[sent:]
            elif self._left:
                block = _BLOCK[: min(self._left, allowed - moved, len(_BLOCK))]
                sent = self.connection.send(block)
                self._left -= sent
                moved += sent
                if sent < len(block):
                    break
            else:
                self._head, self._left = self._request, method.POST_BYTES
        return moved

    def _read_answers(self) -> None:
        count = self.connection.receive(_HEAD)
        if count is None:
            return
        self.closed = count == 0
        for status in _STATUS.finditer(_HEAD[:count]):
            if failure := refusal(int(status[1]), self._server.up_address.authority):
                self.closed, self.failure = True, failure


def refusal(code: int, where: str) -> NoMeasurement | None:
    """The reason that a status which isn't 2xx stands for."""
    if code < 300:
        return None
    reason = "server_busy" if code == 503 else "server_error" if code >= 500 else "not_a_server"
    return NoMeasurement(reason, f"HTTP {code} from {where}")
