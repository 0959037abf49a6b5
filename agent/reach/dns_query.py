"""One question to the machine's name servers over UDP, and what their answers say (RFC 1035).

The C library's resolver can't be told to give up in a second, and one that hangs would be in the way; this
one is bounded. It asks for one kind of record, follows what the answer already follows (CNAMEs), and never
asks again over TCP: that an answer was cut short is an answer.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.reach.endpoints import endpoint

RESOLV_CONF = Path("/etc/resolv.conf")
PORT = 53

A, AAAA = 1, 28
NOERROR, NXDOMAIN = 0, 3
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}

MAX_SERVERS = 3
"""The C library heeds no more of them (resolv.conf(5), MAXNS)."""
AGAIN_S = 0.5
"""Without an answer for so long, the next server is asked, or the same one again: a datagram may be lost."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a name server said, and the addresses in it."""

    server: str
    rcode: int
    addresses: tuple[str, ...] = ()

    @property
    def found_out(self) -> bool:
        """Whether the server could find out about the name: also that there is no such name."""
        return self.rcode in (NOERROR, NXDOMAIN)

    @property
    def words(self) -> str:
        return f"{self.server} says {RCODES.get(self.rcode, self.rcode)}"


def servers(resolv_conf: Path = RESOLV_CONF) -> list[str]:
    """The name servers of this machine in their order; its own where none is named (resolv.conf(5))."""
    try:
        lines = resolv_conf.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    named = [words[1] for line in lines if len(words := line.split()) > 1 and words[0] == "nameserver"]
    return named[:MAX_SERVERS] or ["127.0.0.1"]


def ask(name: str, kind: int, servers: Sequence[str], limit_s: float, port: int = PORT) -> Answer | None:
    """The first answer of a server that could find out, else of one that couldn't, else None.

    ``kind`` is A or AAAA. Servers are asked one after the other, ``AGAIN_S`` apart, and all are heard.
    """
    asked = question(name, kind, int.from_bytes(os.urandom(2), "big"))
    with contextlib.ExitStack() as held:
        lines = {}
        for server in servers:
            with contextlib.suppress(OSError):
                where = endpoint(server, port)
                line = held.enter_context(socket.socket(where.family, socket.SOCK_DGRAM))
                line.setblocking(False)
                line.connect(where.sockaddr)  # so that nobody else can answer
                lines[line.fileno()] = (server, line)
        return _hear(asked, lines, time.monotonic() + limit_s)


def _hear(asked: bytes, lines: dict[int, tuple[str, socket.socket]], until: float) -> Answer | None:
    poll, turn, worse = select.poll(), 0, None
    for descriptor in lines:
        poll.register(descriptor, select.POLLIN)
    send_at = 0.0
    while lines and (now := time.monotonic()) < until:
        if now >= send_at:
            _, line = list(lines.values())[turn % len(lines)]
            turn, send_at = turn + 1, now + AGAIN_S
            with contextlib.suppress(OSError):
                line.send(asked)
        for descriptor, _ in poll.poll(max(0.0, min(send_at, until) - time.monotonic()) * 1000):
            server, line = lines[descriptor]
            try:
                answer = read_answer(line.recv(4096), asked, server)
            except OSError:  # refused: nobody listens there
                answer = None
                poll.unregister(descriptor)
                del lines[descriptor]
                send_at = 0.0
            if answer is None:
                continue
            if answer.found_out:
                return answer
            worse = worse or answer
            poll.unregister(descriptor)
            del lines[descriptor]
            send_at = 0.0
    return worse


def question(name: str, kind: int, number: int) -> bytes:
    """A query with one question, recursion desired. Raises ValueError for what can't be a name."""
    octets = name.rstrip(".").encode("ascii")
    labels = octets.split(b".")
    if len(octets) > 253 or not all(0 < len(label) < 64 for label in labels):
        raise ValueError(name)
    packed = b"".join(bytes([len(label)]) + label for label in labels)
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + packed + struct.pack("!xHH", kind, 1)


def read_answer(packet: bytes, asked: bytes, server: str = "") -> Answer | None:
    """What a packet answers to the question ``asked``; None when it is no answer to it (RFC 5452, 9.1)."""
    size = len(asked)
    if len(packet) < 12 or packet[:2] != asked[:2] or not packet[2] & 0x80:
        return None
    rcode, questions, answers = packet[3] & 0x0F, *struct.unpack("!HH", packet[4:8])
    if questions == 0 and rcode != NOERROR:  # some servers send an error's header alone
        return Answer(server, rcode)
    if packet[12:size].lower() != asked[12:].lower():
        return None
    return Answer(server, rcode, tuple(_addresses(packet, size, answers, asked[-4:-2])))


def _addresses(packet: bytes, at: int, answers: int, kind: bytes) -> Iterator[str]:
    """The addresses among the records that begin at ``at``, as far as the packet goes."""
    family, length = (socket.AF_INET, 4) if kind == struct.pack("!H", A) else (socket.AF_INET6, 16)
    for _ in range(answers):
        while at < len(packet) and 0 < packet[at] < 0xC0:  # labels; with two bits set it is a pointer
            at += 1 + packet[at]
        at += 2 if at < len(packet) and packet[at] else 1
        if at + 10 > len(packet):
            return
        of_kind, _, _, size = struct.unpack("!2sHIH", packet[at : at + 10])
        at += 10
        if of_kind == kind and size == length and at + size <= len(packet):
            yield socket.inet_ntop(family, packet[at : at + size])
        at += size
