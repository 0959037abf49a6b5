"""What is decided of a request for a site's hours on its short way: who asks, by the gate, and what is told.

A program that draws asks the same of one site after the other. Such a request - of an API token, or of
anybody where the pages are open, for hours that came lately - is let in by the gate that lets in all others,
over what the store knows at that moment, and told the very answer of ``collector/api/series.py``. Everything
else - a cookie, a tag, a day, a fault, a use that is to be noted, anybody who isn't let in - goes the
ordinary way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from starlette.requests import Request

from collector.api.answering import TAGGED, tag_of
from collector.api.series import LONGEST_KEPT, asked_of
from collector.api.sites import SITE_ID
from collector.desk import Desk
from collector.people.gate import Gate
from collector.people.papers import Found, Papers
from collector.problems import Problem
from collector.ready import Ready
from collector.reference import Endpoint
from collector.series import Asked, Kept, answer

BEGINS, ENDS = b"/v1/sites/", b"/series"
MOST_HOURS, LATELY_S = 200, 10 * 86_400
"""What is read on the spot: some milliseconds at most, of hours that came lately and are in memory."""

_DOUBTFUL = {b"cookie", b"if-none-match", b"transfer-encoding", b"expect", b"upgrade"}
_encode = msgspec.json.Encoder().encode

Answer = Callable[[bytes | None], None]
"""Told the whole answer as it is sent, but for what is the connection's; None: it goes the ordinary way."""


class ShortSeries:
    """One collector's. ``guards`` are headers that every answer has."""

    def __init__(
        self,
        desk: Desk,
        gate: Gate,
        one: Endpoint,
        ready: Ready,
        guards: Mapping[str, str],
    ) -> None:
        self._desk = desk
        self._gate = gate
        self._one = one
        self._ready = ready
        self._tally = desk.tally
        head = {"content-type": "application/json", **TAGGED, **guards}
        self._head = "".join(f"{name.lower()}: {value}\r\n" for name, value in head.items()).encode()

    def close(self) -> None:
        self._ready.close()

    def ask(self, scope: Any, url: bytes, tell: Answer) -> bool:
        """Whether it goes the short way; then ``tell`` is told once, maybe before this returns."""
        path, _, query = url.partition(b"?")
        site = path[len(BEGINS) : -len(ENDS)].decode("latin-1")
        if len(query) > LONGEST_KEPT or not SITE_ID.fullmatch(site) or _doubtful(scope["headers"]):
            return False
        now = self._desk.clock()
        try:
            asked = asked_of(query.decode("latin-1"), now)
        except Problem:
            return False
        hours = asked.hours
        if asked.every != "hour" or not 0 < len(hours) <= MOST_HOURS or hours[0] < now.timestamp() - LATELY_S:
            return False
        scope.update(method="GET", path=path.decode(), query_string=query, path_params={"id": site})
        request = Request(scope)
        shown = self._gate.shown(self._one, request)

        def found(papers: Found | None, kept: Kept) -> None:
            told = None
            if papers is not None:
                try:
                    told = self._told(request, shown, papers, site, asked, kept)
                except Exception:  # noqa: BLE001  # the ordinary way finds the same, and says what is wrong
                    told = None
            tell(told)

        return self._ready.ask(shown, hours, found)

    def _told(
        self, request: Request, shown: Papers, papers: Found, site: str, asked: Asked, kept: Kept
    ) -> bytes | None:
        if self._gate.noting(shown, papers) is not None or papers.site is None:
            return None
        self._gate.judge(self._one, request, shown, papers)  # which raises where it lets nobody in
        text = _encode(answer(site, asked, kept, _no_zone))
        self._tally.answered("read", 200)
        return b"%betag: %b\r\ncontent-length: %d\r\n\r\n%b" % (
            self._head, tag_of(text).encode(), len(text), text,
        )  # fmt: skip


def _doubtful(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    return any(name in _DOUBTFUL or (name == b"content-length" and value != b"0") for name, value in headers)


def _no_zone() -> Any:
    raise AssertionError("hours are everywhere the same")
