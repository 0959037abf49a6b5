"""The form that each engine's server address has. Pure: nothing is looked up.

The settings file and the command line take the same forms, so that what worked in one works in the other.
Each function returns the address as its engine wants it and raises ValueError for anything else.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from urllib.parse import urlsplit

IPERF3_PORT = 5201
IRTT_PORT = 2112

HTTP_FORM = "an http:// or https:// address"
TEST_FORM = f"{HTTP_FORM}, two of them with a space between (download, upload), or a LibreSpeed list (.json)"
IRTT_FORM = IPERF3_FORM = "a host, or host:port"
PIN_FORM = 'fingerprints of keys, as in "sha256//YhKJKSzoTt2b5FP18fvpHo7fJYqQCjAa3HWY3tvRMwE="'
NDT7_FORM = "a host, host:port, or a ws://, wss://, http:// or https:// address"
OOKLA_FORM = "a server's number, or its host name"

_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9.])?")


def http_server(raw: object) -> str:
    parts = urlsplit(raw) if isinstance(raw, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError(raw)
    return str(raw).rstrip("/")


def test_server(raw: object) -> str:
    """The http engine's: a server's base address, the addresses of a download, an upload and, where there is
    one, a ping, or a list of LibreSpeed servers as a file or an address that ends in ".json"."""
    words = raw.split() if isinstance(raw, str) else []
    if len(words) == 1 and "://" not in words[0] and is_list(words[0]):
        return words[0]
    if not 1 <= len(words) <= 3:
        raise ValueError(raw)
    return " ".join(http_server(word) for word in words)


def test_servers(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list):
        raise ValueError(raw)
    return tuple(test_server(each) for each in raw)


def is_list(server: str) -> bool:
    """Whether it names a list of servers, and no server."""
    return server.endswith(".json") and " " not in server


def shown(server: str) -> str:
    """The address by which samples name the server: its own, or that of its download."""
    return server.split()[0]


def pins(raw: object) -> tuple[str, ...]:
    """The pins of servers' keys, as curl writes them; see ``server_pin``."""
    if not isinstance(raw, list):
        raise ValueError(raw)
    for each in raw:
        kind, _, digest = each.partition("//") if isinstance(each, str) else ("", "", "")
        if kind != "sha256" or len(binascii.a2b_base64(digest, strict_mode=True)) != 32:
            raise ValueError(raw)
    return tuple(raw)


def iperf3_server(raw: object) -> str:
    """`iperf.example.org:5201`, `192.0.2.7`, `[2001:db8::7]:5202`."""
    host_and_port(raw)
    return str(raw)


def irtt_server(raw: object) -> str:
    """With its port, as irtt wants it."""
    host, port = host_and_port(raw, IRTT_PORT)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def host_and_port(raw: object, port: int = IPERF3_PORT) -> tuple[str, int]:
    """The two parts of a server's address; ``port`` is the one it has where none is told."""
    parts = urlsplit(f"//{raw}") if isinstance(raw, str) else None
    if parts is None or not parts.hostname or parts.netloc != raw or parts.username:
        raise ValueError(raw)
    if ":" not in parts.hostname and not _NAME.fullmatch(parts.hostname):
        raise ValueError(raw)
    return parts.hostname, parts.port or port


def ndt7_server(raw: object) -> str:
    """As a ws:// or wss:// address; without a scheme it is wss://, as M-Lab's own servers are."""
    if not isinstance(raw, str):
        raise ValueError(raw)
    scheme, told, rest = raw.rpartition("://")
    scheme = {"http": "ws", "https": "wss"}.get(scheme, scheme) if told else "wss"
    parts = urlsplit(f"{scheme}://{rest}")
    if scheme not in ("ws", "wss") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError(raw)
    if ":" not in parts.hostname and not _NAME.fullmatch(parts.hostname):
        raise ValueError(raw)
    _ = parts.port  # raises ValueError beyond 65535
    return f"{scheme}://{rest}".rstrip("/")


def ookla_server(raw: object) -> str:
    if isinstance(raw, str) and _NAME.fullmatch(raw):
        return raw
    raise ValueError(raw)


FORMS: dict[str, tuple[Callable[[object], str], str]] = {
    "http": (test_server, TEST_FORM),
    "iperf3": (iperf3_server, IPERF3_FORM),
    "ndt7": (ndt7_server, NDT7_FORM),
    "librespeed-cli": (http_server, HTTP_FORM),
    "ookla": (ookla_server, OOKLA_FORM),
    "speedtest-cli": (http_server, HTTP_FORM),
}
"""For each engine, what reads a server's address and what to say when it can't be read."""
