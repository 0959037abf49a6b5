"""One collector in two processes on one socket, before PostgreSQL: nobody can tell them from one."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import requests

from collector.cli import main
from collector.database import named
from collector.enrolment import enrol
from collector.store import open_store
from reports.chain import Link, digest, linked
from reports.wire import summary_json, upload_json
from tests.collector import made
from tests.collector.test_restart import HANDED_OVER
from tests.commands import BANDGAP, environment, until
from tests.postgres import Cluster

SETTINGS = '[listen]\nprocesses = 2\n[measure]\naccess = "enrolled"\n'


@dataclass
class Pair:
    """A running collector of two processes, and the token of the site that sends to it."""

    minder: subprocess.Popen[bytes]
    url: str
    database: str
    token: str
    held: list[requests.Session] = field(default_factory=list)

    def processes(self) -> list[psutil.Process]:
        """Those that answer."""
        found = psutil.Process(self.minder.pid).children()
        return sorted(found, key=lambda one: one.pid)

    def one_of_each(self) -> list[requests.Session]:
        """A connection to each process: the other one stood still when it was made."""
        for other in self.processes():
            other.suspend()
            try:
                session = requests.Session()
                assert session.get(f"{self.url}/healthz", timeout=60).status_code == 200
                self.held.append(session)
            finally:
                other.resume()
        return self.held

    def post(self, session: requests.Session, body: bytes) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return session.post(f"{self.url}/v1/summaries", data=body, headers=headers, timeout=60)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def serving(database: str, folder: Path, held: socket.socket | None = None) -> Iterator[Pair]:
    """``held`` is handed over, as systemd does."""
    store = open_store(named(database))
    token = enrol(store, made.LINCOLN, made.CABLE, made.NOW, rotate=False)
    store.close()
    (folder / "collector.toml").write_text(SETTINGS)
    port = held.getsockname()[1] if held else free_port()
    with (folder / "log").open("wb") as log:
        words = words_for(database, folder, port, held)
        passed = [held.fileno()] if held else []
        minder = subprocess.Popen(words, env=environment(folder), pass_fds=passed, stdout=log, stderr=log)
    pair = Pair(minder, f"http://127.0.0.1:{port}", database, token)
    try:
        until(lambda: answers(pair.url) and len(pair.processes()) == 2, "both are there")
        yield pair
    finally:
        for session in pair.held:
            session.close()
        minder.terminate()
        minder.wait(60)


def words_for(database: str, folder: Path, port: int, held: socket.socket | None) -> list[str]:
    before = [BANDGAP[0], "-c", HANDED_OVER, str(held.fileno())] if held else []
    said = ["--database", database, "--config", str(folder / "collector.toml"), "--port", str(port)]
    return [*before, *BANDGAP, "collector", "serve", *said]


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=60).status_code == 200
    except requests.RequestException:
        return False


@pytest.fixture
def database(postgres: Cluster, migrated_postgres: str) -> str:
    return postgres.create(migrated_postgres)


@pytest.fixture
def pair(database: str, tmp_path: Path) -> Iterator[Pair]:
    with serving(database, tmp_path) as found:
        yield found


def hours(count: int) -> Iterator[bytes]:
    """Uploads of an hour each, every one linked to the one before."""
    before = None
    for number in range(1, count + 1):
        start = made.hour(made.NOW - timedelta(hours=count + 2 - number)).starts_at
        body = linked(
            summary_json(made.hour(start, through_at=start + timedelta(hours=1))), Link(number, before)
        )
        before = digest(body)
        yield upload_json("0.2.0", made.LINCOLN, made.CABLE, [body])


def test_a_chain_that_comes_to_both_in_turn_has_no_break(pair: Pair) -> None:
    """What one has written is what the other goes on from."""
    both = pair.one_of_each()
    for number, body in enumerate(hours(20), start=1):
        answer = pair.post(both[number % 2], body).json()
        assert len(answer["accepted"]) == 1
        assert (answer["have"]["through"], answer["have"]["missing"]) == (number, [])
    answer = pair.post(both[0], body).json()
    assert (answer["accepted"], len(answer["known"])) == ([], 1)


def test_a_token_that_is_revoked_ends_in_both_at_once(pair: Pair, tmp_path: Path) -> None:
    """Both have it in memory from an upload before."""
    both = pair.one_of_each()
    first, second, third = hours(3)
    assert [pair.post(one, body).status_code for one, body in zip(both, (first, second), strict=True)] == [
        200
    ] * 2
    assert main(["revoke", "lincoln", "--database", pair.database]) == 0
    assert [pair.post(one, third).status_code for one in both] == [401, 401]


def test_facts_that_one_was_told_are_no_news_to_the_other_for_long(pair: Pair) -> None:
    """What a process remembers of a site may be older than the site; the upload is judged once more."""
    both = pair.one_of_each()
    first, second, *_ = hours(2)
    for site in (made.LINCOLN, made.LINCOLN):
        assert pair.post(both[0], made.body([made.week()], site)).status_code == 200
    assert pair.post(both[1], first).status_code == 200
    assert pair.post(both[0], second).json()["have"]["through"] == 2


def test_what_is_counted_is_the_same_whoever_is_asked(pair: Pair) -> None:
    """Prometheus would take two counts for a counter that begins anew with every scrape."""
    both = pair.one_of_each()
    for one, body in zip(both, hours(2), strict=True):
        pair.post(one, body)
    for one in both:
        text = one.get(f"{pair.url}/metrics", timeout=60).text
        assert 'bandgap_requests_total{kind="upload",status="200"} 2' in text


def test_a_pass_for_a_throughput_test_holds_in_both(pair: Pair) -> None:
    """A test's flows come to either. One that was changed in a digit holds nowhere."""
    both = pair.one_of_each()
    headers = {"Authorization": f"Bearer {pair.token}"}
    ping = both[0].get(f"{pair.url}/v1/measure", headers=headers, timeout=60).json()["ping"]
    assert [one.get(f"{pair.url}/v1/{ping}", timeout=60).status_code for one in both] == [200, 200]
    wrong = ping[:-1] + ("0" if ping[-1] != "0" else "1")
    assert [one.get(f"{pair.url}/v1/{wrong}", timeout=60).status_code for one in both] == [401, 401]


