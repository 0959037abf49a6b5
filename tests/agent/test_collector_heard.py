"""What a collector answers when it is asked how it is, and what is made of a wrong one's answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from agent.collector_heard import hear, token_holds
from reports.faults import Fault

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WELL = b'{"status": "ok", "version": "0.1.0"}'


@contextmanager
def answering(status: int, body: bytes, date: str | None) -> Iterator[str]:
    """A server with a clock of its own; ``http.server`` would put in the true time."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(status)
            if date is not None:
                self.send_header("date", date)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("date", "fault"),
    [
        ("Tue, 24 Nov 2026 12:00:30 GMT", None),
        ("Tue, 24 Nov 2026 11:00:00 GMT", "this machine's clock is 3,600 s ahead of the collector's"),
        ("Tue, 24 Nov 2026 12:02:00 GMT", "this machine's clock is 120 s behind the collector's"),
        ("yesterday", None),
        (None, None),
    ],
)
def test_the_clock_is_held_against_the_collectors(date: str | None, fault: str | None) -> None:
    """A collector that tells no time says nothing against ours."""
    with answering(200, WELL, date) as url:
        heard = hear(url, None, NOW)
    assert heard.version == "0.1.0"
    assert heard.clock_fault == fault
    assert (heard.ahead is None) == (date in (None, "yesterday"))


def test_it_is_ahead_by_what_passed() -> None:
    with answering(200, WELL, "Tue, 24 Nov 2026 11:59:30 GMT") as url:
        assert hear(url, None, NOW).ahead == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("status", "body", "line"),
    [
        (200, b"<html>log in", "answers, but not as a collector does"),
        (200, b"[]", "answers, but not as a collector does"),
        (302, b"", r"not as a collector does \(HTTP 302\)"),
        (503, b'{"title": "x"}', "its database doesn't answer"),
    ],
)
def test_what_is_no_collector_is_one_line(status: int, body: bytes, line: str) -> None:
    with answering(status, body, None) as url, pytest.raises(Fault, match=line):
        hear(url, None, NOW)


def test_a_token_is_known_or_not_or_there_is_no_telling() -> None:
    with answering(200, b"{}", None) as url:
        assert token_holds(url, "a-token-of-16-signs", None)
    with answering(401, b"{}", None) as url:
        assert not token_holds(url, "a-token-of-16-signs", None)
    with answering(500, b"{}", None) as url, pytest.raises(Fault, match=r"HTTP 500"):
        token_holds(url, "a-token-of-16-signs", None)
