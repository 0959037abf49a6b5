"""The measurement endpoint, served by uvicorn as it is in use, and asked over real connections."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest

from agent.engines.http import measure
from agent.engines.plan import NoMeasurement, Plan, Tally
from tests.commands import until
from tests.line import line_to

PROGRAM = """
import socket, sys
import uvicorn
from starlette.applications import Starlette
from collector.measure import routes
from collector.settings import MeasureSettings
app = Starlette(routes=routes(MeasureSettings(enabled={enabled}, max_tests={max_tests})))
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, http="httptools"))
server.run(sockets=[listener])
"""


@contextmanager
def collector(*, enabled: bool = True, max_tests: int = 2) -> Iterator[int]:
    program = PROGRAM.format(enabled=enabled, max_tests=max_tests)
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request("GET", "/none")  # answers once uvicorn has taken the listener over
            connection.getresponse().read()
        try:
            yield port
        finally:
            server.terminate()
            assert server.stderr is not None
            noise = server.stderr.read()
    assert noise == ""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with collector() as listening:
        yield listening


def ask(
    port: int, path: str, method: str = "GET", body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, {k.lower(): v for k, v in response.headers.items()}, response.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, {k.lower(): v for k, v in refusal.headers.items()}, refusal.read()


def test_it_says_where_its_paths_are(port: int) -> None:
    status, _, body = ask(port, "/v1/measure")
    assert status == 200
    assert json.loads(body) == {
        "down": "measure/garbage.php",
        "up": "measure/empty.php",
        "ping": "measure/empty.php",
        "busy": False,
    }


@pytest.mark.parametrize(
    ("query", "mebibytes"),
    [("", 4), ("?ckSize=1", 1), ("?ckSize=7", 7), ("?ckSize=x", 4), ("?ckSize=0", 4), ("?ckSize=-3", 4)],
)
def test_garbage_is_as_long_as_it_was_asked_for(port: int, query: str, mebibytes: int) -> None:
    status, headers, body = ask(port, f"/v1/measure/garbage.php{query}")
    assert status == 200
    assert headers["content-length"] == str(mebibytes << 20)
    assert headers["content-type"] == "application/octet-stream"
    assert "no-store" in headers["cache-control"]
    assert "content-encoding" not in headers
    assert body == body[: 1 << 20] * mebibytes
    assert len(zlib.compress(body[: 1 << 20])) > 1 << 20


def test_more_than_a_gibibyte_is_never_given(port: int) -> None:
    with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", "/v1/measure/garbage.php?ckSize=99999999")
        assert connection.getresponse().headers["Content-Length"] == str(1 << 30)


def test_what_is_posted_is_read_and_thrown_away(port: int) -> None:
    assert ask(port, "/v1/measure/empty.php", "POST", bytes(20 << 20))[::2] == (200, b"")


def test_pings_and_downloads_share_a_connection(port: int) -> None:
    with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.connect()
        kept = connection.sock
        for path in ("empty.php", "garbage.php?ckSize=1", "empty.php"):
            connection.request("GET", f"/v1/measure/{path}")
            connection.getresponse().read()
            assert connection.sock is kept


def test_requests_may_be_sent_ahead_of_their_answers(port: int) -> None:
    get = b"GET /v1/measure/garbage.php?ckSize=1 HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(get * 3)
        received = 0
        while received < 3 << 20:
            received += len(connection.recv(1 << 20))


def test_nobody_is_told_their_address(port: int) -> None:
    _, _, body = ask(port, "/v1/measure/getIP.php?isp=true")
    assert json.loads(body) == {"processedString": "", "rawIspInfo": ""}


def test_other_pages_may_use_it_when_they_ask(port: int) -> None:
    assert "access-control-allow-origin" not in ask(port, "/v1/measure/empty.php")[1]
    for method, path in (("GET", "garbage.php?ckSize=1&cors=true"), ("OPTIONS", "empty.php?cors=true")):
        headers = ask(port, f"/v1/measure/{path}", method)[1]
        assert headers["access-control-allow-origin"] == "*"
        assert "Content-Encoding" in headers["access-control-allow-headers"]


def test_a_collector_that_serves_no_tests_says_so() -> None:
    with collector(enabled=False) as closed:
        for path in (
            "/v1/measure",
            "/v1/measure/garbage.php",
            "/v1/measure/empty.php",
            "/v1/measure/getIP.php",
        ):
            status, headers, body = ask(closed, path)
            assert status == 404
            assert headers["content-type"] == "application/problem+json"
            assert "throughput tests" in json.loads(body)["detail"]


def test_past_its_bound_it_is_busy_and_free_again_after() -> None:
    with collector(max_tests=1) as small, contextlib.ExitStack() as held:
        connections = [
            held.enter_context(socket.create_connection(("127.0.0.1", small), timeout=30)) for _ in range(32)
        ]
        for connection in connections:
            connection.sendall(b"GET /v1/measure/garbage.php?ckSize=1024 HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(16).startswith(b"HTTP/1.1 200")
        assert json.loads(ask(small, "/v1/measure")[2])["busy"] is True
        for method, body in (("GET", None), ("POST", b"x")):
            path = "/v1/measure/garbage.php" if method == "GET" else "/v1/measure/empty.php"
            status, headers, _ = ask(small, path, method, body)
            assert status == 503
            assert int(headers["retry-after"]) > 0
        assert ask(small, "/v1/measure/empty.php")[0] == 200  # a ping is no load
        held.close()
        until(lambda: not json.loads(ask(small, "/v1/measure")[2])["busy"], "it is free again", 60)
        assert ask(small, "/v1/measure/garbage.php?ckSize=1")[0] == 200


def test_the_agents_own_engine_measures_a_line_to_it_both_ways(port: int) -> None:
    tally = Tally()
    with line_to(port, down_mbps=300, up_mbps=200) as near:
        reading = measure(Plan(f"http://127.0.0.1:{near}"), tally, lambda phase, mbps: None)
    assert reading.down_mbps == pytest.approx(300, rel=0.06)
    assert reading.up_mbps == pytest.approx(200, rel=0.06)
    assert reading.latency_loaded_ms is not None
    assert "incomplete" not in reading.flags
    assert tally.down_bytes > 5_000_000


def test_the_agents_own_engine_finds_a_busy_or_closed_endpoint() -> None:
    with collector(enabled=False) as closed, pytest.raises(NoMeasurement) as none:
        measure(Plan(f"http://127.0.0.1:{closed}"), Tally(), lambda phase, mbps: None)
    assert none.value.reason == "not_a_server"
    with collector(max_tests=1) as small, socket.create_connection(("127.0.0.1", small), timeout=30) as other:
        other.sendall(b"GET /v1/measure/garbage.php?ckSize=1024 HTTP/1.1\r\nHost: x\r\n\r\n")
        other.recv(16)
        with pytest.raises(NoMeasurement) as busy:
            measure(Plan(f"http://127.0.0.1:{small}"), Tally(), lambda phase, mbps: None)
    assert busy.value.reason == "server_busy"
