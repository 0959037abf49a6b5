"""What the kernel knows of a neighbour on the wire: whether ARP or neighbour discovery found it.

Asked with RTM_GETNEIGH (rtnetlink(7)), which any user may and which sends nothing; ``/proc/net/arp`` has IPv4
alone, and can't tell an entry that was confirmed just now from one of long ago.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

RTM_GETNEIGH, RTM_NEWNEIGH = 30, 28
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_DUMP = 0x01, 0x300
NDA_DST = 1

NUD_INCOMPLETE, NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE = 0x01, 0x02, 0x04, 0x08, 0x10
NUD_FAILED, NUD_NOARP, NUD_PERMANENT = 0x20, 0x40, 0x80

THERE = NUD_REACHABLE | NUD_NOARP | NUD_PERMANENT
OLD = NUD_STALE | NUD_DELAY | NUD_PROBE


def heard_of(address: str, interface: str) -> bool | None:
    """Whether the neighbour was heard of lately; None when that isn't known.

    It isn't while one that was heard of once is asked again, and where there are no neighbours to ask for (a
    tunnel).
    """
    packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    try:
        index = socket.if_nametoindex(interface)
        states = [state for at, there, state in _table(len(packed)) if (at, there) == (index, packed)]
    except OSError:  # no such interface, or netlink is closed to this process
        return None
    if any(state & THERE for state in states):
        return True
    return None if not states or any(state & OLD for state in states) else False


def _table(length: int) -> Iterator[tuple[int, bytes, int]]:
    """Interface index, address and state of each neighbour with addresses of so many octets."""
    family = socket.AF_INET6 if length == 16 else socket.AF_INET
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        kernel.settimeout(1.0)
        message = struct.pack("=BxxxiHBB", family, 0, 0, 0, 0)
        head = struct.pack("=IHHII", 16 + len(message), RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP, 1, 0)
        kernel.send(head + message)
        while True:
            block, at = kernel.recv(65_536), 0
            while at + 16 <= len(block):
                size, kind = struct.unpack_from("=IH", block, at)
                if kind in (NLMSG_DONE, NLMSG_ERROR) or size < 16:
                    return
                if kind == RTM_NEWNEIGH:
                    index, state = struct.unpack_from("=iH", block, at + 20)
                    yield index, _address(block[at + 28 : at + size]), state
                at += (size + 3) & ~3


def _address(attributes: bytes) -> bytes:
    at = 0
    while at + 4 <= len(attributes):
        size, kind = struct.unpack_from("=HH", attributes, at)
        if kind == NDA_DST:
            return attributes[at + 4 : at + size]
        at += max(4, (size + 3) & ~3)
    return b""
