"""The short way for reading a site's hours, on a connection that has one for uploads.

As in ``collector/short_way.py``, what is plain is answered from where its last octet is read, without a task
or a layer of the framework; at the least doubt it goes the ordinary way from its beginning, as if nobody had
looked at it. Only the ordinary way refuses, and says why.
"""

from __future__ import annotations

from typing import Any

from collector.short_series import BEGINS, ENDS, ShortSeries
from collector.short_way import ShortWay


class ShortRead(ShortWay):
    """The protocol with both short ways; the second is to the ``series`` of ``config.app``."""

    def __init__(self, config: Any, *others: Any, **named: Any) -> None:
        super().__init__(config, *others, **named)
        self._series: ShortSeries = config.app.series
        self._reads = False

    def on_headers_complete(self) -> None:
        if self.url.startswith(BEGINS) and self._may_be_read():
            self._headed()
            self._reads = True
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._read_ordinarily()
        super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._reads:
            super().on_message_complete()
            return
        before, taken = self.cycle, _Taken(self)
        self.cycle = taken  # type: ignore[assignment]  # in its place
        if self._series.ask(self.scope, self.url, taken.told):
            self._reads = False
            return
        self.cycle = before
        self._read_ordinarily()
        super().on_message_complete()

    def shutdown(self) -> None:
        self._read_ordinarily()
        super().shutdown()

    def send(self, taken: _Taken, answer: bytes) -> None:
        """Sends an answer, and lets the connection's next request begin."""
        taken.response_complete = True
        if self.transport.is_closing():
            return
        closing = self._leaving.ends or not taken.keep_alive
        head = b"".join([b"%b: %b\r\n" % header for header in self.server_state.default_headers])
        close = b"connection: close\r\n" if closing else b""
        self.transport.write(b"HTTP/1.1 200 OK\r\n" + head + close + answer)
        if closing:
            self.transport.close()
        self.on_response_complete()

    def begin_again(self, taken: _Taken) -> None:
        """Answers one that was taken as if it had only come now."""
        path, _, query = taken.url.partition(b"?")
        taken.scope.update(method="GET", path=path.decode(), raw_path=path, query_string=query)
        self._begin_anew(taken, b"", self.app)

    def _may_be_read(self) -> bool:
        return self.url.partition(b"?")[0].endswith(ENDS) and self._is_simple(b"GET")

    def _read_ordinarily(self) -> None:
        if self._reads:
            self._reads = False
            super().on_headers_complete()


class _Taken:
    """A request on its short way; on its connection it has the place of uvicorn's RequestResponseCycle."""

    __slots__ = ("disconnected", "keep_alive", "response_complete", "scope", "url", "way")

    def __init__(self, way: ShortRead) -> None:
        self.way = way
        self.scope: Any = way.scope
        self.url: bytes = way.url
        self.keep_alive, self.response_complete, self.disconnected = True, False, False

    @property
    def message_event(self) -> _Taken:
        """What uvicorn sets when the connection is lost; nobody waits for it."""
        return self

    def set(self) -> None:
        pass

    def told(self, answer: bytes | None) -> None:
        """What is answered. For the event loop's thread."""
        if answer is None:
            self.way.begin_again(self)
        else:
            self.way.send(self, answer)
