"""What the kernel counts: of one TCP connection, and of one interface."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from agent.engines import processors, tcp_info
from agent.engines.interface_bytes import Count, open_counters

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux's counters")


def interface(root: Path, *, kind: str = "1", octets: int = 5_000, packets: int = 10) -> Path:
    folder = root / "wan0"
    (folder / "statistics").mkdir(parents=True, exist_ok=True)
    (folder / "type").write_text(kind + "\n")
    for way in ("rx", "tx"):
        (folder / "statistics" / f"{way}_bytes").write_text(f"{octets}\n")
        (folder / "statistics" / f"{way}_packets").write_text(f"{packets}\n")
    return folder


def test_both_ends_of_a_connection_count_what_passed() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as near,
        listener.accept()[0] as far,
    ):
        near.sendall(b"x" * 100_000)
        while len(far.recv(100_000, socket.MSG_PEEK)) < 100_000:
            pass
        sent, received = tcp_info.read(near), tcp_info.read(far)
    assert sent is not None
    assert received is not None
    assert received.received_bytes == 100_000
    assert sent.arrived_bytes == pytest.approx(100_000, abs=1)  # the handshake counts as one octet
    assert sent.sent_bytes == 100_000
    assert received.data_segments_in
    assert sent.timestamps == received.timestamps


def test_an_old_kernels_short_structure_is_no_count() -> None:
    assert tcp_info.parse(bytes(104)) is None


def test_a_kernel_without_the_newer_fields_says_so() -> None:
    found = tcp_info.parse(bytes(144))
    assert found is not None
    assert found.sent_bytes is None
    assert found.data_segments_in is None


def test_a_closed_connection_has_no_counts() -> None:
    closed = socket.socket()
    closed.close()
    assert tcp_info.read(closed) is None


def test_an_interface_is_read_again_and_again(tmp_path: Path) -> None:
    folder = interface(tmp_path)
    counters = open_counters("wan0", "rx", tmp_path)
    assert counters.read() == Count(5_000, 10)
    (folder / "statistics" / "rx_bytes").write_text("7000\n")
    assert counters.read() == Count(7_000, 10)
    assert counters.header_bytes == 14
    counters.close()
    assert counters.read() is None


def test_a_ppp_interface_counts_no_ethernet_header(tmp_path: Path) -> None:
    interface(tmp_path, kind="512")
    counters = open_counters("wan0", "tx", tmp_path)
    assert counters.header_bytes == 0
    counters.close()


@pytest.mark.parametrize("name", [None, "wan9"])
def test_no_such_interface_is_no_count_and_no_zero(tmp_path: Path, name: str | None) -> None:
    interface(tmp_path)
    assert open_counters(name, "rx", tmp_path).read() is None


def test_a_counter_that_turns_to_nonsense_is_given_up(tmp_path: Path) -> None:
    folder = interface(tmp_path)
    counters = open_counters("wan0", "rx", tmp_path)
    (folder / "statistics" / "rx_bytes").write_text("\n")
    assert counters.read() is None
    (folder / "statistics" / "rx_bytes").write_text("5000\n")
    assert counters.read() is None


def test_the_processors_work_is_told_from_their_rest(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 0 50 800 40 0 10 0 7 0\ncpu0 100 0 50 800 40 0 10 0 7 0\n")
    assert processors.read(stat) == (160, 1000)


@pytest.mark.parametrize("text", ["", "cpu 1 2\n", "intr 1 2 3 4 5 6 7 8 9\n", "cpu a b c d e f g h\n"])
def test_a_stranger_in_its_place_is_no_count(tmp_path: Path, text: str) -> None:
    stat = tmp_path / "stat"
    stat.write_text(text)
    assert processors.read(stat) is None
    assert processors.read(tmp_path / "nowhere") is None


def test_waiting_for_a_processor_is_counted_where_the_kernel_counts_it(tmp_path: Path) -> None:
    schedstat = tmp_path / "schedstat"
    schedstat.write_text("50090802 949879037 31\n")
    assert processors.waited_s(schedstat) == pytest.approx(0.949879037)
    schedstat.write_text("\n")
    assert processors.waited_s(schedstat) == 0.0
    assert processors.waited_s(tmp_path / "nowhere") == 0.0
