"""What a receipt promises holds through kill -9, and an orderly end is quick."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from collector.enrolment import enrol
from collector.store import open_store
from tests.collector import made

COMMAND = (sys.executable, "-P", "-c", "import sys; from collector.cli import main; sys.exit(main())")


@contextmanager
def serving(database: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A collector as a process of its own, and its address."""
    words = ("serve", "--port", "0", "--database", str(database), *more)
    with subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().rpartition(" ")[2].strip()
        finally:
            process.kill()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "collector.sqlite"


@pytest.fixture
def token(database: Path) -> str:
    store = open_store(database)
    made_token = enrol(store, made.LINCOLN, made.CABLE, made.NOW, rotate=False)
    store.close()
    return made_token


def post(url: str, token: str, body: bytes) -> requests.Response:
    return requests.post(
        f"{url}/v1/summaries", data=body, headers={"Authorization": f"Bearer {token}"}, timeout=10
    )


def test_what_a_receipt_names_is_there_after_kill_9(database: Path, token: str) -> None:
    """The answer goes out after the commit, so nothing that was named can be lost."""
    with serving(database) as (process, url):
        assert post(url, token, made.body([made.week()])).json()["accepted"] == [made.week().id]
        process.send_signal(signal.SIGKILL)
        process.wait(5)
    with serving(database) as (process, url):
        assert post(url, token, made.body([made.week()])).json()["known"] == [made.week().id]
        weeks = requests.get(f"{url}/v1/sites/lincoln", timeout=10).json()["weeks"]
        assert [one["label"] for one in weeks] == ["2026-W48"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_being_told_to_end_is_an_orderly_end(database: Path, token: str, number: signal.Signals) -> None:
    """Exit code 0 within two seconds, even with a client that holds its connection."""
    with serving(database) as (process, url), requests.Session() as session:
        assert session.get(f"{url}/healthz", timeout=10).status_code == 200
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(5) == 0
        assert time.monotonic() - began < 2
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_request_that_hangs_does_not_hold_up_the_end(database: Path, token: str) -> None:
    """A client that never sends its body gets a second of grace."""
    with serving(database) as (process, url):
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
            head = f"POST /v1/summaries HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            wire.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
            requests.get(f"{url}/healthz", timeout=10)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(5) == 0
            assert time.monotonic() - began < 2


def test_the_process_never_prints_a_token(database: Path, token: str) -> None:
    """Neither a good nor a bad request leaves a token in what the server writes."""
    with serving(database) as (process, url):
        post(url, token, made.body([made.week()]))
        post(url, token, b"nonsense")
        post(url, "bandgap_guessed", made.body([made.week()]))
        process.send_signal(signal.SIGTERM)
        said = "".join(process.communicate(timeout=5))
    assert said.splitlines() == [
        "WARNING upload of lincoln refused: 400 not JSON: invalid character (byte 4)",
        "WARNING upload of nobody enrolled refused: 401 the token isn't one of this collector's",
    ]


def test_a_taken_port_is_one_line(database: Path) -> None:
    """What, where, and what to do; exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*COMMAND, "serve", "--port", str(port), "--database", str(database)],
            capture_output=True,
            text=True,
            timeout=10,
        )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"bandgap: 127.0.0.1 port {port}: Address already in use; choose another in listen.host and "
        "listen.port, or with --host and --port\n"
    )


def test_a_token_enrolled_while_the_server_runs_is_taken(database: Path) -> None:
    """Enrolling is another process, and the server needs no restart."""
    with serving(database) as (_, url):
        done = subprocess.run(
            [*COMMAND, "enrol", "lincoln", "--database", str(database)],
            capture_output=True,
            text=True,
            timeout=10,
        )
        assert done.returncode == 0
        assert post(url, done.stdout.strip(), made.body([made.week()])).status_code == 200
