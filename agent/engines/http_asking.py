"""The control path of the http engine: one question to a server, and what no measurement server answers.

No proxy and no .netrc are used, since the path itself is what is measured, and redirects aren't followed.
Each question has a connection of its own, to the very address that the flows use. What went wrong with it
is an OSError or ``NotHttp``; ``no_answer`` has the reason code for either.
"""

from __future__ import annotations

import socket
import time
from urllib.parse import urljoin, urlsplit

from agent import __version__
from agent.engines import http_between, method
from agent.engines.http_address import Address, no_measurement
from agent.engines.http_answer import Answer, NotHttp
from agent.engines.plan import NoMeasurement

USER_AGENT = f"bandgap/{__version__}"

REDIRECTS = (301, 302, 303, 307, 308)


def get(address: Address, url: str, *, token: str | None = None) -> Answer:
    """An answer, its body still to come; redirects and a server's failures raise NoMeasurement."""
    answer = _ask(address, "GET", url, f"Authorization: Bearer {token}\r\n" if token else "")
    try:
        _refuse(answer, url)
    except NoMeasurement:
        answer.close()
        raise
    return answer


def post_status(address: Address, url: str, body: bytes) -> int:
    """The status that a server answers a POST with."""
    with _ask(address, "POST", url, f"Content-Length: {len(body)}\r\n", body) as answer:
        return answer.status


def beginning(answer: Answer, most: int, where: str) -> bytes:
    """The first octets of a body; raises NoMeasurement when they come one by one."""
    begun, ends = bytearray(), time.monotonic() + method.CONNECT_TIMEOUT_S
    while len(begun) < most and (block := answer.read(most - len(begun))):
        begun += block
        if len(begun) < most and time.monotonic() > ends:
            raise NoMeasurement("timeout", f"{where} sent {len(begun)} octets")
    return bytes(begun)


def no_answer(error: OSError | NotHttp, where: str) -> NoMeasurement:
    """The reason code for a question that got no answer."""
    if isinstance(error, NotHttp):
        return NoMeasurement("not_a_server", f"{where} doesn't speak HTTP: {error}")
    return no_measurement(error, where)


def _ask(address: Address, verb: str, url: str, headers: str, body: bytes = b"") -> Answer:
    parts = urlsplit(url)
    head = (
        f"{verb} {parts.path or '/'}{'?' + parts.query if parts.query else ''} HTTP/1.1\r\n"
        f"Host: {address.authority}\r\nUser-Agent: {USER_AGENT}\r\nAccept: */*\r\n"
        f"Accept-Encoding: identity\r\nConnection: close\r\n{headers}\r\n"
    )
    line = _line(address)
    try:
        line.sendall(head.encode() + body)
        return Answer(line, time.monotonic() + method.CONNECT_TIMEOUT_S)
    except BaseException:
        line.close()
        raise


def _line(address: Address) -> socket.socket:
    """A connection that waits, for as long as any step of it may take."""
    line = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        line.settimeout(method.CONNECT_TIMEOUT_S)
        line.connect(address.sockaddr)
        if address.context:
            return address.context.wrap_socket(line, server_hostname=address.host)
    except BaseException:
        line.close()
        raise
    return line


def _refuse(answer: Answer, url: str) -> None:
    """Raises NoMeasurement for an answer that no measurement server gives."""
    status, headers = answer.status, answer.headers
    if between := http_between.portal(url, status, headers) or http_between.refused_by_proxy(
        url, status, headers
    ):
        raise between
    if status in REDIRECTS and "Location" in headers:
        target = urlsplit(urljoin(url, headers["Location"]))
        raise NoMeasurement("not_a_server", f"it redirects to {target.scheme}://{target.netloc}")
    if status == 503:
        raise NoMeasurement("server_busy", "HTTP 503")
    if status >= 500:
        raise NoMeasurement("server_error", f"HTTP {status}")
