"""Loss by UDP echo: Debian's irtt against its own server on loopback, through a relay that loses on purpose."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.engines import udp_echo
from agent.engines.installed_program import Finished
from agent.engines.udp_echo import Echo, judge, measure
from tests.agent.programs import program

NEEDS_IRTT = pytest.mark.skipif(
    shutil.which("irtt") is None, reason="irtt isn't installed (tests/system_packages.sh)"
)

Loses = Callable[[int], bool]
"""Whether the packet of this number is lost, counted from 1 for those of the test's own size."""


def never(number: int) -> bool:
    return False


def each_tenth(number: int) -> bool:
    return number % 10 == 0


@contextlib.contextmanager
def irtt_server() -> Iterator[int]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = ["irtt", "server", "-b", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            assert server.stdout is not None
            while "listener on" not in (line := server.stdout.readline()):
                assert line
            threading.Thread(target=server.stdout.read, daemon=True).start()
            yield port
        finally:
            server.kill()


@contextlib.contextmanager
def relay_to(port: int, loses_up: Loses = never, loses_down: Loses = never) -> Iterator[str]:
    """Passes packets on, both ways, but for those of a test that are to be lost; returns its address."""
    near, far = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    near.bind(("127.0.0.1", 0))
    far.connect(("127.0.0.1", port))
    client: list[tuple[str, int]] = []
    counts = {"up": 0, "down": 0}

    def lost(way: str, packet: bytes, loses: Loses) -> bool:
        if len(packet) < udp_echo.LENGTH_BYTES:  # opening and closing, which aren't counted
            return False
        counts[way] += 1
        return loses(counts[way])

    def up() -> None:
        with contextlib.suppress(OSError):
            while True:
                packet, sender = near.recvfrom(2048)
                if not packet:
                    return
                client[:] = [sender]
                if not lost("up", packet, loses_up):
                    far.send(packet)

    def down() -> None:
        while True:
            try:
                packet = far.recv(2048)
            except ConnectionRefusedError:
                continue
            except OSError:
                return
            if not packet:
                return
            if client and not lost("down", packet, loses_down):
                near.sendto(packet, client[0])

    threads = [threading.Thread(target=work, daemon=True) for work in (up, down)]
    for thread in threads:
        thread.start()
    try:
        yield f"127.0.0.1:{near.getsockname()[1]}"
    finally:
        for end in (near, far):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        for thread in threads:
            thread.join(5)


@NEEDS_IRTT
def test_a_way_that_loses_nothing_has_no_loss() -> None:
    with irtt_server() as port, relay_to(port) as server:
        heard = measure(server, seconds=0.8)
    assert (heard.loss_share, heard.loss_down_share, heard.loss_up_share) == (0.0, 0.0, 0.0)
    assert heard.detail is None
    assert 0 < heard.up_bytes == heard.down_bytes <= 40 * udp_echo.LENGTH_BYTES


@NEEDS_IRTT
def test_each_tenth_packet_lost_on_the_way_up_is_loss_up() -> None:
    with irtt_server() as port, relay_to(port, loses_up=each_tenth) as server:
        heard = measure(server, seconds=1.0)
    assert heard.loss_up_share == pytest.approx(0.10, abs=0.02)
    assert heard.loss_down_share == 0.0
    assert heard.loss_share == pytest.approx(0.10, abs=0.02)


@NEEDS_IRTT
def test_each_tenth_packet_lost_on_the_way_down_is_loss_down() -> None:
    """The last packets of all tell what the server counted; one of them may be among the lost."""
    with irtt_server() as port, relay_to(port, loses_down=lambda n: n % 10 == 5) as server:
        heard = measure(server, seconds=1.0)
    assert heard.loss_down_share == pytest.approx(0.10, abs=0.02)
    assert heard.loss_up_share == 0.0


@NEEDS_IRTT
def test_a_server_that_loses_all_has_a_loss_and_no_ways() -> None:
    """Nobody told what came up: the shares of each way aren't known."""
    with irtt_server() as port, relay_to(port, loses_down=lambda n: True) as server:
        heard = measure(server, seconds=0.4)
    assert heard.loss_share == 1.0
    assert (heard.loss_down_share, heard.loss_up_share) == (None, None)


@NEEDS_IRTT
def test_where_no_server_listens_there_is_no_loss_and_a_note() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    heard = measure(f"127.0.0.1:{port}")
    assert heard.loss_share is None
    assert "refused" in (heard.detail or "")


@NEEDS_IRTT
def test_a_name_that_nobody_knows_is_a_note() -> None:
    assert "no-such-host.invalid" in (measure("no-such-host.invalid:2112").detail or "")


def test_without_the_program_there_is_no_loss_and_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert measure("127.0.0.1:2112") == Echo(detail="loss: irtt isn't installed")


def test_a_program_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(program(tmp_path / "bin", "irtt", "time.sleep(60)")))
    monkeypatch.setattr(udp_echo, "LIMIT_S", 0.2)
    heard = measure("127.0.0.1:2112", seconds=0.1)
    assert heard.loss_share is None
    assert heard.detail == "loss: irtt had to be ended"


def finished(**stats: int) -> Finished:
    whole = {"packets_sent": 0, "packets_received": 0, "bytes_sent": 0, "bytes_received": 0} | stats
    return Finished(0, json.dumps({"stats": whole}), "")


def test_a_server_that_does_not_count_leaves_the_loss_of_both_ways_together() -> None:
    heard = judge(finished(packets_sent=100, packets_received=98, server_packets_received=0))
    assert heard.loss_share == pytest.approx(0.02)
    assert (heard.loss_down_share, heard.loss_up_share) == (None, None)


def test_a_server_that_counts_more_than_was_sent_is_not_believed() -> None:
    heard = judge(finished(packets_sent=100, packets_received=98, server_packets_received=120))
    assert heard.loss_up_share is None


def test_nothing_sent_is_no_loss_of_nothing() -> None:
    assert judge(finished()).loss_share is None


@pytest.mark.parametrize("out", ["", "[]", "{}", '{"stats": null}', '{"stats": {"packets_sent": "many"}}'])
def test_what_is_no_report_is_a_note(out: str) -> None:
    assert judge(Finished(3, out, "")).detail == "loss: irtt: no report (status 3)"
    assert judge(Finished(1, out, "Error: it  broke\n")).detail == "loss: irtt: it broke"
