"""Whether the gateway, the next router, is there: asked in every way that needs no rights, all at once.

An ICMP echo where the kernel lets plain users send one (``net.ipv4.ping_group_range``, closed by default on
Debian 12); a TCP connection, where a refusal is an answer like any other; a datagram to the discard port (RFC
863), which a closed port answers with ICMP. A gateway that keeps silent to all of them still answers ARP or
neighbour discovery, or nothing could cross it: the last word is the neighbour table's.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import struct
import time

from agent.reach.endpoints import Endpoint, endpoint
from agent.reach.neighbours import heard_of

DISCARD, HTTP = 9, 80
ECHO = {socket.AF_INET: (socket.IPPROTO_ICMP, 8), socket.AF_INET6: (socket.IPPROTO_ICMPV6, 128)}
"""Protocol and type of an echo request (RFC 792, RFC 4443). The kernel puts in number and checksum."""


def answers(address: str, interface: str, limit_s: float) -> bool | None:
    """Whether the gateway answers; None when it keeps silent and was there lately."""
    scoped = f"{address}%{interface}" if address.startswith("fe80:") else address
    poll = select.poll()
    with contextlib.ExitStack() as held:
        asked = {}
        for line in _questions(scoped, held):
            poll.register(line, select.POLLIN | (select.POLLOUT if line.type == socket.SOCK_STREAM else 0))
            asked[line.fileno()] = line
        until = time.monotonic() + limit_s
        while asked and (left := until - time.monotonic()) > 0:
            for descriptor, _ in poll.poll(left * 1000):
                poll.unregister(descriptor)
                if _is_answer(asked.pop(descriptor)):
                    return True
    return heard_of(address, interface)


def _questions(address: str, held: contextlib.ExitStack) -> list[socket.socket]:
    """The sockets on which an answer may come, each with its question on the way."""
    lines = []
    for kind, port in ((socket.SOCK_STREAM, HTTP), (socket.SOCK_DGRAM, DISCARD), (None, 0)):
        with contextlib.suppress(OSError):  # ICMP that isn't allowed; no route
            lines.append(held.enter_context(_asking(endpoint(address, port), kind)))
    return lines


def _asking(where: Endpoint, kind: socket.SocketKind | None) -> socket.socket:
    protocol, echo = ECHO[where.family]
    line = socket.socket(where.family, kind or socket.SOCK_DGRAM, 0 if kind else protocol)
    try:
        line.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            line.connect(where.sockaddr)
        if kind is None:
            line.send(struct.pack("!BBHHH", echo, 0, 0, 0, 1))
        elif kind == socket.SOCK_DGRAM:
            line.send(b"\n")
    except OSError as fault:
        if not isinstance(fault, ConnectionRefusedError):
            line.close()
            raise
    return line


def _is_answer(line: socket.socket) -> bool:
    """Whether what came on a socket is from the gateway, and not this machine's word that nobody is there."""
    code = line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return code in (0, errno.ECONNREFUSED)
