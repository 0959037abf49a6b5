"""A collector that is restarted drops nobody: systemd holds its socket, and whoever is connected is heard out."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

from collector.serving import FIRST_DESCRIPTOR, inherited
from reports.faults import Fault
from tests.commands import BANDGAP, bandgap, environment, until

HANDED_OVER = "import os, sys; os.dup2(int(sys.argv[1]), 3, True); os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1'); os.execv(sys.argv[2], sys.argv[2:])"
"""What systemd does between fork and exec."""


@pytest.fixture
def held() -> Iterator[socket.socket]:
    """A listening socket that outlives each collector, as systemd's does."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        yield listening


@contextmanager
def collector(held: socket.socket, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    words = [BANDGAP[0], "-c", HANDED_OVER, str(held.fileno()), *BANDGAP, "collector", "serve"]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            words, env=environment(folder), pass_fds=[held.fileno()], cwd=folder, stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def ask(client: requests.Session, held: socket.socket) -> str | None:
    """What the answer says of the connection."""
    return client.get(f"{url(held)}/healthz", timeout=60).headers.get("connection")


def url(held: socket.socket) -> str:
    return f"http://127.0.0.1:{held.getsockname()[1]}"


def test_it_answers_on_the_socket_that_it_is_given(held: socket.socket, tmp_path: Path) -> None:
    """Also who connected before there was a collector."""
    early = socket.create_connection(held.getsockname(), 60)
    early.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    with collector(held, tmp_path), early:
        assert early.recv(1000).startswith(b"HTTP/1.1 200")
        assert url(held) in (tmp_path / "log").read_text()


def test_requests_in_flight_through_restarts_are_all_answered(held: socket.socket, tmp_path: Path) -> None:
    """Four clients ask without pause, each over a new connection, while three collectors follow each other."""
    answers: list[int] = []
    faults: list[str] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            try:
                answers.append(requests.get(f"{url(held)}/healthz", timeout=60).status_code)
            except requests.RequestException as fault:
                faults.append(str(fault))

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        for _ in range(3):
            with collector(held, tmp_path) as process:
                enough = len(answers) + 50
                until(lambda enough=enough: len(answers) >= enough, "the collector answers", 60)  # type: ignore[misc]
                process.send_signal(signal.SIGTERM)
                assert process.wait(60) == 0
        with collector(held, tmp_path):
            over.set()
            for client in clients:
                client.join(60)
    finally:
        over.set()
    assert faults == []
    assert set(answers) == {200}


def test_an_upload_that_is_half_sent_is_taken(held: socket.socket, tmp_path: Path) -> None:
    """Its head is there when the collector is told to end, its body comes after."""
    environ = environment(tmp_path)
    token = bandgap(environ, "collector", "enrol", "north").stdout.strip()
    body = b'{"format": 1, "agent": "0.1.0", "site": "north"'
    head = f"POST /v1/summaries HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    with collector(held, tmp_path) as process:
        until(lambda: requests.get(f"{url(held)}/healthz", timeout=60).ok, "the collector answers", 60)
        with socket.create_connection(held.getsockname(), 60) as sender:
            sender.sendall(f"{head}Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode())
            assert sender.recv(1000).startswith(b"HTTP/1.1 100")
            process.send_signal(signal.SIGTERM)
            sender.sendall(body)
            answer = sender.recv(1000)
            assert answer.startswith(b"HTTP/1.1 4")  # half a body is no upload, and it says so
            assert b"connection: close" in answer.lower()
        assert process.wait(60) == 0


def test_a_connection_that_is_kept_is_asked_to_come_anew(held: socket.socket, tmp_path: Path) -> None:
    """The answer after SIGTERM says so; the client's next request is the next collector's."""
    with collector(held, tmp_path) as process, requests.Session() as client:
        assert client.get(f"{url(held)}/healthz", timeout=60).ok
        process.send_signal(signal.SIGTERM)
        told: list[str | None] = []
        with suppress(requests.ConnectionError):  # a busy machine may be late with its question
            while told[-1:] != ["close"]:
                told.append(ask(client, held))
        assert set(told) <= {None, "close"}
        assert process.wait(60) == 0


def test_a_socket_that_is_meant_for_another_is_left_alone() -> None:
    """LISTEN_PID says whose they are (sd_listen_fds(3))."""
    assert inherited({}) is None
    assert inherited({"LISTEN_PID": "1", "LISTEN_FDS": "1"}) is None
    assert inherited({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "0"}) is None
    assert FIRST_DESCRIPTOR == 3


def test_two_sockets_are_one_too_many() -> None:
    with pytest.raises(Fault, match="2 sockets, expected one ListenStream="):
        inherited({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2"})
