"""Where a measurement server is, and a non-blocking connection to it.

The address that answered first is used for every flow: a test is of one path. Proxies are never used,
since a test through a proxy measures the proxy. What goes wrong on the way gets a reason code here.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import ssl
import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

from agent.engines import method
from agent.engines.plan import NoMeasurement


@dataclass(frozen=True, slots=True)
class Address:
    """One server: its name for the requests, the socket address that answered, TLS when the URL says so."""

    host: str
    port: int
    family: socket.AddressFamily
    sockaddr: tuple[str, int] | tuple[str, int, int, int]
    context: ssl.SSLContext | None

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
    context = trust(ca_file) if secure else None
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


def certificate(address: Address) -> bytes:
    """The certificate that a TLS server shows, as DER; one that isn't trusted is no measurement."""
    assert address.context is not None
    try:
        with (
            socket.socket(address.family, socket.SOCK_STREAM) as line,
            address.context.wrap_socket(line, server_hostname=address.host) as secure,
        ):
            secure.settimeout(method.CONNECT_TIMEOUT_S)
            secure.connect(address.sockaddr)
            return secure.getpeercert(binary_form=True) or b""
    except OSError as error:
        raise no_measurement(error, address.authority) from None


def trust(ca_file: str | None) -> ssl.SSLContext:
    """The system's trust store, or the one file that a district has for its own server."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise NoMeasurement("tls", f"{ca_file} can't be read: {error.strerror or error}") from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def no_measurement(error: Exception, where: str) -> NoMeasurement:
    """The reason code for what a socket, or a library upon one, raised."""
    if isinstance(error, ssl.SSLError):
        words = getattr(error, "verify_message", None) or getattr(error, "reason", None) or str(error)
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


class Connection:
    """A TCP or TLS connection that never blocks: opened in steps, written and read as far as it goes."""

    __slots__ = ("_connecting", "_secure", "address", "opened_by", "raw", "ready")

    def __init__(self, address: Address, now_s: float) -> None:
        self.address = address
        self.opened_by = now_s + method.CONNECT_TIMEOUT_S
        self.raw = socket.socket(address.family, socket.SOCK_STREAM)
        self.raw.setblocking(False)
        self.raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._secure: ssl.SSLSocket | None = None
        self._connecting = True
        self.ready = False
        code = self.raw.connect_ex(address.sockaddr)
        if code not in (0, errno.EINPROGRESS):
            self.raw.close()
            raise OSError(code, "connect")

    def fileno(self) -> int:
        return self._secure.fileno() if self._secure else self.raw.fileno()

    @property
    def socket(self) -> socket.socket:
        """What to ask for TCP's counts: a TLS socket has taken the descriptor over."""
        return self._secure or self.raw

    @property
    def secure(self) -> bool:
        return self.address.context is not None

    def open(self, now_s: float) -> bool:
        """Takes the opening as far as it goes now; True once requests can be sent. Raises OSError."""
        if self.ready:
            return True
        if now_s > self.opened_by:
            raise TimeoutError(errno.ETIMEDOUT, "connect")
        if self._connecting:
            # Asking for SO_ERROR alone can't tell "connected" from "still connecting".
            poll = select.poll()
            poll.register(self.raw, select.POLLOUT)
            if not poll.poll(0):
                return False
            if code := self.raw.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(code, "connect")
            self._connecting = False
            if self.address.context:
                self._secure = self.address.context.wrap_socket(
                    self.raw, server_hostname=self.address.host, do_handshake_on_connect=False
                )
        if self._secure:
            try:
                self._secure.do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
        self.ready = True
        return True

    def send(self, block: bytes | memoryview) -> int:
        """Octets that were taken; 0 when there is no room."""
        try:
            return self.socket.send(block)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0

    def receive(self, block: bytearray | memoryview, flags: int = 0) -> int | None:
        """Octets read into ``block``; None when there is nothing yet, 0 at the end of the stream."""
        try:
            if self._secure:
                return self._secure.recv_into(block)
            return self.raw.recv_into(block, len(block), flags)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except ssl.SSLEOFError:
            return 0

    def reset(self) -> None:
        """Ends the connection with RST, so that a server in mid-answer stops at once and nothing lingers."""
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()
