"""systemd is told over its socket how the agent fares: real sockets, and a real agent."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.notify import Notifier
from tests.commands import environment, started, until

LOOPBACK = '[reachability]\nenabled = false\n[measure]\ninterface = "lo"\npoll_every = "0.2s"\n'


@contextmanager
def manager(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        listening.setblocking(False)
        yield listening


def heard(listening: socket.socket) -> list[str]:
    """All that was said since."""
    words: list[str] = []
    while True:
        try:
            words.append(listening.recv(4096).decode())
        except BlockingIOError:
            return words


def test_what_is_told_arrives_in_one_datagram(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with manager(path) as listening:
        Notifier({"NOTIFY_SOCKET": path}).tell("READY=1", "STATUS=measuring eth0")
        assert heard(listening) == ["READY=1\nSTATUS=measuring eth0"]


def test_an_abstract_socket_is_named_with_an_at(tmp_path: Path) -> None:
    """As systemd names it where /run isn't there for all."""
    name = f"bandgap-test-{os.getpid()}"
    with manager("\0" + name) as listening:
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).tell("READY=1")
        assert heard(listening) == ["READY=1"]


@pytest.mark.parametrize("address", ["", "/nobody/here", "vsock:2:1", "@nobody-listens-here"])
def test_with_nobody_to_tell_nothing_happens(address: str) -> None:
    Notifier({"NOTIFY_SOCKET": address}).tell("READY=1")
    Notifier({}).tell("READY=1")


def test_a_manager_that_does_not_read_does_not_hold_the_loop(tmp_path: Path) -> None:
    """Its queue is full after some datagrams; the rest is lost, and nobody waits."""
    path = str(tmp_path / "notify")
    with manager(path):
        one = Notifier({"NOTIFY_SOCKET": path})
        for _ in range(3000):
            one.tell("WATCHDOG=1")


def test_signs_of_life_come_twice_as_often_as_asked(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with manager(path) as listening:
        one = Notifier({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "4000000", "WATCHDOG_PID": str(os.getpid())})
        for now_s in (100.0, 101.0, 102.0, 102.5, 104.5):
            one.alive(now_s)
        assert heard(listening) == ["WATCHDOG=1"] * 3
        assert one.due_s(1000.0) == 106.5
        assert one.due_s(105.0) == 105.0


def test_a_watchdog_that_is_meant_for_another_process_gets_no_signs(tmp_path: Path) -> None:
    one = Notifier({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "1"})
    assert one.every_s is None
    assert one.due_s(7.0) == 7.0


def test_a_status_is_said_when_it_changes(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with manager(path) as listening:
        one = Notifier({"NOTIFY_SOCKET": path})
        for words in ("measuring eth0", "measuring eth0", "quiet"):
            one.status(words)
        assert heard(listening) == ["STATUS=measuring eth0", "STATUS=quiet"]


def test_an_agent_says_what_it_does_from_start_to_end(tmp_path: Path) -> None:
    """Ready once it measures, alive while it does, reloading and ready again, stopping."""
    path = str(tmp_path / "notify")
    with manager(path) as listening:
        environ = environment(tmp_path, LOOPBACK, NOTIFY_SOCKET=path, WATCHDOG_USEC="400000")
        said: list[str] = []

        def says(word: str) -> bool:
            said.extend(line for words in heard(listening) for line in words.splitlines())
            return word in said

        with started(environ, "run", log=tmp_path / "log") as agent:
            until(lambda: says("READY=1"), "the agent is ready")
            assert "STATUS=measuring lo" in said or says("STATUS=measuring lo")
            until(lambda: says("WATCHDOG=1") and said.count("WATCHDOG=1") > 3, "signs of life")
            said.clear()
            agent.send_signal(signal.SIGHUP)
            until(lambda: says("RELOADING=1"), "it reads its settings")
            until(lambda: says("READY=1"), "it is ready again")
            assert any(line.startswith("MONOTONIC_USEC=") for line in said)
            agent.send_signal(signal.SIGTERM)
            assert agent.wait(30) == 0
            assert says("STOPPING=1")


def test_a_loop_that_stands_still_gives_no_sign_of_life(tmp_path: Path) -> None:
    """Stopped in its tracks it says nothing, so that systemd starts another; going on, it does again."""
    path = str(tmp_path / "notify")
    with manager(path) as listening:
        environ = environment(tmp_path, LOOPBACK, NOTIFY_SOCKET=path, WATCHDOG_USEC="400000")
        with started(environ, "run", log=tmp_path / "log") as agent:
            until(lambda: any("WATCHDOG=1" in words for words in heard(listening)), "a sign of life")
            agent.send_signal(signal.SIGSTOP)
            time.sleep(0.3)  # noqa: TID251  # it may be amid a word
            heard(listening)
            time.sleep(0.6)  # noqa: TID251
            assert heard(listening) == []
            agent.send_signal(signal.SIGCONT)
            until(lambda: any("WATCHDOG=1" in words for words in heard(listening)), "a sign of life again")


def test_children_are_not_told_of_the_manager(tmp_path: Path) -> None:
    """A throughput test that spoke to systemd would be taken for the agent."""
    from agent.daemon import SYSTEMD_S

    assert {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} == SYSTEMD_S
