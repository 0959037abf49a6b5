"""The server's side of one connection, which waits for nobody for ever.

uvicorn waits without end for a request's header, and takes one of any size. Here a header has ``HEADER_S``
from its first octet, or from the connection's beginning, and may be ``MOST_HEADER_BYTES``; past either the
connection is closed, for whoever sends like that isn't waiting for an answer. Bodies have a time of their own
(``collector/bodies.py``).
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_S = 15.0
MOST_HEADER_BYTES = 32_768


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol over httptools, with an end to its patience."""

    _waiting: asyncio.TimerHandle | None = None
    _in_header = False
    _header_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_header and self._waiting is None:  # most headers come in one piece, and need no timer
            self._wait()

    def on_message_begin(self) -> None:
        self._header_bytes = 0
        self._in_header = True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._headed()
        super().on_headers_complete()

    def _headed(self) -> None:
        self._in_header = False
        self._cancel()

    def _count(self, octets: int) -> None:
        self._header_bytes += octets
        if self._header_bytes > MOST_HEADER_BYTES:
            self._close()

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(HEADER_S, self._close)

    def _cancel(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _close(self) -> None:
        self._cancel()
        transport: Any = self.transport
        if transport is not None and not transport.is_closing():
            transport.abort()
