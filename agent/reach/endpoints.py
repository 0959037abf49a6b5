"""Numeric addresses with a port as sockets take them, and which of several takes a TCP connection first."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

STAGGER_S = 0.3
"""The next is tried when the one before hasn't answered for so long (as RFC 8305 does it)."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A socket address and its family; ``words`` are how a person writes it."""

    family: socket.AddressFamily
    sockaddr: tuple[str, int] | tuple[str, int, int, int]
    words: str


def endpoint(address: str, port: int) -> Endpoint:
    """The endpoint of a numeric address, an IPv6 one with its scope where it has one. Raises OSError."""
    # As octets: text would be put through the codec "idna", whose import costs half a megabyte.
    found = socket.getaddrinfo(
        address.encode(), port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    )
    family, _, _, _, sockaddr = found[0]
    assert isinstance(sockaddr[0], str)  # an AF_INET or AF_INET6 address, as asked
    return Endpoint(family, sockaddr, f"[{address}]:{port}" if ":" in address else f"{address}:{port}")


def numeric(host: str) -> bool:
    """Whether a host is given by address, in full: `1` is an address to getaddrinfo(3), not to a person."""
    bare = host.partition("%")[0]
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in bare else socket.AF_INET, bare)
    except (OSError, ValueError):
        return False
    return True


def first_open(endpoints: Sequence[Endpoint], limit_s: float) -> tuple[Endpoint | None, str | None]:
    """The endpoint that takes a TCP connection first, or None and why the last one didn't.

    A refusal is no connection here: a firewall on the way refuses in the name of anybody.
    """
    until, due = time.monotonic() + limit_s, list(endpoints)
    trying: dict[int, tuple[Endpoint, socket.socket]] = {}
    poll, start_at, fault = select.poll(), 0.0, None
    with contextlib.ExitStack() as held:
        while (due or trying) and (now := time.monotonic()) < until:
            if due and (now >= start_at or not trying):
                one, start_at = due.pop(0), now + STAGGER_S
                line = held.enter_context(socket.socket(one.family, socket.SOCK_STREAM))
                line.setblocking(False)
                code = line.connect_ex(one.sockaddr)
                if code == 0:
                    return one, None
                if code != errno.EINPROGRESS:
                    fault, start_at = f"{one.words}: {os.strerror(code)}", 0.0
                    continue
                poll.register(line, select.POLLOUT)
                trying[line.fileno()] = (one, line)
            wait_until = min(until, start_at) if due else until
            for descriptor, _ in poll.poll(max(0.0, wait_until - time.monotonic()) * 1000):
                one, line = trying.pop(descriptor)
                poll.unregister(descriptor)
                code = line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code == 0:
                    return one, None
                fault, start_at = f"{one.words}: {os.strerror(code)}", 0.0
    if trying:
        return None, f"{next(iter(trying.values()))[0].words}: no answer"
    return None, fault
