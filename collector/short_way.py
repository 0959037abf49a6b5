"""The server's side of a connection, on which plain uploads go a short way from last octet to receipt.

Almost every upload is small, is here at once, has a token that is remembered and is plainly right. Such a one
is judged as soon as it is read and answered at the writer's word, without a task, a request or any layer of
the framework for it. Everything else - another address, a large body or a slow one, a token of which nothing
is remembered, the least doubt - goes the ordinary way from its beginning, as if nobody had looked at it
(``collector/ingest.py``). Only the ordinary way refuses, and says why.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from collector.enrolled import Kept
from collector.ingest import PATH, SMALL_BODY, Ingest, Plain
from collector.keeping import Outcome
from collector.patience import PatientProtocol

SOON_S = 1.0
"""A body that takes longer goes the ordinary way, where there is patience and an end to it."""

_URL = PATH.encode()


class ShortWay(PatientProtocol):
    """uvicorn's protocol with the short way to the ``uploads`` of ``config.app``."""

    def __init__(self, config: Any, *others: Any, **named: Any) -> None:
        super().__init__(config, *others, **named)
        self._leaving = config.app
        self._uploads: Ingest = config.app.uploads
        proxied = isinstance(self.app, ProxyHeadersMiddleware)
        self._proxies: Any = self.app.trusted_hosts if proxied else ()
        self._looked_at = False
        self._parts: list[bytes] = []
        self._size = 0
        self._late: asyncio.TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave_off()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        self._go_ordinarily()  # where whoever is still sending is heard out
        super().shutdown()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._looked_at and self._late is None:
            self._late = self.loop.call_later(SOON_S, self._go_ordinarily)

    def on_headers_complete(self) -> None:
        if self.url == _URL and self._is_simple(b"POST"):
            self._headed()
            self._looked_at, self._parts, self._size = True, [], 0
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._looked_at:
            super().on_body(body)
            return
        self._parts.append(body)
        self._size += len(body)
        if self._size > SMALL_BODY:
            self._go_ordinarily()

    def on_message_complete(self) -> None:
        if not self._looked_at:
            super().on_message_complete()
            return
        uploads = self._uploads
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        plain = uploads.plainly(self._address(), self.headers, body)
        if plain is None:
            self._go_ordinarily()
            super().on_message_complete()
            return
        self._leave_off()
        self.cycle = taken = _Taken(self, plain, body)  # type: ignore[assignment]  # in its place
        uploads.write(plain, taken.told)

    def answer(self, taken: _Taken, text: bytes) -> None:
        """Sends a receipt, and lets the connection's next request begin."""
        taken.response_complete = True
        if self.transport.is_closing():
            return
        closing = self._leaving.ends or not taken.keep_alive
        self.transport.write(self._uploads.answer(text, self.server_state.default_headers, closing=closing))
        if closing:
            self.transport.close()
        self.on_response_complete()

    def go_ordinarily_after_all(self, taken: _Taken, app: Any) -> None:
        """Answers an upload that was taken as if it had only come now."""
        taken.scope.update({"method": "POST", "path": PATH, "raw_path": _URL, "query_string": b""})
        self._begin_anew(taken, taken.body, app or self.app)

    def _begin_anew(self, taken: Any, body: bytes, app: Any) -> None:
        """Starts uvicorn's own cycle in the place of one that was taken; others may have come behind it."""
        cycle = RequestResponseCycle(
            scope=taken.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=taken.keep_alive,
            on_response=self.on_response_complete,
        )
        cycle.body += body
        cycle.more_body, cycle.disconnected = False, self.transport.is_closing()
        cycle.message_event.set()
        newest: object = self.cycle
        if newest is taken:
            self.cycle = cycle
        self._start_asgi_task(cycle, app)

    def _is_simple(self, method: bytes) -> bool:
        """Whether nothing of the request or its connection asks for more than one plain answer."""
        parser = self.parser
        return (
            (self.cycle is None or self.cycle.response_complete)
            and not self.pipeline
            and not self._leaving.ends
            and not self.flow.write_paused
            and not self.expect_100_continue
            and parser.get_method() == method
            and parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and not parser.should_upgrade()
        )

    def _address(self) -> str:
        """Who sends, as uvicorn finds it out on the ordinary way."""
        address = self.client[0] if self.client else ""
        if address in self._proxies:
            said = [value for name, value in self.headers if name == b"x-forwarded-for"]
            if said:
                found: str = self._proxies.get_trusted_client_address(b", ".join(said).decode("latin-1"))[0]
                return found or address
        return address

    def _go_ordinarily(self) -> None:
        """Has what came so far of the upload that is looked at begin again."""
        if self._looked_at:
            parts = self._parts
            self._leave_off()
            super().on_headers_complete()
            for part in parts:
                super().on_body(part)

    def _leave_off(self) -> None:
        self._looked_at, self._parts = False, []
        if self._late is not None:
            self._late.cancel()
            self._late = None


class _Taken:
    """An upload on its short way; on its connection it has the place of uvicorn's RequestResponseCycle."""

    __slots__ = ("body", "disconnected", "keep_alive", "plain", "response_complete", "scope", "way")

    def __init__(self, way: ShortWay, plain: Plain, body: bytes) -> None:
        self.way, self.plain, self.body = way, plain, body
        self.scope: Any = way.scope
        self.keep_alive, self.response_complete, self.disconnected = True, False, False

    @property
    def message_event(self) -> _Taken:
        """What uvicorn sets when the connection is lost; nobody waits for it."""
        return self

    def set(self) -> None:
        pass

    def told(self, became: Outcome | Exception) -> None:
        """What the writer says became of it. For the event loop's thread."""
        way, uploads = self.way, self.way._uploads
        if isinstance(became, Kept):
            way.answer(self, uploads.receipt(self.plain, became))
        else:
            way.go_ordinarily_after_all(self, uploads.instead(self.plain, became))
