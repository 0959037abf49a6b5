"""The forms that addresses and places in the settings have, beside those of measurement servers. Pure.

Each function returns the value as the agent wants it and raises ValueError for anything else.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from agent.engines.server_address import http_server

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def private_url(raw: object) -> str:
    """A token goes over TLS, or stays on this machine."""
    url = http_server(raw)
    if url.startswith("http:") and urlsplit(url).hostname not in LOOPBACK:
        raise ValueError(raw)
    return url


def plain_url(raw: object) -> str:
    """An address without TLS, for behind TLS no portal shows itself."""
    if raw == "":
        return ""
    url = http_server(raw)
    if not url.startswith("http:"):
        raise ValueError(raw)
    return url


def hosts_and_ports(raw: object) -> tuple[tuple[str, int], ...]:
    """`["example.org:443", "[2001:db8::1]:443"]` as names or addresses with their ports."""
    if not isinstance(raw, list) or not raw:
        raise ValueError(raw)
    return tuple(host_and_port(each) for each in raw)


def host_and_port(raw: object) -> tuple[str, int]:
    parts = urlsplit(f"//{raw}") if isinstance(raw, str) else None
    if parts is None or not parts.hostname or not parts.port or parts.netloc != raw or parts.username:
        raise ValueError(raw)
    return parts.hostname if ":" in parts.hostname else host_name(parts.hostname), parts.port


def loopback(raw: object) -> tuple[str, int]:
    """Figures are for this machine; who else may see them is for a proxy in front to decide."""
    host, port = host_and_port(raw)
    if host not in LOOPBACK:
        raise ValueError(raw)
    return ("127.0.0.1" if host == "localhost" else host), port


def textfile(raw: object) -> str:
    """node_exporter reads files that end in ``.prom`` and no others."""
    if not isinstance(raw, str) or not raw.startswith("/") or not raw.endswith(".prom"):
        raise ValueError(raw)
    return raw


def host_name(raw: object) -> str:
    """A host name as RFC 1123 has them: letters, digits and hyphens between dots."""
    label = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
    if not isinstance(raw, str) or len(raw) > 253 or not re.fullmatch(rf"{label}(\.{label})*", raw):
        raise ValueError(raw)
    return raw
