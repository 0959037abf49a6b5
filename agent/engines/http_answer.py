"""One answer of HTTP/1.1, read from a connection as it comes (RFC 9112).

The standard library's client brings a parser for mail with it, and ``requests`` three libraries more; a
test's process is to stay small. The head is whole once there is an answer. A body is delimited by chunks, by
a length, or by the end of the connection, and one that is cut short just ends.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator, Mapping
from typing import Self

READ_BYTES = 16_384
HEAD_BYTES = 65_536
"""The most that a head may take."""

_CHUNK = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;|$)")
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d)(?:[ \r\n]|$)")


class NotHttp(Exception):
    """What came is no HTTP."""


class Headers(Mapping[str, str]):
    """A head's fields; their names are the same in capitals and in small letters."""

    __slots__ = ("_values",)

    def __init__(self, lines: list[bytes]) -> None:
        self._values: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise NotHttp(f"{line[:40]!r} is no header")
            key, value = name.strip().lower(), value.strip()
            self._values[key] = f"{self._values[key]}, {value}" if key in self._values else value

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class Answer:
    """The answer to the one request that was sent on ``line``, its head read by ``until_s`` (monotonic).

    Raises OSError and NotHttp, from ``read`` too.
    """

    def __init__(self, line: socket.socket, until_s: float) -> None:
        self._line = line
        self._here = bytearray()
        self.status, self.headers = self._head(until_s)
        while 100 <= self.status < 200:  # an interim answer; the one that counts follows
            self.status, self.headers = self._head(until_s)
        length = self.headers.get("Content-Length", "")
        self._chunked = self.headers.get("Transfer-Encoding", "").lower().endswith("chunked")
        self._left: int | None = int(length) if length.isdecimal() else None
        """Octets until the body, or its present chunk, ends; None when the connection's end is its own."""
        if self.status in (204, 304):
            self._left, self._chunked = 0, False
        elif self._chunked:
            self._left = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._line.close()

    def read(self, most: int) -> bytes:
        """The next octets of the body, as many as are here: one at least, none at its end."""
        if self._chunked and not self._left:
            self._left = self._next_chunk()
            self._chunked = self._left > 0
        if self._left == 0 or not (self._here or self._receive()):
            return b""
        taken = bytes(self._here[: most if self._left is None else min(most, self._left)])
        del self._here[: len(taken)]
        if self._left is not None:
            self._left -= len(taken)
        return taken

    def _head(self, until_s: float) -> tuple[int, Headers]:
        while (end := self._here.find(b"\r\n\r\n")) < 0:
            if self._here and not b"HTTP/1.".startswith(self._here[:7]):
                raise NotHttp(repr(bytes(self._here[:40])))
            if len(self._here) > HEAD_BYTES:
                raise NotHttp("a head without an end")
            if not self._receive():
                raise ConnectionResetError("closed")
            if time.monotonic() > until_s:
                raise TimeoutError
        lines = bytes(self._here[:end]).split(b"\r\n")
        del self._here[: end + 4]
        if not (status := _STATUS.match(lines[0])):
            raise NotHttp(repr(lines[0][:40]))
        return int(status[1]), Headers(lines[1:])

    def _next_chunk(self) -> int:
        """The octets of the next chunk; 0 for the last one, and for a body that was cut short."""
        line = self._next_line() or self._next_line()  # the first ends the chunk before, if there was one
        size = _CHUNK.match(line)
        if line and not size:
            raise NotHttp(f"{line[:40]!r} is no length of a chunk")
        return int(size[1], 16) if size else 0

    def _next_line(self) -> bytes:
        while (end := self._here.find(b"\n")) < 0:
            if len(self._here) > HEAD_BYTES or not self._receive():
                return b""
        line = bytes(self._here[:end]).strip()
        del self._here[: end + 1]
        return line

    def _receive(self) -> int:
        block = self._line.recv(READ_BYTES)
        self._here += block
        return len(block)
