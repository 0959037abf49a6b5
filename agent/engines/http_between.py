"""Signs that something on the way answers in a server's place: a captive portal, a filter, a proxy. Pure.

Only what came without TLS is judged: whoever is in a TLS connection has shown a certificate, and that is
judged by the trust store and by the pins. A proxy in front of the server itself leaves the same signs on
plain HTTP; over https it may leave them, and they are then the server's own affair.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from agent.engines.plan import NoMeasurement

NETWORK_AUTHENTICATION_REQUIRED = 511
"""What a portal should answer with (RFC 6585, 6)."""

PAGE_BYTES = 65_536
"""How much of a page is read for the signs of a login."""

LOGIN = re.compile(
    rb"<form|type=[\"']?password|http-equiv=[\"']?refresh|location\.(href|replace|assign)|location ?="
    rb"|WISPAccessGatewayParam|captive|log ?in|sign ?in|authenticat",
    re.IGNORECASE,
)

PROXY_HEADERS = (
    "Via",  # RFC 9110, 7.6.3: every proxy must send it
    "Age",  # RFC 9111, 5.1: out of a cache, though no answer here may be kept
    "X-Cache",
    "X-Cache-Lookup",
    "X-Squid-Error",
    "Proxy-Connection",
    "X-BlueCoat-Via",
)


def portal(url: str, status: int, headers: Mapping[str, str], page: bytes = b"") -> NoMeasurement | None:
    """Whether an answer is a captive portal's; ``page`` is the beginning of a web page that came for data."""
    asked = urlsplit(url)
    if asked.scheme != "http":
        return None
    if status == NETWORK_AUTHENTICATION_REQUIRED:
        return NoMeasurement("captive_portal", f"HTTP {status} for {asked.netloc}")
    if 300 <= status < 400 and (where := headers.get("Location")):
        target = urlsplit(urljoin(url, where))
        if target.hostname != asked.hostname:
            return NoMeasurement("captive_portal", f"it redirects to {target.scheme}://{target.netloc}")
    if status == 200 and LOGIN.search(page):
        return NoMeasurement("captive_portal", f"a page to log in came instead of data from {asked.netloc}")
    return None


def proxy(url: str, headers: Mapping[str, str]) -> str | None:
    """The header by which a proxy gave itself away, as it stood there."""
    if urlsplit(url).scheme != "http":
        return None
    found = next((name for name in PROXY_HEADERS if name in headers), None)
    return f"{found}: {headers[found][:80]}" if found else None


def refused_by_proxy(url: str, status: int, headers: Mapping[str, str]) -> NoMeasurement | None:
    """Whether an error is a proxy's own: the server may never have been asked."""
    if status < 400 or urlsplit(url).scheme != "http" or "X-Squid-Error" not in headers:
        return None
    return NoMeasurement("proxy", f"HTTP {status}, {headers['X-Squid-Error'][:60]}")
