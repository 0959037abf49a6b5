"""The client's side of WebSocket (RFC 6455), as much as ndt7 needs. Pure: octets in, octets out.

Large messages pass without being copied or kept: of binary ones only the size is known. The client has
to mask what it sends (5.3); random octets masked are random octets, so a message of them is made once
and sent again and again.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import struct
from dataclasses import dataclass

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
_CONTINUATION = 0x0
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3

MOST_BINARY_BYTES = 1 << 24
"""The largest message of ndt7 (specification v0.11, "WebSocket channel usage")."""

MOST_TEXT_BYTES = 1 << 16
MOST_HEAD_BYTES = 1 << 16


class NotWebSocket(ValueError):
    """What arrived isn't what a WebSocket server sends."""


@dataclass(frozen=True, slots=True)
class Message:
    """A whole text message or control frame."""

    opcode: int
    payload: bytes


def new_key() -> str:
    return base64.b64encode(os.urandom(16)).decode()


def upgrade(target: str, authority: str, protocol: str, key: str, user_agent: str) -> bytes:
    """The request that turns a connection into a WebSocket."""
    return (
        f"GET {target} HTTP/1.1\r\nHost: {authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {protocol}\r\n"
        f"User-Agent: {user_agent}\r\n\r\n"
    ).encode()


def status(head: bytes) -> int:
    """The status of an HTTP answer; NotWebSocket when it is none."""
    if not (found := re.match(rb"HTTP/1\.[01] (\d{3})", head)):
        raise NotWebSocket("no HTTP answer")
    return int(found[1])


def check(head: bytes, protocol: str, key: str) -> None:
    """Raises NotWebSocket unless the answer's head agrees to what was asked (RFC 6455, 4.1)."""
    if (code := status(head)) != 101:
        raise NotWebSocket(f"HTTP {code} in place of a WebSocket")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
    }
    proof = base64.b64encode(hashlib.sha1(key.encode() + _MAGIC).digest())  # noqa: S324  # as RFC 6455 has it
    if headers.get(b"sec-websocket-accept") != proof or headers.get(b"upgrade", b"").lower() != b"websocket":
        raise NotWebSocket("the answer doesn't fit the request")
    if headers.get(b"sec-websocket-protocol") != protocol.encode():
        raise NotWebSocket(f"it doesn't speak {protocol}")


def control(opcode: int, payload: bytes = b"") -> bytes:
    """A masked control frame."""
    key = os.urandom(4)
    masked = bytes(octet ^ key[index % 4] for index, octet in enumerate(payload))
    return bytes((0x80 | opcode, 0x80 | len(payload))) + key + masked


def random_message(size: int) -> bytes:
    """A masked binary message of ``size`` random octets; more than 125 of them."""
    if size < 1 << 16:
        head = struct.pack("!BBH", 0x80 | BINARY, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | BINARY, 0x80 | 127, size)
    return head + os.urandom(4 + size)


class Frames:
    """Reads a server's frames out of a stream that comes in pieces; ``binary_bytes`` counts as it goes."""

    __slots__ = ("_control", "_fin", "_head", "_left", "_message", "_opcode", "_text", "binary_bytes")

    def __init__(self) -> None:
        self.binary_bytes = 0
        self._head, self._text, self._control = bytearray(), bytearray(), bytearray()
        self._left = 0
        self._opcode, self._fin = TEXT, True
        self._message: int | None = None

    def feed(self, block: memoryview) -> list[Message]:
        """Takes what arrived; returns the text messages and control frames that it completed."""
        found: list[Message] = []
        at, end = 0, len(block)
        while at < end:
            if self._left:
                took = min(self._left, end - at)
                if self._opcode == BINARY:
                    self.binary_bytes += took
                else:  # a control frame may come between the parts of a text
                    (self._text if self._opcode == TEXT else self._control).extend(block[at : at + took])
                self._left -= took
            else:
                took = min(self._missing(), end - at)
                self._head += block[at : at + took]
                if self._missing():
                    at += took
                    continue
                self._begin()
            at += took
            if not self._left:
                self._complete(found)
        return found

    def _missing(self) -> int:
        """Octets that the frame's head still lacks."""
        if len(self._head) < 2:
            return 2 - len(self._head)
        return 2 + {126: 2, 127: 8}.get(self._head[1] & 0x7F, 0) - len(self._head)

    def _begin(self) -> None:
        """A frame's head is whole: what kind it is, and how long."""
        first, second = self._head[0], self._head[1]
        size = int.from_bytes(self._head[2:]) if second & 0x7F > 125 else second & 0x7F
        self._head.clear()
        opcode, self._fin = first & 0x0F, bool(first & 0x80)
        if first & 0x70 or second & 0x80:
            raise NotWebSocket("a frame of an unknown extension, or a masked one")
        if opcode in (CLOSE, PING, PONG):
            if size > 125 or not self._fin:
                raise NotWebSocket("a control frame that is too long or in parts")
        elif opcode == _CONTINUATION:
            if self._message is None:
                raise NotWebSocket("a part of no message")
            opcode = self._message
        elif opcode not in (TEXT, BINARY) or self._message is not None:
            raise NotWebSocket(f"an unexpected frame of kind {opcode}")
        if opcode in (TEXT, BINARY):
            self._message = None if self._fin else opcode
        if size > (MOST_BINARY_BYTES if opcode == BINARY else MOST_TEXT_BYTES - len(self._text)):
            raise NotWebSocket(f"a message of {size:,} octets")
        self._opcode, self._left = opcode, size

    def _complete(self, found: list[Message]) -> None:
        """A frame has ended, and with it its message unless more parts of that follow."""
        if self._opcode == BINARY or not self._fin:
            return
        payload = self._text if self._opcode == TEXT else self._control
        found.append(Message(self._opcode, bytes(payload)))
        payload.clear()