def test_one_that_dies_is_begun_anew_and_the_other_goes_on(pair: Pair, tmp_path: Path) -> None:
    before = {one.pid for one in pair.processes()}
    dying, living = pair.processes()
    dying.kill()
    until(lambda: not dying.is_running() or dying.status() == psutil.STATUS_ZOMBIE, "it is dead")
    assert requests.get(f"{pair.url}/healthz", timeout=60).status_code == 200
    until(
        lambda: len(pair.processes()) == 2 and dying.pid not in {p.pid for p in pair.processes()},
        "it is back",
    )
    assert len(before & {one.pid for one in pair.processes()}) == 1
    assert living.is_running()
    pair.held.clear()
    assert len(pair.one_of_each()) == 2
    assert "was ended by signal 9; it is begun anew" in (tmp_path / "log").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_both_end_and_say_nothing(pair: Pair, tmp_path: Path, number: signal.Signals) -> None:
    """Exit code 0, though a client holds a connection to each."""
    pair.one_of_each()
    processes = pair.processes()
    pair.minder.send_signal(number)
    assert pair.minder.wait(60) == 0
    assert [one.is_running() for one in processes] == [False, False]
    assert (tmp_path / "log").read_text().splitlines() == [f"bandgap collector on {pair.url}"]


def test_without_who_minds_them_they_end(pair: Pair) -> None:
    """Whatever ended it: two that nobody can find would hold the address."""
    processes = pair.processes()
    pair.minder.kill()
    pair.minder.wait(60)

    def ended() -> bool:
        return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)

    until(ended, "both have ended")
    with socket.create_server(("127.0.0.1", int(pair.url.rpartition(":")[2]))):
        pass


def test_they_answer_on_the_socket_that_systemd_holds(database: str, tmp_path: Path) -> None:
    """Who connects while none is there waits for the next two."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as held:
        with serving(database, tmp_path, held) as pair:
            assert len(pair.one_of_each()) == 2
            pair.minder.send_signal(signal.SIGTERM)
            assert pair.minder.wait(60) == 0
            early = socket.create_connection(held.getsockname(), 60)
            early.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        again = subprocess.Popen(
            words_for(database, tmp_path, 0, held),
            env=environment(tmp_path), pass_fds=[held.fileno()], stdout=subprocess.DEVNULL,
        )  # fmt: skip
        with early:
            assert early.recv(1000).startswith(b"HTTP/1.1 200")
        again.send_signal(signal.SIGTERM)
        assert again.wait(60) == 0


def test_sqlite_takes_one_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, exit code 78."""
    config, file = tmp_path / "collector.toml", tmp_path / "collector.sqlite"
    config.write_text(SETTINGS)
    assert main(["serve", "--port", "0", "--database", str(file), "--config", str(config)]) == 78
    assert capsys.readouterr().err == (
        f"bandgap: listen.processes: found 2, expected 1, for {file} is SQLite, which has one writer; name a "
        "PostgreSQL database in store.database\n"
    )
    assert not file.exists()
