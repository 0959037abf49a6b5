"""TLS for the flows and the control path: whom to trust, and a connection over it that never blocks.

Imported when an https:// or wss:// server is asked, and not before.
"""

from __future__ import annotations

import socket
import ssl

from agent.engines import method
from agent.engines.http_address import Address, Connection, no_measurement
from agent.engines.plan import NoMeasurement


def trust(ca_file: str | None) -> ssl.SSLContext:
    """The system's trust store, or the one file that a district has for its own server."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise NoMeasurement("tls", f"{ca_file} can't be read: {error.strerror or error}") from None
    context.set_alpn_protocols(["http/1.1"])
    return context


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


class SecureConnection(Connection):
    """A TLS connection; its socket is TCP's until that is open, and takes the descriptor over then."""

    __slots__ = ()

    secure = True

    def send(self, block: bytes | memoryview) -> int:
        try:
            return super().send(block)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0

    def receive(self, block: bytearray | memoryview, flags: int = 0) -> int | None:
        """As over TCP, without its flags: TLS has to see what it decrypts."""
        try:
            return self.socket.recv_into(block)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except ssl.SSLEOFError:
            return 0

    def _shake_hands(self) -> bool:
        assert self.address.context is not None
        if not isinstance(self.socket, ssl.SSLSocket):
            self.socket = self.address.context.wrap_socket(
                self.socket, server_hostname=self.address.host, do_handshake_on_connect=False
            )
        try:
            self.socket.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        return True
