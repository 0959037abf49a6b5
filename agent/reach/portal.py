"""Whether a captive portal answers in the Internet's place.

Behind a portal names resolve and connections open, to the portal itself. What it can't hide is its answer to
a plain HTTP request for an address that says 204 to everybody, as phones and Chromebooks ask for one. A
redirect to another host, a page, or 511 (RFC 6585) is a portal's; 204 is the Internet's; anything else, an
error of a filter or silence, says nothing. One request with no cookie and no name of this machine.
"""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

from agent.reach.endpoints import Endpoint

HEAD_BYTES = 4096
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LOCATION = re.compile(rb"\r\nlocation:[ \t]*([^\r\n]{1,300})", re.IGNORECASE)
_PAGE = re.compile(rb"\r\ncontent-type:[ \t]*text/html", re.IGNORECASE)


def host_and_port(url: str) -> tuple[str, int]:
    """Where the check asks."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 80


def stands_between(url: str, where: Endpoint, limit_s: float) -> str | None:
    """What a portal at this endpoint answered to a request for ``url``; None when none is to be seen."""
    parts = urlsplit(url)
    request = (
        f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        "Accept: */*\r\nUser-Agent: bandgap\r\nConnection: close\r\n\r\n"
    )
    head = b""
    try:
        with socket.socket(where.family, socket.SOCK_STREAM) as line:
            line.settimeout(limit_s)
            line.connect(where.sockaddr)
            line.sendall(request.encode())
            while b"\r\n\r\n" not in head and len(head) < HEAD_BYTES:
                block = line.recv(HEAD_BYTES)
                if not block:
                    break
                head += block
    except OSError:
        return None
    return judge(head, parts.hostname or "")


def judge(head: bytes, host: str) -> str | None:
    """What the head of an answer tells of a portal, or None. Pure."""
    if not (status := _STATUS.match(head)):
        return None
    code = int(status[1])
    if code == 511:
        return f"HTTP 511 for {host}"
    if 300 <= code < 400 and (told := _LOCATION.search(head)):
        target = urlsplit(told[1].decode(errors="replace"))
        if target.hostname and target.hostname != host:
            return f"{host} redirects to {target.scheme or 'http'}://{target.netloc}"
    if code == 200 and _PAGE.search(head):
        return f"a web page in place of {host}'s empty answer"
    return None
