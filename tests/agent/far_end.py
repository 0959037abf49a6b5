"""What answers at the far end of a line: name servers of several manners, and a TCP port.

Run as a program in a namespace of its own; it says "ready" when all listens, and lives until its input ends.
"""

from __future__ import annotations

import select
import socket
import struct
import sys

HOST, PORT = "203.0.113.1", 443
HOST6 = "2001:db8:1::1"
DNS, DNS6, DNS_SERVFAIL, DNS_SILENT = "203.0.113.53", "2001:db8:1::53", "203.0.113.54", "203.0.113.55"
NAME, OTHER = "www.example.net", "no.such.example.net"
ADDRESSES = [HOST, DNS, DNS_SERVFAIL, DNS_SILENT, HOST6, DNS6]
A, AAAA = 1, 28


def answer(asked: bytes, *, rcode: int = 0, address: str = HOST) -> bytes:
    """An answer to a query with one question: the address of every name but OTHER, which there isn't."""
    question = asked[12:]
    kind, family = struct.unpack("!H", asked[-4:-2])[0], socket.AF_INET6 if ":" in address else socket.AF_INET
    if OTHER.split(".")[0].encode() in question:
        rcode = 3
    found = rcode == 0 and kind == (AAAA if family == socket.AF_INET6 else A)
    packed = socket.inet_pton(family, address)
    record = struct.pack("!HHHIH", 0xC00C, kind, 1, 60, len(packed)) + packed
    head = asked[:2] + struct.pack("!5H", 0x8180 | rcode, 1, int(found), 0, 0)
    return head + question + (record if found else b"")


def serve() -> None:
    """Answers until stdin ends."""
    names = {}
    for address in (DNS, DNS6, DNS_SERVFAIL, DNS_SILENT):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_DGRAM)
        listening.bind((address, 53))
        names[listening] = address
    doors = [
        socket.create_server((HOST, PORT)),
        socket.create_server((HOST6, PORT), family=socket.AF_INET6),
    ]
    print("ready", flush=True)
    while True:
        ready = select.select([sys.stdin, *names, *doors], [], [])[0]
        if sys.stdin in ready:
            return
        for door in doors:
            if door in ready:
                door.accept()[0].close()
        for listening, at in names.items():
            if listening not in ready:
                continue
            asked, asker = listening.recvfrom(512)
            if at != DNS_SILENT:
                rcode = 2 if at == DNS_SERVFAIL else 0
                listening.sendto(answer(asked, rcode=rcode, address=HOST6 if at == DNS6 else HOST), asker)


if __name__ == "__main__":
    serve()
