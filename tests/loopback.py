"""A real HTTP server on loopback that answers as it is told and keeps what it got."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """One answer: a status, a body, headers; ``cut`` closes the connection in the middle of it."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass
class Server:
    """The address of a running server and the requests it has seen: (method, path, headers, JSON body)."""

    url: str
    seen: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)


Behaviour = Callable[[int, Any], Answer]
"""Called with the number of the request (from 0) and its JSON body."""


def receipt(upload: Any, *, known: bool = False) -> Answer:
    """What a collector says that took all of an upload."""
    ids = [f"{s['kind']}:{s['label']}:{_epoch(s['through_at'])}" for s in upload["summaries"]]
    said = {"accepted": [] if known else ids, "known": ids if known else [], "refused": []}
    return Answer(body=json.dumps(said).encode())


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[Server]:
    """Runs a server for as long as the block lasts."""
    found = Server("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            parsed = json.loads(body) if body else None
            answer = behaviour(len(found.seen), parsed)
            found.seen.append((self.command, self.path, dict(self.headers), parsed))
            self.send_response(answer.status)
            length = len(answer.body) + (100 if answer.cut else 0)
            for name, value in {"Content-Length": str(length), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            if answer.cut:
                self.close_connection = True

        do_GET = do_POST = _answer  # noqa: N815  # http.server's names

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
