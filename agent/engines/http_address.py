"""Where a measurement server is, and a non-blocking connection to it.

The address that answered first is used for every flow: a test is of one path. Proxies are never used,
since a test through a proxy measures the proxy. What goes wrong on the way gets a reason code here. TLS is
in ``http_tls``, which is imported for https:// alone: OpenSSL is 5 MB of a process's memory.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import struct
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent.engines import method
from agent.engines.plan import NoMeasurement

if TYPE_CHECKING:
    from ssl import SSLContext


@dataclass(frozen=True, slots=True)
class Address:
    """One server: its name for the requests, the socket address that answered, TLS when the URL says so."""

    host: str
    port: int
    family: socket.AddressFamily
    sockaddr: tuple[str, int] | tuple[str, int, int, int]
    context: SSLContext | None

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.context else 80) else f"{host}:{self.port}"


def resolve(url: str, ca_file: str | None) -> Address:
    """Finds an address of the URL's host that accepts a connection, and drops that connection again."""
    try:
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
    except ValueError:  # a port beyond 65535, a broken IPv6 address
        host = ""
    if not host or parts.scheme not in ("http", "https"):
        raise NoMeasurement("not_a_server", f"{url} is no http:// or https:// address")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise NoMeasurement("dns", host) from None
    context = _trust(ca_file) if secure else None
    failure: OSError | None = None
    for family, _, _, _, sockaddr in found:
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            tried.settimeout(method.CONNECT_TIMEOUT_S)
            try:
                tried.connect(sockaddr)
            except OSError as error:
                failure = failure or error
                continue
        assert isinstance(sockaddr[0], str)  # an AF_INET or AF_INET6 address, as asked
        return Address(host, port, family, sockaddr, context)
    raise no_measurement(failure or OSError(errno.EHOSTUNREACH, "no address"), f"{host}:{port}")


def _trust(ca_file: str | None) -> SSLContext:
    from agent.engines.http_tls import trust

    return trust(ca_file)


def no_measurement(error: Exception, where: str) -> NoMeasurement:
    """The reason code for what a socket, or a library upon one, raised."""
    if words := _of_tls(error):
        return NoMeasurement("tls", f"{where}: {words}")
    if isinstance(error, ConnectionRefusedError):
        return NoMeasurement("refused", where)
    if isinstance(error, TimeoutError):
        return NoMeasurement("timeout", where)
    if isinstance(error, ConnectionError):
        return NoMeasurement("engine_failed", f"{where} closed the connection")
    if isinstance(error, OSError) and error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN):
        return NoMeasurement("unreachable", where)
    return NoMeasurement("engine_failed", f"{where}: {error}")


def _of_tls(error: Exception) -> str | None:
    """OpenSSL's own words, if it is OpenSSL that complains: where it wasn't imported, it doesn't."""
    ssl = sys.modules.get("ssl")
    if ssl is None or not isinstance(error, ssl.SSLError):
        return None
    return getattr(error, "verify_message", None) or getattr(error, "reason", None) or str(error)


class Connection:
    """A TCP connection that never blocks: opened in steps, written and read as far as it goes."""

    __slots__ = ("_connecting", "address", "opened_by", "ready", "socket")

    secure = False

    def __init__(self, address: Address, now_s: float) -> None:
        self.address = address
        self.opened_by = now_s + method.CONNECT_TIMEOUT_S
        self.socket = socket.socket(address.family, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connecting = True
        self.ready = False
        code = self.socket.connect_ex(address.sockaddr)
        if code not in (0, errno.EINPROGRESS):
            self.socket.close()
            raise OSError(code, "connect")

    def fileno(self) -> int:
        return self.socket.fileno()

    def open(self, now_s: float) -> bool:
        """Takes the opening as far as it goes now; True once requests can be sent. Raises OSError."""
        if self.ready:
            return True
        if now_s > self.opened_by:
            raise TimeoutError(errno.ETIMEDOUT, "connect")
        if self._connecting:
            # Asking for SO_ERROR alone can't tell "connected" from "still connecting".
            poll = select.poll()
            poll.register(self.socket, select.POLLOUT)
            if not poll.poll(0):
                return False
            if code := self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(code, "connect")
            self._connecting = False
        self.ready = self._shake_hands()
        return self.ready

    def send(self, block: bytes | memoryview) -> int:
        """Octets that were taken; 0 when there is no room."""
        try:
            return self.socket.send(block)
        except BlockingIOError:
            return 0

    def receive(self, block: bytearray | memoryview, flags: int = 0) -> int | None:
        """Octets read into ``block``; None when there is nothing yet, 0 at the end of the stream."""
        try:
            return self.socket.recv_into(block, len(block), flags)
        except BlockingIOError:
            return None

    def reset(self) -> None:
        """Ends the connection with RST, so that a server in mid-answer stops at once and nothing lingers."""
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _shake_hands(self) -> bool:
        """What follows TCP's own opening; True once it is done."""
        return True


def connect(address: Address, now_s: float) -> Connection:
    """Begins to open a connection of the address's kind. Raises OSError."""
    if address.context is None:
        return Connection(address, now_s)
    from agent.engines.http_tls import SecureConnection

    return SecureConnection(address, now_s)
