"""A captive portal takes connections and names, and is still no Internet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.reach.endpoints import endpoint
from agent.reach.portal import host_and_port, judge, stands_between
from tests.agent import two_ends
from tests.agent.far_end import DNS, HOST, NAME, PORT
from tests.agent.test_ladder import CLIMB, SOON
from tests.agent.test_reachability import CONFIG, rows
from tests.agent.two_ends import NEEDS, TwoEnds
from tests.commands import ROOT, bandgap, environment, started, until
from tests.loopback import Answer, serving

CHECK = f"http://{NAME}/generate_204"

PORTAL = f"""
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(302 if sys.argv[1] == "portal" else 204)
        self.send_header("Location", "http://login.example/?from=" + self.headers["Host"])
        self.end_headers()
    def log_message(self, *args): pass
server = HTTPServer(("{HOST}", 80), Handler)
print("ready", flush=True)
server.serve_forever()
"""


@contextmanager
def answering(line: TwoEnds, manner: str) -> Iterator[None]:
    """Something that answers plain HTTP at the far end: a portal, or the Internet."""
    command = [*line.within("provider"), sys.executable, "-c", PORTAL, manner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            process.kill()


@pytest.fixture(scope="module")
def wire() -> Iterator[TwoEnds]:
    with two_ends.two_ends() as line:
        line.run("provider", "sysctl -qw net.ipv4.ip_forward=1")
        yield line


@pytest.fixture
def line(wire: TwoEnds) -> TwoEnds:
    two_ends.connect(wire)
    wire.name_servers(DNS)
    return wire


def climbed(line: TwoEnds, portal_check: str) -> list[str] | None:
    asked = ["wan0", [(HOST, PORT)], NAME, SOON, "/etc/resolv.conf"]
    program = CLIMB.replace("name, ground)", f"name, ground, {portal_check!r})")
    done = subprocess.run(
        [*line.within("school"), sys.executable, "-c", program, json.dumps(asked)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[str] | None = json.loads(done.stdout)
    return found


@NEEDS
def test_a_portal_that_takes_every_connection_is_told_from_the_internet(line: TwoEnds) -> None:
    """By what it answers for an address that says 204; silence and refusal say nothing of a portal."""
    assert climbed(line, CHECK) is None, "nobody answers plain HTTP here"
    with answering(line, "portal"):
        assert climbed(line, "") is None, "who doesn't look doesn't see it"
        assert climbed(line, CHECK) == [
            "internet",
            f"a captive portal: {NAME} redirects to http://login.example",
        ]
        assert climbed(line, f"http://{HOST}/") == [
            "internet",
            f"a captive portal: {HOST} redirects to http://login.example",
        ]
    with answering(line, "internet"):
        assert climbed(line, CHECK) is None


@NEEDS
def test_a_portal_is_an_outage_until_it_lets_through(line: TwoEnds, tmp_path: Path) -> None:
    settings = CONFIG + f'portal_check = "{CHECK}"\n'
    environ, log = environment(tmp_path, settings), tmp_path / "log"
    with started(environ, "run", log=log, within=line.within("school")):
        with answering(line, "portal"):
            until(lambda: "out of reach" in log.read_text(), "the outage is seen")
            until(lambda: bool(rows(tmp_path, "outages")), "the outage is kept")
            time.sleep(1.2)  # noqa: TID251  # one more probe
            assert "out of reach" in bandgap(environ, "status", within=line.within("school")).stdout
        until(lambda: "in reach of the Internet again" in log.read_text(), "it is over")
    (outage,) = rows(tmp_path, "outages")
    assert outage["rung"] == "internet"
    assert outage["detail"] == f"a captive portal: {NAME} redirects to http://login.example"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(204), None),
        (
            Answer(302, headers={"Location": "https://portal.example/login"}),
            "redirects to https://portal.example",
        ),
        (Answer(302, headers={"Location": "/elsewhere"}), None),
        (
            Answer(200, b"<html>Log in", {"Content-Type": "text/html; charset=utf-8"}),
            "a web page in place of",
        ),
        (Answer(200, b"", {"Content-Type": "text/plain"}), None),
        (Answer(511), "HTTP 511 for 127.0.0.1"),
        (Answer(403, b"<html>Blocked", {"Content-Type": "text/html"}), None),
    ],
)
def test_only_what_portals_answer_is_a_portal(answer: Answer, words: str | None) -> None:
    """A filter that blocks the address is none: pages work behind it."""
    with serving(lambda n, body: answer) as server:
        host, port = host_and_port(server.url)
        found = stands_between(f"{server.url}/generate_204", endpoint(host, port), 2.0)
        assert [path for _, path, _, _ in server.seen] == ["/generate_204"]
    assert (found is None) == (words is None)
    assert not words or words in (found or "")


def test_what_speaks_no_http_or_is_silent_is_no_portal() -> None:
    assert judge(b"SSH-2.0-OpenSSH\r\n\r\n", "x") is None
    assert judge(b"", "x") is None
    assert stands_between("http://127.0.0.1:9/", endpoint("127.0.0.1", 9), 0.5) is None
