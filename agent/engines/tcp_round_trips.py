"""Round trips as TCP sees them: how long a connection takes to open, and what the kernel has smoothed.

A connection opens after one round trip, answered by the far kernel and no program there. The smoothed
round trip of a flow that sends has the line's own queue in it, so it is the latency under that load.
"""

from __future__ import annotations

import errno
import select
import socket
import struct
import sys
import time

from agent.engines import method, tcp_info
from agent.engines.http_address import Address, no_measurement
from agent.engines.plan import NoMeasurement

PAUSE_S = 0.1
_RTT_OFFSET = 68  # tcpi_rtt of struct tcp_info (include/uapi/linux/tcp.h), in microseconds


def connect_ms(address: Address, count: int) -> list[float]:
    """The times of some connections, in their order, each dropped again; one that wasn't taken has none."""
    found = []
    for attempt in range(count):
        if attempt:
            select.select([], [], [], PAUSE_S)
        with socket.socket(address.family, socket.SOCK_STREAM) as tried:
            tried.settimeout(method.CONNECT_TIMEOUT_S)
            began = time.monotonic()
            try:
                tried.connect(address.sockaddr)
            except OSError:
                continue
            found.append((time.monotonic() - began) * 1000)
    return found


def connect_once(host: str, port: int) -> tuple[str, float]:
    """The first address of a host that takes a connection, and the milliseconds that this took.

    For servers that had better not be asked twice. Raises NoMeasurement.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise NoMeasurement("dns", host) from None
    failure: OSError | None = None
    for family, _, _, _, sockaddr in found:
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            tried.settimeout(method.CONNECT_TIMEOUT_S)
            began = time.monotonic()
            try:
                tried.connect(sockaddr)
            except OSError as error:
                failure = failure or error
                continue
            return str(sockaddr[0]), (time.monotonic() - began) * 1000
    raise no_measurement(failure or OSError(errno.EHOSTUNREACH, "no address"), f"{host}:{port}")


def smoothed_ms(connection: socket.socket) -> float | None:
    """The kernel's smoothed round trip of a connection now; None where it doesn't tell."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        raw = connection.getsockopt(socket.IPPROTO_TCP, tcp_info.NATIVE_OPTION, _RTT_OFFSET + 4)
    except OSError:
        return None
    if len(raw) < _RTT_OFFSET + 4:
        return None
    return struct.unpack_from("=I", raw, _RTT_OFFSET)[0] / 1000 or None
